/* Pricing; see ledger_cost.h. Which resources are billed in which state is one table. */
#include "model/ledger_cost.h"

#include "base/array.h"
#include "base/clock.h"
#include "main_constants.sql.h"
#include "model/price.h"

#include <stddef.h>
#include <string.h>

/* In all other states nothing is billed: the VM was not usable, or its state is unknown. */
static const struct billed {
    const char *state;
    bool has_size, has_disk, has_snapshots;
} billed[] = {
    { "running", true, false, true }, /* its disk is part of the size's price */
    { "stopped", false, true, true },
};

static const struct billed *rule_of(const char *state)
{
    for (size_t i = 0; i < COUNT(billed); i++) {
        if (strcmp(billed[i].state, state) == 0)
            return &billed[i];
    }
    return NULL;
}

static int64_t times(int64_t a, int64_t b)
{
    int64_t product;

    return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* Most VMs have no snapshots: what is not there is not looked up in a month of intervals. */
static int64_t price_of_gb(const struct price_list_rows *prices, const char *item, int64_t size_gb,
                           int64_t at)
{
    return size_gb ? times(price_at(prices, item, at), size_gb) : 0;
}

int64_t ledger_rate(const struct price_list_rows *prices, const struct ledger_use *use, int64_t at)
{
    const struct billed *rule = rule_of(use->state);
    int64_t rate = 0;

    if (!rule)
        return 0;
    if (rule->has_size)
        rate = plus(rate, price_at(prices, use->size, at));
    if (rule->has_disk)
        rate = plus(rate, price_of_gb(prices, PRICE_STOPPED_DISK, use->disk_gb, at));
    if (rule->has_snapshots)
        rate = plus(rate, price_of_gb(prices, PRICE_SNAPSHOT, use->snapshot_gb, at));
    return rate;
}

void ledger_sum_parts(struct ledger_sum *sum, int64_t parts)
{
    sum->parts = plus(sum->parts, parts);
    sum->is_too_large |= sum->parts == INT64_MAX;
}

void ledger_sum_rate(struct ledger_sum *sum, int64_t rate, int64_t seconds)
{
    ledger_sum_parts(sum, times(seconds, rate));
}

void ledger_sum_add(struct ledger_sum *sum, const struct price_list_rows *prices,
                    const struct ledger_use *use, int64_t from_at, int64_t until_at)
{
    while (from_at < until_at) {
        int64_t change_at = price_change_after(prices, from_at);
        int64_t end_at = change_at < until_at ? change_at : until_at;

        ledger_sum_rate(sum, ledger_rate(prices, use, from_at), end_at - from_at);
        from_at = end_at;
    }
}

int64_t ledger_stretch_end(const struct price_list_rows *prices, const struct ledger_use *use,
                           int64_t from_at, int64_t until_at)
{
    int64_t rate = ledger_rate(prices, use, from_at), end_at = from_at;

    while (end_at < until_at && ledger_rate(prices, use, end_at) == rate)
        end_at = price_change_after(prices, end_at);
    return end_at < until_at ? end_at : until_at;
}

/* The part of a rate that is not for running: of a running VM its snapshots, of others all. */
static int64_t storage_rate_of(const struct price_list_rows *prices, const struct ledger_use *use,
                               int64_t rate, int64_t at)
{
    const struct ledger_use snapshots = { LEDGER_STATE_STOPPED, use->size, 0, use->snapshot_gb };

    return strcmp(use->state, LEDGER_STATE_RUNNING) == 0 ? ledger_rate(prices, &snapshots, at)
                                                         : rate;
}

static void days_add(struct ledger_totals *totals, int64_t rate, int64_t storage_rate,
                     int64_t from_at, int64_t until_at)
{
    for (int64_t at = from_at; at < until_at;) {
        int64_t day = (at - totals->month_at) / A_DAY_S;
        int64_t day_end_at = totals->month_at + (day + 1) * A_DAY_S;
        int64_t end_at = day_end_at < until_at ? day_end_at : until_at;

        ledger_sum_rate(&totals->days[day], rate, end_at - at);
        ledger_sum_rate(&totals->days_storage[day], storage_rate, end_at - at);
        at = end_at;
    }
}

static int64_t *seconds_of(struct ledger_totals *totals, const char *state)
{
    if (strcmp(state, LEDGER_STATE_RUNNING) == 0)
        return &totals->running_s;
    return strcmp(state, LEDGER_STATE_STOPPED) == 0 ? &totals->stopped_s : &totals->unbilled_s;
}

void ledger_totals_add(struct ledger_totals *totals, const struct price_list_rows *prices,
                       const struct ledger_use *use, int64_t from_at, int64_t until_at)
{
    int64_t before = -1;

    for (int64_t at = from_at, end_at; at < until_at; at = end_at) {
        int64_t rate = ledger_rate(prices, use, at);

        end_at = price_change_after(prices, at);
        end_at = end_at < until_at ? end_at : until_at;
        ledger_sum_rate(&totals->cost, rate, end_at - at);
        days_add(totals, rate, storage_rate_of(prices, use, rate, at), at, end_at);
        *seconds_of(totals, use->state) += end_at - at;
        totals->stretches += rate != before;
        before = rate;
    }
}

int64_t ledger_sum_millicents(const struct ledger_sum *sum)
{
    return sum->parts / AN_HOUR_S;
}
