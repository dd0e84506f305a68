/*
 * Deletes data whose term is over. Each kind of row that has one is a sweep, and all of them are
 * in one table; so is what the operator sees of them (`domicile-admin sweep`). A sweep deletes a
 * few rows in each transaction, so it can be killed at any point and holds up nobody; what it did
 * not reach is deleted the next time. What was deleted, here or by a page, is then erased from the
 * files.
 */
#pragma once

#include "model/context.h"

/* Rows whose term is over. */
struct sweep_due {
    int64_t total;
    int64_t oldest_at; /* 0: there are none */
};

struct sweep {
    const char *name;
    const char *what;
    int64_t term; /* model/term.h: from what `count` calls the oldest */
    struct error *(*remove)(struct db *db, struct arena *arena, int64_t before_at, int64_t max);
    struct error *(*count)(const struct context *context, int64_t before_at, struct sweep_due *out);
};

extern const struct sweep SWEEPS[];
extern const size_t SWEEP_COUNT;

/* What the sweep would delete now. */
struct error *sweep_count(const struct context *context, const struct sweep *sweep,
                          struct sweep_due *out);

/*
 * Delete what is due, in at most *transactions of LIMIT_SWEEP_ROWS rows each, of which those used
 * are taken off: with none left there may be more to delete. What was deleted is logged, and its
 * number added to *removed.
 */
struct error *sweep_run(const struct context *context, const struct sweep *sweep,
                        int64_t *transactions, int64_t *removed);

/*
 * All sweeps, in at most LIMIT_SWEEP_TRANSACTIONS. *is_done: they have deleted everything that was
 * due, or one has failed. The error is the database's, of the first that failed.
 */
struct error *retention_run(const struct context *context, bool *is_done);

/* db_log_empty and db_compact of the main database. */
struct error *retention_log_empty(const struct context *context);
struct error *retention_compact(const struct context *context);
