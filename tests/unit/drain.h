/* The worker's threads, as far as a test needs them: one bench, and work until nothing is left. */
#pragma once

#include "worker/bench.h"
#include "world.h"

/* With times that suit a test. */
struct bench *drain_bench(struct world *world);

/* Work off all jobs, those that wait for another attempt as well. */
void drain(struct bench *bench);
