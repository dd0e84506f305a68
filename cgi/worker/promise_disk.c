/* Whether the disks below this server are encrypted; see promise.h. */
#include "worker/promise.h"

#include "adapter/block_device.h"
#include "base/array.h"
#include "base/name_list.h"
#include "model/state_path.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

const char *promise_sysfs = "/sys";

/* Whatever is in the state directory, but for these: programs, and what each start makes anew. */
static bool is_without_content(const char *name)
{
    return *name == '.' || strcmp(name, "app") == 0 || strcmp(name, "run") == 0;
}

/* `name` is for everybody. */
static void folder_look(struct arena *arena, struct promise_disks *disks, const char *path,
                        const char *name)
{
    struct stat status;
    enum block_encryption found;

    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return; /* nothing is there yet */
    found = block_encryption_of(arena, promise_sysfs, path);
    disks->folders++;
    disks->plain_count += found == BLOCK_PLAIN;
    if (found != BLOCK_ENCRYPTED)
        name_list_add(found == BLOCK_PLAIN ? &disks->plain : &disks->unknown, name, strlen(name));
}

/* Each of its folders may be a disk of its own, or a link to one. */
static void state_look(struct arena *arena, struct promise_disks *disks, const char *state_dir)
{
    static const char itself[] = "the state directory";
    DIR *state = opendir(state_dir);

    folder_look(arena, disks, state_dir, itself);
    if (!state)
        name_list_add(&disks->unknown, itself, sizeof itself - 1);
    for (const struct dirent *entry; state && (entry = readdir(state));) {
        const char *name = arena_copy(arena, entry->d_name);

        if (!is_without_content(name))
            folder_look(arena, disks, arena_printf(arena, "%s/%s", state_dir, name), name);
    }
    if (state)
        closedir(state);
    for (size_t i = 0; i < INBOX_COUNT; i++) {
        const char *name = arena_printf(arena, "inbox/%s", INBOX_SOURCES[i]);

        folder_look(arena, disks, arena_printf(arena, "%s/%s", state_dir, name), name);
    }
}

struct promise_disks promise_disks_look(struct arena *arena, const struct config *config)
{
    struct promise_disks disks = { .plain = buf_new(arena, 256), .unknown = buf_new(arena, 256) };

    state_look(arena, &disks, config->state_dir);
    for (size_t i = 0; i < config->image_count; i++)
        folder_look(arena, &disks, config->images[i].dir,
                    arena_printf(arena, "image %s", config->images[i].name));
    for (size_t i = 0; i < config->region_count; i++) {
        if (*config->regions[i].bridge)
            folder_look(arena, &disks, promise_system_logs, promise_system_logs);
    }
    return disks;
}

struct error *promise_disk_check(struct worker_context *context, const struct promise *promise,
                                 const struct context *now, struct promise_reading *out)
{
    const struct promise_disks disks = promise_disks_look(now->arena, now->config);

    (void)context;
    (void)promise;
    out->figure = disks.plain_count;
    out->is_known = disks.plain_count > 0 || !disks.unknown.length; /* one is enough */
    out->evidence =
        disks.plain_count
            ? arena_printf(now->arena, "On devices that are not encrypted: %s.", disks.plain.bytes)
        : !out->is_known
            ? arena_printf(now->arena, "The kernel does not tell the devices of: %s.",
                           disks.unknown.bytes)
            : arena_printf(now->arena,
                           "The devices below all %lld folders with data, logs, disks, seeds and "
                           "images were looked up in the kernel.",
                           (long long)disks.folders);
    return NULL;
}
