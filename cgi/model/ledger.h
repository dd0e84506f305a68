/*
 * The ledger: every second of a VM's life, from its creation to its end, as what the worker saw.
 *
 * A stretch is a time in which nothing that costs has changed: state on the host, size, disk,
 * snapshots. Stretches of a VM follow each other without gaps and never overlap; none crosses the
 * end of a month. The last one of a living VM is open: it reaches to the last moment at which the
 * worker looked. The reckoning is ledger_cost.h's.
 *
 * Between two looks a VM counts as what it was at the first. After a silence of more than
 * LIMIT_LEDGER_SILENCE_S (host away, worker down, clock set forward) the time between counts as
 * "unreachable". A clock that was set back stands still here until it has caught up: nothing is
 * counted twice.
 */
#pragma once

#include "adapter/db.h"
#include "model/ledger_cost.h"

#include "ledger.sql.h"

/*
 * The worker has seen VM `vm_id` as its row now says: extend its open stretch or end it and begin
 * the next one; end it for good when the VM is gone. A wished-for size counts when the resize has
 * succeeded. Needs the open write transaction in which the row was changed.
 */
struct error *ledger_note(struct db *db, struct arena *arena, const char *vm_id, int64_t now_at);

/*
 * What a team's use in [from_at, until_at) cost, in whole 1/1000 cents, rounded down once from the
 * exact sum. NOT_FOUND: no such team.
 */
struct error *ledger_cost(struct db *db, struct arena *arena, int64_t team_id, int64_t from_at,
                          int64_t until_at, int64_t *out_millicents);

/* Stretches of a team, VM by VM within each month, each VM's in order of time. */
struct ledger_walk {
    int64_t team_id;
    int64_t from_at, until_at; /* stretches are cut to this */
    const char *vm_id;         /* NULL: all VMs */
    /* The row's texts live until it returns. False: enough. */
    bool (*visit)(void *context, const struct ledger_chunk_row *row);
    void *context;
};

/* Takes no more memory of the arena with a long ledger than with a short one. NOT_FOUND as above.
 */
struct error *ledger_walk(struct db *db, struct arena *arena, const struct ledger_walk *walk);

/* What a row says of the use. */
struct ledger_use ledger_use_of(const struct ledger_chunk_row *row);

/* INTERNAL when the sum was too large to be counted. */
struct error *ledger_sum_check(struct arena *arena, const struct ledger_sum *sum);
