/* How old the last security review is; see promise.h. */
#include "worker/promise.h"

#include "base/date.h"
#include "model/review.h"

struct error *promise_review_check(struct worker_context *context, const struct promise *promise,
                                   const struct context *now, struct promise_reading *out)
{
    int64_t last_at = review_last_at(now->arena, now->config->state_dir);

    (void)context;
    out->is_known = last_at > 0;
    out->figure = last_at > 0 && last_at < now->now_at ? now->now_at - last_at : 0;
    out->figure_max = promise->term_s;
    out->evidence = last_at > 0   ? arena_printf(now->arena,
                                                 "The last review was on %s; its record is "
                                                   "signed.",
                                                 date_day(now->arena, last_at))
                    : last_at < 0 ? "The record of the last review is damaged, or was changed."
                                  : "No review has been made yet.";
    return NULL;
}
