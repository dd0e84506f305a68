/* Deletes what has been kept for long enough: ended sessions, old sign-in links, old usage,
 * old events. */
#pragma once

#include "../lib/config.h"
#include "../lib/db.h"

struct error *retention_run(struct db *db, struct arena *arena, const struct config *config);
