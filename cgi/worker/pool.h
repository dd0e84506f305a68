/*
 * Pools: VMs that are booted in advance (domicile.conf, [image NAME] pool), so that creating one
 * takes as long as giving it a name, keys and a host key (model/vm_pool.h). Until then such a VM
 * waits without an SSH server, reaches nothing of the internet, belongs to no team and costs
 * nobody anything.
 *
 * The row is there before anything is on the host and until all of it is gone, and says whose it
 * is: a row is taken in the transaction that creates the person's VM. So a worker may be killed
 * anywhere; the next one continues with the rows.
 *
 * People come first: one is begun only while nothing of theirs is under way or just was, one at a
 * time in a region, and none is kept where people's VMs need the host's memory or disk.
 */
#pragma once

#include "worker/worker_context.h"

/*
 * One look at all pools: makes, removes and checks what can be done at once; what boots is looked
 * at again. Hosts' failures are recorded as the pool's problem; errors are the database's. Resets
 * the context's arena.
 */
struct error *pool_run(struct worker_context *context);
