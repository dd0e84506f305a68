/* Paths of the inbox; see inbox_path.h. */
#include "model/inbox_path.h"

const char *inbox_folder(struct arena *arena, const char *state_dir)
{
    return arena_printf(arena, "%s/inbox", state_dir);
}

const char *inbox_path(struct arena *arena, const char *state_dir)
{
    return arena_printf(arena, "%s/inbox/inbox.db", state_dir);
}
