/*
 * The worker's periodic work: one table of name, interval and function. The main thread runs its
 * own rows; where teams pay, one thread runs the rows of billing, which wait for Stripe.
 */
#pragma once

#include "worker/worker_context.h"

enum schedule_thread {
    SCHEDULE_MAIN,
    SCHEDULE_BILLING,
};

/*
 * Run the rows of `thread` that are due. Failures are logged; the row is retried at its next time.
 * Resets the context's arena.
 */
void schedule_run(struct worker_context *context, enum schedule_thread thread);
