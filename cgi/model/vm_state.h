/*
 * The life of a VM as one table: in which state, on which event, to which state, by which job.
 * The dashboard asks it what may be done now; the worker, what follows from what it saw.
 */
#pragma once

#include "model/context.h"

enum vm_trigger {
    /* Asked by people. */
    VM_REQUEST_START,
    VM_REQUEST_STOP,
    VM_REQUEST_RESTART,
    VM_REQUEST_RESIZE,
    VM_REQUEST_SNAPSHOT,
    VM_REQUEST_SNAPSHOT_DELETE,
    VM_REQUEST_RESTORE,
    VM_REQUEST_CLONE, /* of one of its snapshots; changes nothing here */
    VM_REQUEST_DESTROY,
    VM_REQUEST_RETRY, /* the failed job once more; its kind gives state and job (vm_job.h)
                       */

    /* Seen by the worker: at the end of a job, or by the reconciler. */
    VM_REPORTED_RUNNING, /* and its SSH has answered with its host key */
    VM_REPORTED_STOPPED,
    VM_REPORTED_ABSENT,
    VM_FAILED,  /* for good: no attempt is left */
    VM_REMOVED, /* the host has nothing of it any more */
};

struct vm_transition {
    const char *state; /* creating starting running stopping stopped restarting resizing
                          snapshotting restoring failed destroying gone */
    enum vm_trigger event;
    const char *next;
    const char *job;    /* kind of the job that does it; NULL: none */
    const char *wanted; /* "running", "stopped", "gone"; NULL: as before */
};

/* NULL: the event does not fit the state (a button is disabled; the worker ignores it). */
const struct vm_transition *vm_transition_find(const char *state, enum vm_trigger event);

/* Why a button is disabled, for people; NULL when it is not. */
const char *vm_disabled_reason(const char *state, enum vm_trigger event);

/* For the chip: "Running", and its class: on, off, work, wait, bad. */
const char *vm_state_label(const char *state);
const char *vm_state_class(const char *state);

/*
 * The one place that changes vm.state: VM `vm_id` of team `team_id`, now in `state`, has met
 * `trigger`; write the next state and what is wanted from then on. Needs an open write transaction
 * in which `state` was read. CONFLICT when the trigger does not fit the state. `out` may be NULL;
 * it also names the job that the caller has to queue, if there is one.
 */
struct error *vm_transition_apply(const struct context *context, int64_t team_id, const char *vm_id,
                                  const char *state, enum vm_trigger trigger,
                                  const struct vm_transition **out);
