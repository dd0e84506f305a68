/* Whether the logs are counted in time, and without people; see promise.h. */
#include "worker/promise.h"

#include "base/clock.h"
#include "base/limit.h"
#include "worker/log_day.h"

#include "log_day.sql.h"
#include "request_count.sql.h"
#include "source_count.sql.h"

struct error *promise_counts_check(struct worker_context *context, const struct promise *promise,
                                   const struct context *now, struct promise_reading *out)
{
    struct request_count_small_row counts;
    struct source_count_small_row sources;
    struct log_day_last_row last;
    struct error *e = sql_request_count_small(now->db, now->arena, LIMIT_CROWD, &counts);
    int64_t waiting_at;

    (void)context;
    (void)promise;
    if (!e)
        e = sql_source_count_small(now->db, now->arena, LIMIT_CROWD, &sources);
    if (!e)
        e = sql_log_day_last(now->db, now->arena, &last);
    if (e)
        return e;
    waiting_at = log_day_next(now, last.day_at);
    out->figure =
        counts.small + sources.small + (waiting_at && waiting_at + 2 * A_DAY_S < now->now_at);
    out->evidence = arena_printf(now->arena, "Counts looked through: %lld. %s.",
                                 (long long)(counts.total + sources.total),
                                 waiting_at ? "A day of the logs is not counted yet"
                                            : "Every day of the logs that is over is counted");
    return NULL;
}
