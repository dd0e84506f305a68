/*
 * Runs the billing jobs queued by pages (model/billing_job.h): lease a job, call Stripe, record the
 * result for the waiting page.
 */
#pragma once

#include "model/context.h"

struct stripe;

/*
 * Process the first due request; `*has_one` is set if there was one. A failed request is recorded
 * with it, not returned: an error means that the database could not be read or written.
 */
struct error *billing_request_run(const struct context *context, const struct stripe *stripe,
                                  bool *has_one);

/* Delete expired URLs and old requests. */
struct error *billing_request_forget(const struct context *context);
