/* The life of a VM as one table; see vm_state.h. Knows no database and no host. */
#include "model/vm_state.h"

#include <stddef.h>
#include <string.h>

static const struct vm_transition transitions[] = {
    { "creating", VM_REPORTED_RUNNING, "running", NULL, NULL },
    { "creating", VM_JOB_FAILED, "failed", NULL, NULL },
    { "creating", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },

    { "starting", VM_REPORTED_RUNNING, "running", NULL, NULL },
    { "starting", VM_JOB_FAILED, "failed", NULL, NULL },
    { "starting", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },

    { "running", VM_REQUEST_STOP, "stopping", "stop", "stopped" },
    { "running", VM_REQUEST_RESTART, "restarting", "restart", "running" },
    { "running", VM_REQUEST_SNAPSHOT, "snapshotting", "snapshot", NULL },
    { "running", VM_REQUEST_SNAPSHOT_DELETE, "snapshotting", "snapshot_delete", NULL },
    { "running", VM_REQUEST_RESTORE, "restoring", "restore", NULL },
    { "running", VM_REQUEST_CLONE, "running", NULL, NULL },
    { "running", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "running", VM_REPORTED_STOPPED, "stopped", NULL, "stopped" }, /* the guest shut itself down */
    { "running", VM_REPORTED_ABSENT, "failed", NULL, NULL },

    { "stopping", VM_REPORTED_STOPPED, "stopped", NULL, NULL },
    { "stopping", VM_JOB_FAILED, "failed", NULL, NULL },
    { "stopping", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },

    { "stopped", VM_REQUEST_START, "starting", "start", "running" },
    { "stopped", VM_REQUEST_RESIZE, "resizing", "resize", NULL },
    { "stopped", VM_REQUEST_SNAPSHOT, "snapshotting", "snapshot", NULL },
    { "stopped", VM_REQUEST_SNAPSHOT_DELETE, "snapshotting", "snapshot_delete", NULL },
    { "stopped", VM_REQUEST_RESTORE, "restoring", "restore", NULL },
    { "stopped", VM_REQUEST_CLONE, "stopped", NULL, NULL },
    { "stopped", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "stopped", VM_REPORTED_RUNNING, "running", NULL,
      "running" }, /* started by hand on the host */
    { "stopped", VM_REPORTED_ABSENT, "failed", NULL, NULL },

    { "restarting", VM_REPORTED_RUNNING, "running", NULL, NULL },
    { "restarting", VM_JOB_FAILED, "failed", NULL, NULL },
    { "restarting", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },

    { "resizing", VM_REPORTED_STOPPED, "stopped", NULL, NULL },
    { "resizing", VM_JOB_FAILED, "failed", NULL, NULL },
    { "resizing", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },

    { "snapshotting", VM_REPORTED_RUNNING, "running", NULL, NULL },
    { "snapshotting", VM_REPORTED_STOPPED, "stopped", NULL, NULL },
    { "snapshotting", VM_JOB_FAILED, "failed", NULL, NULL },
    { "snapshotting", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },

    { "restoring", VM_REPORTED_RUNNING, "running", NULL, "running" },
    { "restoring", VM_REPORTED_STOPPED, "stopped", NULL, "stopped" },
    { "restoring", VM_JOB_FAILED, "failed", NULL, NULL },
    { "restoring", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },

    { "failed", VM_REQUEST_RETRY, "failed", NULL, NULL },
    { "failed", VM_REQUEST_STOP, "stopping", "stop", "stopped" },
    { "failed", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },

    { "destroying", VM_REMOVED, "gone", NULL, NULL },
};

/* One row for each state: how it is shown, and why most buttons rest in it. */
static const struct {
    const char *state, *label, *class_, *refusal;
} states[] = {
    { "creating", "Creating", "work", "It is being created; wait until it is running." },
    { "starting", "Starting", "work", "It is starting; wait until it is running." },
    { "running", "Running", "on", "It is running; stop it first." },
    { "stopping", "Stopping", "work", "It is stopping; wait a moment." },
    { "stopped", "Stopped", "off", "It is stopped; start it first." },
    { "restarting", "Restarting", "work", "It is restarting; wait until it is running." },
    { "resizing", "Resizing", "work", "It is being resized; wait a moment." },
    { "snapshotting", "Snapshot", "work", "A snapshot is being worked on; wait a moment." },
    { "restoring", "Restoring", "work", "A snapshot is being restored; wait a moment." },
    { "failed", "Failed", "bad",
      "The last operation failed; retry it, stop it or destroy the VM." },
    { "destroying", "Not yet gone", "bad", "It is being destroyed." },
    { "gone", "Gone", "off", "It is gone." },
};

static const struct {
    const char *job, *state;
} working[] = {
    { "create", "creating" },    { "start", "starting" },
    { "stop", "stopping" },      { "restart", "restarting" },
    { "resize", "resizing" },    { "snapshot", "snapshotting" },
    { "restore", "restoring" },  { "snapshot_delete", "snapshotting" },
    { "destroy", "destroying" },
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const struct vm_transition *vm_transition_find(const char *state, enum vm_trigger event)
{
    for (size_t i = 0; i < COUNT(transitions); i++) {
        if (transitions[i].event == event && strcmp(transitions[i].state, state) == 0)
            return &transitions[i];
    }
    return NULL;
}

static size_t state_index(const char *state)
{
    size_t i = 0;

    while (i < COUNT(states) - 1 && strcmp(states[i].state, state) != 0)
        i++;
    return i;
}

const char *vm_disabled_reason(const char *state, enum vm_trigger event)
{
    return vm_transition_find(state, event) ? NULL : states[state_index(state)].refusal;
}

const char *vm_working_state(const char *job)
{
    for (size_t i = 0; i < COUNT(working); i++) {
        if (strcmp(working[i].job, job) == 0)
            return working[i].state;
    }
    return "failed";
}

const char *vm_state_label(const char *state)
{
    return states[state_index(state)].label;
}

const char *vm_state_class(const char *state)
{
    return states[state_index(state)].class_;
}

bool vm_state_is_working(const char *state)
{
    for (size_t i = 0; i < COUNT(working); i++) {
        if (strcmp(working[i].state, state) == 0)
            return true;
    }
    return false;
}
