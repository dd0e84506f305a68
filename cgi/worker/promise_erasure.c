/* What is left of deleted accounts; see promise.h. */
#include "worker/promise.h"

#include "base/limit.h"

#include "erasure.sql.h"

struct error *promise_erasure_overdue_check(struct worker_context *context,
                                            const struct promise *promise,
                                            const struct context *now, struct promise_reading *out)
{
    struct erasure_overdue_row row = { .total = 0 };
    struct error *e =
        sql_erasure_overdue(now->db, now->arena, now->now_at - LIMIT_PROMISE_SWEEP_S, &row);

    (void)context;
    (void)promise;
    out->figure = row.total;
    out->evidence = row.total ? "Deletions whose term is over have a step that is not done."
                              : "No deletion whose term is over has a step that is not done.";
    return e;
}

struct error *promise_erasure_rest_check(struct worker_context *context,
                                         const struct promise *promise, const struct context *now,
                                         struct promise_reading *out)
{
    struct erasure_left_row row = { .total = 0 };
    struct error *e = sql_erasure_left(now->db, now->arena, &row);

    (void)context;
    (void)promise;
    out->figure = row.total;
    out->evidence = "The database is searched for rows whose person or team no longer exists, and "
                    "for closed accounts that nothing deletes.";
    return e;
}
