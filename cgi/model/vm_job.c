/* Kinds of VM jobs; see vm_job.h. To add a kind, add a row here and its steps in
 * worker/job_steps.c. */
#include "model/vm_job.h"
#include "base/array.h"

#include "main_constants.sql.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const struct vm_job jobs[] = {
    { VM_JOB_CREATE, VM_STATE_CREATING, "creation asked again", "created", "Creating", "Creation",
      true, false },
    { VM_JOB_START, VM_STATE_STARTING, "start asked", "started", "Starting", "Last start", true,
      false },
    { VM_JOB_STOP, VM_STATE_STOPPING, "stop asked", "stopped", "Stopping", "Last stop", false,
      false },
    { VM_JOB_RESTART, VM_STATE_RESTARTING, "restart asked", "restarted", "Restarting",
      "Last restart", true, false },
    { VM_JOB_RESIZE, VM_STATE_RESIZING, "resize asked", "resized", "Resizing", "Last resize", false,
      false },
    { VM_JOB_SNAPSHOT, VM_STATE_SNAPSHOTTING, "snapshot asked", "snapshot taken",
      "Taking a snapshot", "Last snapshot", false, true },
    { VM_JOB_SNAPSHOT_DELETE, VM_STATE_SNAPSHOTTING, "snapshot deletion asked", "snapshot deleted",
      "Deleting a snapshot", "Last snapshot deletion", false, true },
    { VM_JOB_RESTORE, VM_STATE_RESTORING, "restore asked", "restored", "Restoring", "Last restore",
      false, true },
    { VM_JOB_DESTROY, VM_STATE_DESTROYING, "destroy asked", "destroyed", "Destroying",
      "Destruction", false, false },
};

enum { JOB_COUNT = COUNT(jobs) };

const struct vm_job *vm_job_find(const char *kind)
{
    size_t i = 0;

    while (i < JOB_COUNT && strcmp(jobs[i].kind, kind) != 0)
        i++;
    assert(i < JOB_COUNT);
    return &jobs[i];
}

bool vm_job_is_state(const char *state)
{
    for (size_t i = 0; i < JOB_COUNT; i++) {
        if (strcmp(jobs[i].state, state) == 0)
            return true;
    }
    return false;
}

const struct vm_job *vm_job_for_state(const char *state)
{
    for (size_t i = 0; i < JOB_COUNT; i++) {
        if (strcmp(jobs[i].state, state) == 0 && !jobs[i].has_snapshot)
            return &jobs[i];
    }
    return NULL;
}
