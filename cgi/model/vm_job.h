/*
 * Kinds of VM jobs: one table with everything about a kind except its implementation
 * (worker/job_steps.c).
 */
#pragma once

#include <stdbool.h>

/*
 * Every kind, once. To add one, add a row here and its steps in worker/job_steps.c.
 *
 *   JOB(NAME, kind, state of the VM meanwhile, title, done, running, may_start, has_snapshot)
 */
/* clang-format off */
#define VM_JOBS(JOB)                                                                               \
    JOB(CREATE, "create", VM_STATE_CREATING, "Creation", "Created", "Creating", true, false)       \
    JOB(START, "start", VM_STATE_STARTING, "Start", "Started", "Starting", true, false)            \
    JOB(STOP, "stop", VM_STATE_STOPPING, "Stop", "Stopped", "Stopping", false, false)              \
    JOB(RESTART, "restart", VM_STATE_RESTARTING, "Restart", "Restarted", "Restarting", true,       \
        false)                                                                                     \
    JOB(RESIZE, "resize", VM_STATE_RESIZING, "Resize", "Resized", "Resizing", false, false)        \
    JOB(SNAPSHOT, "snapshot", VM_STATE_SNAPSHOTTING, "Snapshot", "Snapshot created",               \
        "Creating snapshot", false, true)                                                          \
    JOB(SNAPSHOT_DELETE, "snapshot_delete", VM_STATE_SNAPSHOTTING, "Snapshot deletion",            \
        "Snapshot deleted", "Deleting snapshot", false, true)                                      \
    JOB(RESTORE, "restore", VM_STATE_RESTORING, "Restore", "Snapshot restored",                    \
        "Restoring snapshot", false, true)                                                         \
    JOB(RESUME, "resume", VM_STATE_RESUMING, "Resume", "Resumed", "Resuming", true, false)         \
    JOB(DESTROY, "destroy", VM_STATE_DESTROYING, "Destruction", "Destroyed", "Destroying", false,  \
        false)
/* clang-format on */

/* VM_JOB_CREATE is "create". */
#define VM_JOB_DECLARE(name, ...) extern const char VM_JOB_##name[];
VM_JOBS(VM_JOB_DECLARE)

struct vm_job {
    const char *kind;    /* job.kind */
    const char *state;   /* VM state while it runs: VM_STATE_... */
    const char *title;   /* "Creation": activity text with "requested" or "failed" behind it */
    const char *done;    /* activity text when done: "Created" */
    const char *running; /* page label while it runs: "Creating" */
    bool may_start;      /* may leave running a VM that was not */
    bool has_snapshot;   /* concerns one snapshot: job.snapshot_id */
};

/* Asserts that the kind exists: only known kinds are queued. */
const struct vm_job *vm_job_find(const char *kind);

/* Whether a VM in this state has a job in progress. */
bool vm_job_is_state(const char *state);

/* The default job for a VM in this state; NULL: none. */
const struct vm_job *vm_job_for_state(const char *state);
