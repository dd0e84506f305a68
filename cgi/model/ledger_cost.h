/*
 * Pricing of ledger intervals by the price list. Pure functions; no database access.
 *
 * The unit is 1/3600 millicent: one second at one millicent an hour. Nothing is rounded on the way,
 * so the sum does not depend on how time is divided. Rounding happens once, at the end: down to a
 * millicent for the amount charged, and from there half up to a cent for display.
 */
#pragma once

#include "price.sql.h"

#include <stdbool.h>
#include <stdint.h>

/* The resources of a VM during an interval. */
struct ledger_use {
    const char *state; /* as in the ledger */
    const char *size;
    int64_t disk_gb, snapshot_gb;
};

/*
 * Initialize to { 0 }. The maximum is about 2.5 * 10^15 millicents (25 billion euros): a year of
 * 2,900 VMs at the highest price that domicile.conf accepts. Overflow is detected, not wrapped
 * around.
 */
struct ledger_sum {
    int64_t parts;
    bool is_too_large;
};

enum { LEDGER_DAYS = 31 };

/* What intervals of one month add up to. Initialize to { .month_at = its start }. */
struct ledger_totals {
    int64_t month_at;
    int64_t running_s, stopped_s, unbilled_s;
    int64_t stretches; /* intervals, each counted once for every price that it has in turn */
    struct ledger_sum cost;
    /* By day (UTC); storage: what is not for running. */
    struct ledger_sum days[LEDGER_DAYS], days_storage[LEDGER_DAYS];
};

/* Price of an hour of this usage at a moment, in millicents; INT64_MAX on overflow. */
int64_t ledger_rate(const struct price_list_rows *prices, const struct ledger_use *use, int64_t at);

/* Add the usage from `from_at` to `until_at`, split where prices change. */
void ledger_sum_add(struct ledger_sum *sum, const struct price_list_rows *prices,
                    const struct ledger_use *use, int64_t from_at, int64_t until_at);

/* Until when an interval to `until_at` has the price that it has at `from_at`. */
int64_t ledger_stretch_end(const struct price_list_rows *prices, const struct ledger_use *use,
                           int64_t from_at, int64_t until_at);

/* Add some seconds at a price of an hour, as from ledger_rate. */
void ledger_sum_rate(struct ledger_sum *sum, int64_t rate, int64_t seconds);

/* Add what has been summed up already. */
void ledger_sum_parts(struct ledger_sum *sum, int64_t parts);

/* Add an interval within the month. Prices are looked up once for all sums. */
void ledger_totals_add(struct ledger_totals *totals, const struct price_list_rows *prices,
                       const struct ledger_use *use, int64_t from_at, int64_t until_at);

/* Rounded down to whole millicents. */
int64_t ledger_sum_millicents(const struct ledger_sum *sum);
