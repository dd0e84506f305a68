/*
 * The reckoning: what stretches of the ledger cost, by the price list. Knows no database.
 *
 * Everything is counted in whole parts of 1/3600 millicent: one second at one millicent an hour.
 * So nothing is rounded on the way, and in whatever pieces time is cut, the sum is the same.
 * Rounding happens once, at the end: down to a millicent for what is charged, and from there half
 * up to a cent for what is shown.
 */
#pragma once

#include "price.sql.h"

#include <stdbool.h>
#include <stdint.h>

/* What a VM was during a interval. */
struct ledger_use {
    const char *state; /* as in the ledger */
    const char *size;
    int64_t disk_gb, snapshot_gb;
};

/*
 * Starts as { 0 }. It holds 2.5 million million millicents, 25 thousand million euros: a year of
 * 2,900 VMs at the highest price that domicile.conf may name. What goes beyond is noticed, not
 * wrapped around.
 */
struct ledger_sum {
    int64_t parts;
    bool is_too_large;
};

/* Millicents of an hour of this use at a moment; INT64_MAX when that does not fit. */
int64_t ledger_rate(const struct price_list_rows *prices, const struct ledger_use *use, int64_t at);

/* Add the use from `from_at` to `until_at`, cut where prices change. */
void ledger_sum_add(struct ledger_sum *sum, const struct price_list_rows *prices,
                    const struct ledger_use *use, int64_t from_at, int64_t until_at);

/* Rounded down to whole millicents. */
int64_t ledger_sum_millicents(const struct ledger_sum *sum);
