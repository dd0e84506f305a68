/*
 * The worker's periodic work: one table of name, interval and function. The main thread runs its
 * own rows, the thread of each inbox those of inboxes, one thread those of images, which copy large
 * files, one those of deletions, which search all files and wait for other services, one those of
 * pools, which wait for hosts; where teams pay, one thread runs the rows of billing, which wait for
 * Stripe.
 */
#pragma once

#include "worker/worker_context.h"

struct inbox;

enum schedule_thread {
    SCHEDULE_MAIN,
    SCHEDULE_INBOX,
    SCHEDULE_IMAGES,
    SCHEDULE_BILLING,
    SCHEDULE_ERASURE,
    SCHEDULE_POOLS,
};

/*
 * Run the rows of `thread` that are due. Failures are logged; the row is retried at its next time.
 * Resets the context's arena. `inbox` is for SCHEDULE_INBOX, else NULL.
 */
void schedule_run(struct worker_context *context, enum schedule_thread thread, struct inbox *inbox);
