/*
 * Errands to Stripe: what a page has written down (db/billing_errand.sql) is asked for here, since
 * the worker alone has key and network; the page waits for the answer. Take, act, record.
 */
#pragma once

#include "worker/bench.h"

/*
 * Do the errand that is due first; `*has_one` tells whether there was one. Its failure is recorded
 * with it, not returned: an error means that the database could not be read or written.
 */
struct error *errand_run(struct bench *bench, int64_t now_at_ms, bool *has_one);

/* Forget addresses that have run out, and old errands. */
struct error *errand_forget(struct bench *bench, int64_t now_at);
