/*
 * SSH keys of VMs that run, by their guest agents: where the owner has allowed it, a change of the
 * list is in effect at once instead of at the next start (worker/job_setup.h). The numbers are the
 * same: what the guest may have is written before it is told, and what it has shown to have after.
 * An agent that fails is not asked again for this change; that waits for the next start then.
 */
#pragma once

#include "worker/worker_context.h"

/* One pass over the VMs that lack a change. An error means that the database cannot be used. */
struct error *guest_agent_round(struct worker_context *context);
