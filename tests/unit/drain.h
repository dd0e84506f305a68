/* The worker's threads, as far as a test needs them: one context, and work until nothing is left.
 */
#pragma once

#include "worker/worker_context.h"
#include "world.h"

/* With times that suit a test. */
struct worker_context *drain_bench(struct world *world);

/* The same, but a guest may take for ever until SSH answers. */
struct worker_context *drain_patient(struct world *world);

/* Work off all jobs, those that wait for another attempt as well. */
void drain(struct worker_context *context);
