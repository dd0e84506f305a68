/*
 * What running VMs use: counters read from the hosts every few seconds and kept as rows of a
 * minute; and which guests do not answer.
 */
#pragma once

#include "worker/worker_context.h"

struct usage;

/* Has its own memory and lives until the end of the process. The context's hosts are not used. */
struct usage *usage_new(struct worker_context *context);

/*
 * One round over all regions. A guest that does not answer in time is marked so and costs one
 * deadline; it is not asked again until that call has returned. Errors are the database's.
 */
struct error *usage_round(struct usage *usage);
