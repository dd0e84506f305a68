/* That the history is whole; see promise.h. */
#include "worker/promise.h"

#include "base/clock.h"
#include "base/log.h"
#include "model/audit_check.h"

#include "audit_head.sql.h"

/* The worker signs once a day, at a time that it chooses. */
enum { SIGNED_WITHIN_S = 2 * A_DAY_S };

struct error *promise_audit_check(struct worker_context *context, const struct promise *promise,
                                  const struct context *now, struct promise_reading *out)
{
    struct audit_head_published_row last = { .at = 0 };
    struct audit_found found;
    struct error *e = sql_audit_head_published(now->db, now->arena, &last);

    (void)context;
    (void)promise;
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    e = audit_check_all(now, &found);
    if (e)
        return e;
    if (found.first)
        log_error("audit", log_text("problem", found.first));
    out->figure = found.problems + (last.at && last.at + SIGNED_WITHIN_S < now->now_at);
    out->is_known = out->figure || last.at;
    out->evidence = out->is_known ? "The hash of each entry was computed again, and compared with "
                                    "the ends that were signed."
                                  : "No end of a chain has been signed yet.";
    return NULL;
}
