/* Billing jobs; see billing_job.h. */
#include "model/billing_job.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "billing_request.sql.h"
#include "job.sql.h"

static const char *subject_of(const char *kind)
{
    if (strcmp(kind, BILLING_JOB_INVOICE) == 0 || strcmp(kind, BILLING_JOB_PDF) == 0)
        return JOB_SUBJECT_KIND_INVOICE;
    return strcmp(kind, BILLING_JOB_END) == 0 ? JOB_SUBJECT_KIND_SUBSCRIPTION
                                              : JOB_SUBJECT_KIND_TEAM;
}

struct error *billing_job_queue(const struct context *context, const struct actor *actor,
                                const char *kind, const char *object_id, const char **out_id)
{
    const char *id = crypto_id(context->arena);
    struct error *e;

    if (!object_id)
        object_id = arena_printf(context->arena, "%lld", (long long)actor->team_id);
    e = sql_job_create_about(context->db, context->arena, actor->team_id, id, subject_of(kind),
                             object_id, kind, actor_person(actor), context->now_ms);
    *out_id = id;
    return e ? e
             : sql_billing_request_add(context->db, context->arena, actor->team_id, id,
                                       context->now_at + LIMIT_BILLING_REQUEST_URL_S);
}
