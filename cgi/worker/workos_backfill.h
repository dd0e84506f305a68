/*
 * Fetches events that WorkOS never delivered, because this server was down or a delivery was lost,
 * from its event list (https://workos.com/docs/events/data-syncing/events-api) into the inbox,
 * under the same ids.
 */
#pragma once

#include "adapter/db.h"
#include "remote/workos.h"

/*
 * Resume where the last run ended. UPSTREAM, or a database's error: the next run then starts where
 * this one did.
 */
struct error *workos_backfill(struct db *main, struct db *inbox, const struct workos *workos,
                              struct arena *arena);
