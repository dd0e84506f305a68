/* Jobs of billing: one step, which calls Stripe; see billing/billing_request.h. */
#include "base/array.h"
#include "billing/billing_request.h"
#include "worker/job.h"
#include "worker/job_steps.h"

static struct error *request_act(struct job *job)
{
    return billing_request_act(job->request);
}

static struct error *request_record(struct job *job)
{
    return billing_request_record(job->request);
}

static const struct step steps[] = {
    /* Repeated, because its result is also needed at the end. */
    { "Stripe", request_act, request_record, true },
};
static const struct workflow workflow = { .steps = steps, .count = COUNT(steps) };

static struct error *billing_job_plan(struct job *job)
{
    struct context *now = arena_alloc(job->arena, sizeof *now);
    const struct stripe *stripe;
    struct error *e = worker_context_stripe(job->context, job->arena, &stripe);

    if (e)
        return e;
    *now = worker_context_now(job->context, job->arena);
    job->request = billing_request_new(now, stripe, &job->row);
    job->plan = &workflow;
    return NULL;
}

static struct error *billing_job_end(struct job *job, const struct error *cause,
                                     const char **result)
{
    return billing_request_end(job->request, cause, result);
}

const struct job_class JOB_CLASS_BILLING = {
    .is_billing = true,
    .plan = billing_job_plan,
    .end = billing_job_end,
};
