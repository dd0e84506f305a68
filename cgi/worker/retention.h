/*
 * Deletes what has been kept for long enough: ended sessions, old sign-in links, usage, mails and
 * events, browsers not seen for a while, ledgers.
 */
#pragma once

#include "../lib/config.h"
#include "../lib/db.h"

struct error *retention_run(struct db *db, struct arena *arena, const struct config *config);
