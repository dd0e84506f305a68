/*
 * Kinds of VM jobs: one table with everything about a kind except its implementation
 * (worker/job_steps.c).
 */
#pragma once

#include <stdbool.h>

#define VM_JOB_CREATE          "create"
#define VM_JOB_START           "start"
#define VM_JOB_STOP            "stop"
#define VM_JOB_RESTART         "restart"
#define VM_JOB_RESIZE          "resize"
#define VM_JOB_SNAPSHOT        "snapshot"
#define VM_JOB_SNAPSHOT_DELETE "snapshot_delete"
#define VM_JOB_RESTORE         "restore"
#define VM_JOB_DESTROY         "destroy"

struct vm_job {
    const char *kind;      /* job.kind */
    const char *state;     /* VM state while it runs: VM_STATE_... */
    const char *requested; /* activity text when requested; ... */
    const char *done;      /* ... and when done; NULL: none */
    const char *running;   /* page label while it runs: "Creating"; ... */
    const char *over;      /* ... and afterwards: "Creation" */
    bool may_start;        /* may leave running a VM that was not */
    bool has_snapshot;     /* concerns one snapshot: job.snapshot_id */
};

/* Asserts that the kind exists: only known kinds are queued. */
const struct vm_job *vm_job_find(const char *kind);

/* Whether a VM in this state has a job in progress. */
bool vm_job_is_state(const char *state);

/* The default job for a VM in this state; NULL: none. */
const struct vm_job *vm_job_for_state(const char *state);
