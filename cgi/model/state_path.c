/* Where databases are; see state_path.h. */
#include "model/state_path.h"

#include "base/array.h"

#include <errno.h>
#include <sys/stat.h>

const char *const INBOX_SOURCES[INBOX_COUNT] = {
    [INBOX_STRIPE] = "stripe",
    [INBOX_WORKOS] = "workos",
};

const char *main_db_path(struct arena *arena, const char *state_dir)
{
    return arena_printf(arena, "%s/data/main.db", state_dir);
}

const char *inbox_folder(struct arena *arena, const char *state_dir, const char *source)
{
    return arena_printf(arena, "%s/inbox/%s", state_dir, source);
}

const char *inbox_path(struct arena *arena, const char *state_dir, const char *source)
{
    return arena_printf(arena, "%s/inbox/%s/inbox.db", state_dir, source);
}

static struct error *folder_make(struct arena *arena, const char *path)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", path);
    return NULL;
}

struct error *state_folders_make(struct arena *arena, const char *state_dir)
{
    static const char *const names[] = { "data",    "inbox",  "disks",   "seeds",  "image_versions",
                                         "libvirt", "worker", "reviews", "exports" };
    struct error *e = NULL;

    for (size_t i = 0; !e && i < COUNT(names); i++)
        e = folder_make(arena, arena_printf(arena, "%s/%s", state_dir, names[i]));
    for (size_t i = 0; !e && i < INBOX_COUNT; i++)
        e = folder_make(arena, inbox_folder(arena, state_dir, INBOX_SOURCES[i]));
    return e;
}
