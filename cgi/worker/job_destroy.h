/*
 * Destroying a VM: the steps of "destroy", each with the host's response for the receipt. Steps and
 * receipt follow the driver's table of removals.
 */
#pragma once

#include "worker/job_steps.h"

/* One step for each removal of the job's driver, in its order; in the job's arena. */
const struct step *job_destroy_steps(struct job *job, size_t *count);

/* In a transaction: writes the receipt's line for the removal at `position`. */
struct error *receipt_record(struct db *db, struct arena *arena, int64_t team_id, const char *vm_id,
                             const struct driver_removals *removals, size_t position,
                             const char *response);
