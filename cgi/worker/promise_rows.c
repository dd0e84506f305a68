/* How old the oldest row of a kind is; see promise.h. */
#include "worker/promise.h"

#include "base/limit.h"

#include "promise.sql.h"

struct error *promise_rows_check(struct worker_context *context, const struct promise *promise,
                                 const struct context *now, struct promise_reading *out)
{
    struct promise_oldest_row row;
    struct error *e = sql_promise_oldest(now->db, now->arena, promise->subject, &row);

    (void)context;
    if (e)
        return e;
    /* A session's row counts from its end, all others from when they were written. */
    out->figure = row.oldest_at && row.oldest_at < now->now_at ? now->now_at - row.oldest_at : 0;
    out->figure_max = promise->term_s + LIMIT_PROMISE_SWEEP_S;
    out->evidence = row.oldest_at ? "Age of the oldest row in the database."
                                  : "There is no such row in the database.";
    return NULL;
}
