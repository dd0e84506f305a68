/*
 * What each program may read, write and call once it has started: one table for all of them.
 */
#pragma once

#include "adapter/sandbox.h"
#include "base/arena.h"

/*
 * Give up everything that the row `name` does not allow, for good. Afterwards no file outside its
 * paths can be opened: databases, secrets and sockets are opened before. `more` (NULL: none) are
 * paths that follow from the configuration, ended by a NULL path. Aborts without such a row.
 */
void confinement_enter(struct arena *arena, const char *state_dir, const char *name,
                       const struct sandbox_path *more);
