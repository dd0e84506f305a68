/* The price list of domicile.conf, written into the database. */
#pragma once

#include "adapter/config.h"
#include "adapter/db.h"

/*
 * At a start: add what the configuration says of days to come, in place of what it said before, and
 * of items that never had a price. INPUT, and nothing written, when it would alter a price that
 * has held already, or when a living VM has a size without a price: the text says what to do. In a
 * transaction of its own.
 */
struct error *prices_store(struct db *db, struct arena *arena, const struct config *config,
                           int64_t now_at);
