/* Writes the price list of domicile.conf to the database. */
#pragma once

#include "adapter/config.h"
#include "adapter/db.h"

/*
 * At startup: replace announced prices with those of the configuration, and add prices of items
 * that never had one. INPUT, with nothing written, if that would alter a price that has taken
 * effect, or if an existing VM has a size without a price; the error text says what to do. Runs in
 * its own transaction.
 */
struct error *prices_store(struct db *db, struct arena *arena, const struct config *config,
                           int64_t now_at);
