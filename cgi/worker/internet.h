/* Tells the hosts what VMs may reach (model/vm_internet.h), beside what a start tells them. */
#pragma once

#include "worker/worker_context.h"

/* At the worker's start: a host may have been set up anew since. */
struct error *internet_recover(struct worker_context *context, struct arena *arena);

/*
 * Tell what has been chosen since. One that could not be told is logged and told again in the next
 * round, and so is one with a job under way, which may tell the host what was chosen before.
 */
struct error *internet_round(struct worker_context *context);
