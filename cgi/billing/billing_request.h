/*
 * What a billing job (model/billing_job.h) does: call Stripe, and record the result for the waiting
 * page. The worker leases, repeats and ends the jobs (worker/job_billing.c).
 */
#pragma once

#include "model/context.h"

struct billing_request;
struct job_lease_row;
struct stripe;

/* In the context's arena; the arguments must outlive it. */
struct billing_request *billing_request_new(const struct context *context,
                                            const struct stripe *stripe,
                                            const struct job_lease_row *row);

/*
 * Call Stripe. Idempotent. Errors: Stripe's (remote/stripe.h) and the database's; what the customer
 * asked for and cannot have is no error but a result. Hold stripe_sync_lock() until it is recorded.
 */
struct error *billing_request_act(struct billing_request *request);

/* Record what the call has changed for the team. In a transaction. */
struct error *billing_request_record(struct billing_request *request);

/*
 * End the job with the result for the waiting page, given the error it ended with (NULL: none), or
 * queue it for another attempt. In a transaction. `*result` is a word for the log.
 */
struct error *billing_request_end(struct billing_request *request, const struct error *cause,
                                  const char **result);

/* Delete expired URLs. */
struct error *billing_request_forget(const struct context *context);
