/* Whether requests about personal data are answered in time; see promise.h. */
#include "worker/promise.h"

#include "rights_request.sql.h"

struct error *promise_requests_check(struct worker_context *context, const struct promise *promise,
                                     const struct context *now, struct promise_reading *out)
{
    struct rights_request_overdue_row row = { .total = 0 };
    struct error *e = sql_rights_request_overdue(now->db, now->arena, now->now_at, &row);

    (void)context;
    (void)promise;
    out->figure = row.total;
    out->evidence = row.total ? "Requests in the register are due and have no answer."
                              : "No request in the register is due and has no answer.";
    return e;
}
