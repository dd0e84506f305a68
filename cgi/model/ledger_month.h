/*
 * Whole months of the ledger: the sums of the closed intervals and the open ones, instead of a walk
 * through every interval. The result is the same, to the last part: the worker adds an interval to
 * the sums in the transaction that closes it.
 */
#pragma once

#include "model/ledger.h"

/* What every month of a team is reckoned with. */
struct ledger_team {
    int64_t team_id, created_at;
    struct price_list_rows prices;
    struct ledger_living_rows living; /* open intervals, one of each existing VM, by VM */
};

/* A VM's month so far. */
struct ledger_month_vm {
    const char *vm_id;
    /* Of ledger_month_read() only: the name that it has now, or had then; whether its row exists.
     */
    const char *name;
    bool is_known;
    int64_t running_s, stopped_s, unbilled_s;
    struct ledger_sum cost; /* all intervals, the open one included */
    bool has_open;
    /* Of the open interval. */
    struct ledger_use use;
    int64_t from_at, until_at;
};

/* NOT_FOUND: no such team. */
struct error *ledger_team_read(struct db *db, struct arena *arena, int64_t team_id,
                               struct ledger_team *out);

/*
 * A month of all VMs: `visit` is called for each that has an interval in it, by id; its strings are
 * valid until it returns. Arena use does not grow with the number of VMs. INTERNAL: the cost has
 * overflowed.
 */
struct error *ledger_month_read(struct db *db, struct arena *arena, const struct ledger_team *team,
                                int64_t month_at,
                                void (*visit)(void *context, const struct ledger_month_vm *vm),
                                void *context, struct ledger_totals *out);

/* A month's cost, in whole 1/1000 cents, rounded down once. Errors as above. */
struct error *ledger_month_cost(struct db *db, struct arena *arena, const struct ledger_team *team,
                                int64_t month_at, int64_t *out_millicents);

/* A month of one VM; zeros if it has no interval in it. NOT_FOUND, INTERNAL as above. */
struct error *ledger_month_read_vm(struct db *db, struct arena *arena, int64_t team_id,
                                   int64_t month_at, const char *vm_id,
                                   const struct price_list_rows *prices,
                                   struct ledger_month_vm *out);
