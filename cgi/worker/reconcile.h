/*
 * Compares a host with the database: what was observed is written down, what a killed worker left
 * of a gone VM is removed, what nobody can explain is shown to the operator as a orphan.
 */
#pragma once

#include "worker/worker_context.h"

/*
 * One look at a region. A host that cannot be reached is noted in region_status and changes nothing
 * else. VMs with a job are left to the job. Errors are the database's.
 */
struct error *reconcile_region(struct worker_context *context, const struct config_region *region);
