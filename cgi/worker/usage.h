/*
 * Resource usage of running VMs: counters read from the hosts every few seconds and stored as one
 * row per minute; and which guests are unresponsive.
 */
#pragma once

#include "worker/worker_context.h"

struct usage;

/* Has its own memory and lives until the process ends. Does not use the context's hosts. */
struct usage *usage_new(struct worker_context *context);

/*
 * One round over all regions. A guest that does not respond in time is marked so and costs one
 * deadline; it is not queried again until that call has returned. Errors are the database's.
 */
struct error *usage_round(struct usage *usage);
