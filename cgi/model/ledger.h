/*
 * The ledger: every second of a VM's life, from creation to destruction, as observed by the worker.
 *
 * An interval is a period in which nothing that affects the cost has changed: state on the host,
 * size, disk, snapshots. A VM's intervals are contiguous, never overlap and never cross the end of
 * a month. The last interval of an existing VM is open: it extends to the worker's last
 * observation. Pricing is in ledger_cost.h.
 *
 * Between two observations a VM counts with the state of the first. After a gap of more than
 * LIMIT_LEDGER_GAP_S (host unreachable, worker down, clock set forward) the gap counts as
 * "unreachable". If the clock was set back, the ledger does not advance until the clock has caught
 * up: nothing is counted twice. So what is closed never changes, and is summed up once, in the same
 * transaction: for each VM and month, and for each team and day (db/ledger_sum.sql,
 * db/ledger_day.sql).
 */
#pragma once

#include "adapter/db.h"
#include "model/ledger_cost.h"

#include "ledger.sql.h"

/*
 * Record that the worker has observed VM `vm_id` in the state of its row: extend its open interval,
 * or close it and open the next one; close it for good if the VM is destroyed. A requested size
 * counts once the resize has succeeded. Needs the open write transaction in which the row was
 * changed.
 */
struct error *ledger_note(struct db *db, struct arena *arena, const char *vm_id, int64_t now_at);

/*
 * What a team's usage in [from_at, until_at) costs more than that in [from_at, after_at), by one
 * walk: such differences add up to the whole. Each of the two is in whole 1/1000 cents, rounded
 * down once from the exact sum. NOT_FOUND: no such team. Whole months: model/ledger_month.h.
 */
struct error *ledger_cost_after(struct db *db, struct arena *arena, int64_t team_id,
                                int64_t from_at, int64_t after_at, int64_t until_at,
                                int64_t *out_millicents);

/* An interval as a reader sees it. */
struct ledger_interval {
    const char *vm_id;
    /* The name that it has now, or had then; whether its row still exists. */
    const char *name;
    bool is_known;
    int64_t from_at, until_at;
    bool is_open; /* it extends to the last observation */
    struct ledger_use use;
};

/* Intervals of a team, grouped by VM within each month, in chronological order for each VM. */
struct ledger_walk {
    int64_t team_id;
    int64_t from_at, until_at; /* intervals are clipped to this range */
    /* The strings are valid until it returns. False: stop. */
    bool (*visit)(void *context, const struct ledger_interval *interval);
    void *context;
};

/* Arena use does not grow with the length of the ledger. NOT_FOUND as above. */
struct error *ledger_walk(struct db *db, struct arena *arena, const struct ledger_walk *walk);

/* INTERNAL if the sum has overflowed. */
struct error *ledger_sum_check(struct arena *arena, const struct ledger_sum *sum);
