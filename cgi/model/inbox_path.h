/* Location of the inbox: the database of events received from services (db/inbox/). */
#pragma once

#include "base/arena.h"

/* In a separate directory, so that a program with write access to the inbox needs access to nothing
 * else. */
const char *inbox_folder(struct arena *arena, const char *state_dir);
const char *inbox_path(struct arena *arena, const char *state_dir);
