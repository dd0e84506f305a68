/*
 * The life of a VM as one table: in which state, on which event, to which state, by which job.
 * The dashboard asks it what may be done now; the worker, what follows from what it saw.
 */
#pragma once

#include <stdbool.h>

enum vm_event {
    /* Asked by people. */
    VM_ASK_START,
    VM_ASK_STOP,
    VM_ASK_RESTART,
    VM_ASK_RESIZE,
    VM_ASK_SNAPSHOT,
    VM_ASK_SNAPSHOT_DELETE,
    VM_ASK_RESTORE,
    VM_ASK_CLONE, /* of one of its snapshots; changes nothing here */
    VM_ASK_DESTROY,
    VM_ASK_RETRY, /* the failed job once more; its kind gives state and job (vm_working_state) */

    /* Seen by the worker: at the end of a job, or by the reconciler. */
    VM_FOUND_RUNNING, /* and its SSH has answered with its host key */
    VM_FOUND_STOPPED,
    VM_FOUND_ABSENT,
    VM_JOB_FAILED, /* for good: no attempt is left */
    VM_ALL_GONE,   /* the host has nothing of it any more */
};

struct vm_transition {
    const char *state; /* creating starting running stopping stopped restarting resizing
                          snapshotting restoring failed destroying gone */
    enum vm_event event;
    const char *next;
    const char *job;    /* kind of the job that does it; NULL: none */
    const char *wanted; /* "running", "stopped", "gone"; NULL: as before */
};

/* NULL: the event does not fit the state (a button is disabled; the worker ignores it). */
const struct vm_transition *vm_transition_find(const char *state, enum vm_event event);

/* Why a button is disabled, for people; NULL when it is not. */
const char *vm_refusal(const char *state, enum vm_event event);

/* The state in which a job of this kind is worked off: "create" -> "creating". */
const char *vm_working_state(const char *job);

/* For the chip: "Running", and its class: on, off, work, wait, bad. */
const char *vm_state_label(const char *state);
const char *vm_state_class(const char *state);

/* Is a job under way? (Then pages look again every second.) */
bool vm_state_is_working(const char *state);
