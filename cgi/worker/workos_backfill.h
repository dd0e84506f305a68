/*
 * Events that WorkOS has and we were never told of, because we were down or a delivery was lost:
 * read from its own list (https://workos.com/docs/events/data-syncing/events-api) into the inbox,
 * under the same ids.
 */
#pragma once

#include "adapter/db.h"
#include "remote/workos.h"

/*
 * Read on from where the last time ended. UPSTREAM, or a database's error: then the next time
 * begins where this one did.
 */
struct error *workos_backfill(struct db *main, struct db *inbox, const struct workos *workos,
                              struct arena *arena);
