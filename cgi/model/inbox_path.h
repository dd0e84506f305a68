/* Where the inbox is: the database of what services have told us (db/inbox/). */
#pragma once

#include "base/arena.h"

/* A folder of its own, so that who may write the inbox need not reach anything else. */
const char *inbox_folder(struct arena *arena, const char *state_dir);
const char *inbox_path(struct arena *arena, const char *state_dir);
