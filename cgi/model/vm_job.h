/*
 * The kinds of jobs on VMs: one table that says everything about a kind except how it is done
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
    const char *state;     /* of the VM meanwhile: VM_STATE_... */
    const char *requested; /* in the activity when it is requested; ... */
    const char *done;      /* ... and when it is done; NULL: nothing */
    const char *running;   /* on the page while it runs: "Creating"; ... */
    const char *over;      /* ... and afterwards: "Creation" */
    bool may_start;        /* the VM may run afterwards although it did not before */
    bool has_snapshot;     /* it is about one snapshot: job.snapshot_id */
};

/* Asserts that there is such a kind: nothing else is ever queued. */
const struct vm_job *vm_job_find(const char *kind);

/* Is this the state of a VM while some job works on it? */
bool vm_job_is_state(const char *state);

/* The job that a VM in this state can be given without knowing more; NULL: none. */
const struct vm_job *vm_job_for_state(const char *state);
