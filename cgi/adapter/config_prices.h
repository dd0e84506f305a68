/*
 * The sections [prices DAY] of domicile.conf, whose keys are names of sizes: what config.c does not
 * know from its table.
 */
#pragma once

#include "adapter/config.h"

/* Take one line of a section; NULL, or what is wrong with it. */
const char *config_prices_take(struct arena *arena, struct config_prices *prices, const char *name,
                               const char *value);

/*
 * Once everything is read: read the days and put the earliest first. NULL, or what is wrong: a day
 * that is none, no list that holds at `now_at`, a size without a price in that list or in a later
 * one.
 */
const char *config_prices_check(struct arena *arena, struct config *config, int64_t now_at);
