/*
 * Does the jobs about billing that pages have queued (model/billing_job.h): lease, ask Stripe,
 * record the result for the page that waits.
 */
#pragma once

#include "model/context.h"

struct stripe;

/*
 * Do the request that is due first; `*has_one` tells whether there was one. Its failure is recorded
 * with it, not returned: an error means that the database could not be read or written.
 */
struct error *billing_request_run(const struct context *context, const struct stripe *stripe,
                                  bool *has_one);

/* Forget addresses that have run out, and old requests. */
struct error *billing_request_forget(const struct context *context);
