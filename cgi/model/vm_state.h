/*
 * The state machine of a VM as one table: state, event, next state, job. The dashboard uses it to
 * find the allowed commands; the worker, to find what follows from an observation.
 */
#pragma once

#include "model/context.h"

enum vm_trigger {
    /* Requested by people. */
    VM_REQUEST_START,
    VM_REQUEST_STOP,
    VM_REQUEST_RESTART,
    VM_REQUEST_RESIZE,
    VM_REQUEST_SNAPSHOT,
    VM_REQUEST_SNAPSHOT_DELETE,
    VM_REQUEST_RESTORE,
    VM_REQUEST_RESUME,
    VM_REQUEST_CLONE, /* from one of its snapshots; does not change this VM */
    VM_REQUEST_DESTROY,
    VM_REQUEST_RETRY, /* the failed job again; its kind determines state and job (vm_job.h) */

    /* Observed by the worker: at the end of a job, or by the reconciler. */
    VM_REPORTED_RUNNING, /* and its SSH has responded with its host key */
    VM_REPORTED_SSH,     /* late: the job that waited for it has failed */
    VM_REPORTED_STOPPED,
    VM_REPORTED_LOST, /* stopped with the host, not by anybody: it is to run again */
    VM_REPORTED_PAUSED,
    VM_REPORTED_ABSENT,
    /* The job has failed, finally. What the host reports of the guest counts, ... */
    VM_FAILED_RUNNING,
    VM_FAILED_STOPPED,
    VM_FAILED_PAUSED,
    VM_FAILED,  /* ... but it was never usable, or nothing is known of it */
    VM_REMOVED, /* nothing of it remains on the host */
};

struct vm_transition {
    const char *state; /* creating starting running stopping stopped restarting resizing
                          snapshotting restoring paused resuming failed destroying gone */
    enum vm_trigger event;
    const char *next;
    const char *job;    /* kind of the job that carries it out; NULL: none */
    const char *wanted; /* "running", "stopped", "gone"; NULL: unchanged */
};

/* NULL: the event is not valid in this state (a button is disabled; the worker ignores it). */
const struct vm_transition *vm_transition_find(const char *state, enum vm_trigger event);

/* All events that are valid in this state, each as the bit 1 << event. */
unsigned vm_state_events(const char *state);

/* User-facing reason why a button is disabled; NULL if it is not. */
const char *vm_disabled_reason(const char *state, enum vm_trigger event);

/* Label and CSS class of the state badge: "Running"; on, off, work, wait, bad. */
const char *vm_state_label(const char *state);
const char *vm_state_class(const char *state);

/* Whether a VM in it is on, or about to be, and cannot be reached: its team may see its console. */
bool vm_state_has_console(const char *state);

/*
 * The only place that changes vm.state: apply `trigger` to VM `vm_id` of team `team_id`, now in
 * `state`, and store the next state and the new wanted state. Needs an open write transaction in
 * which `state` was read. CONFLICT if the trigger is not valid in the state. `out` may be NULL; it
 * also names the job that the caller must queue, if any.
 */
struct error *vm_transition_apply(const struct context *context, int64_t team_id, const char *vm_id,
                                  const char *state, enum vm_trigger trigger,
                                  const struct vm_transition **out);
