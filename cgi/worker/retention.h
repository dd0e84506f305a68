/*
 * Deletes what has been kept for long enough: ended sessions, old sign-in links, usage, mails and
 * events, browsers not seen for a while, ledgers.
 */
#pragma once

#include "adapter/config.h"
#include "adapter/db.h"

struct error *retention_run(struct db *db, struct arena *arena, const struct config *config);
