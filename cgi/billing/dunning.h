/*
 * What time does to plans, and what plans do to VMs: grace and keeping run out, VMs of suspended
 * teams are stopped, those of ended teams destroyed; and what events may have missed is fetched.
 */
#pragma once

#include "worker/worker_context.h"

/* One look at everything that is due. `now_at` is clock_now(), or a test's time. */
struct error *dunning_run(struct worker_context *context, int64_t now_at);

/* Fetch subscription and invoices of customers of whom nothing was fetched for a day (of those who
 * may just have paid: for a minute). */
struct error *dunning_sync(struct worker_context *context, int64_t now_at);
