/*
 * The sections [prices DAY] of domicile.conf, whose keys are names of sizes and so not in
 * config.c's table.
 */
#pragma once

#include "adapter/config.h"

/* Add one line of a section. NULL, or what is wrong with it. */
const char *config_prices_take(struct arena *arena, struct config_prices *prices, const char *name,
                               const char *value);

/*
 * After everything has been read: parse the days and sort by them. NULL, or what is wrong: an
 * invalid day, no list in force at `now_at`, a size without a price in that list or a later one.
 */
const char *config_prices_check(struct arena *arena, struct config *config, int64_t now_at);
