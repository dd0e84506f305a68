/*
 * What a test needs of the worker's threads: one context, and a loop that executes jobs until none
 * is left.
 */
#pragma once

#include "worker/worker_context.h"
#include "world.h"

/* With timeouts suitable for a test. */
struct worker_context *drain_bench(struct world *world);

/* The same, but with no limit on how long a guest may take until SSH responds. */
struct worker_context *drain_patient(struct world *world);

/* Execute all jobs, including those that wait for a retry. */
void drain(struct worker_context *context);
