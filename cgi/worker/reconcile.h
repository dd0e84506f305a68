/*
 * Compares a host with the database: records what was observed, removes what a killed worker left
 * of a destroyed VM, and shows unexplained resources to the operator as orphans.
 */
#pragma once

#include "worker/worker_context.h"

/*
 * One pass over a region. An unreachable host is noted in region_status and changes nothing else.
 * VMs with a job are left to the job. Errors are the database's.
 */
struct error *reconcile_region(struct worker_context *context, const struct config_region *region);
