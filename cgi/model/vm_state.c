/* The state machine of a VM as one table; see vm_state.h. Only vm_transition_apply() changes the
 * state. */
#include "model/vm_state.h"

#include "base/array.h"
#include "main_constants.sql.h"
#include "model/vm_job.h"
#include "receipt.sql.h"
#include "vm.sql.h"
#include "vm_user_data.sql.h"

#include <stddef.h>
#include <string.h>

/* Every state in which a job other than a destroy is in progress. */
static const char ANY_WORKING[] = "any working";

static const struct vm_transition transitions[] = {
    { VM_STATE_CREATING, VM_REPORTED_RUNNING, VM_STATE_RUNNING, NULL, NULL },

    { VM_STATE_STARTING, VM_REPORTED_RUNNING, VM_STATE_RUNNING, NULL, NULL },

    { VM_STATE_RUNNING, VM_REQUEST_STOP, VM_STATE_STOPPING, VM_JOB_STOP, VM_WANTED_STOPPED },
    { VM_STATE_RUNNING, VM_REQUEST_RESTART, VM_STATE_RESTARTING, VM_JOB_RESTART,
      VM_WANTED_RUNNING },
    { VM_STATE_RUNNING, VM_REQUEST_SNAPSHOT, VM_STATE_SNAPSHOTTING, VM_JOB_SNAPSHOT, NULL },
    { VM_STATE_RUNNING, VM_REQUEST_SNAPSHOT_DELETE, VM_STATE_SNAPSHOTTING, VM_JOB_SNAPSHOT_DELETE,
      NULL },
    { VM_STATE_RUNNING, VM_REQUEST_RESTORE, VM_STATE_RESTORING, VM_JOB_RESTORE, NULL },
    { VM_STATE_RUNNING, VM_REQUEST_CLONE, VM_STATE_RUNNING, NULL, NULL },
    { VM_STATE_RUNNING, VM_REQUEST_DESTROY, VM_STATE_DESTROYING, VM_JOB_DESTROY, VM_WANTED_GONE },
    { VM_STATE_RUNNING, VM_REPORTED_STOPPED, VM_STATE_STOPPED, NULL,
      VM_WANTED_STOPPED }, /* the guest shut itself down */
    { VM_STATE_RUNNING, VM_REPORTED_LOST, VM_STATE_STARTING, VM_JOB_START, NULL },
    { VM_STATE_RUNNING, VM_REPORTED_PAUSED, VM_STATE_PAUSED, NULL, NULL },
    { VM_STATE_RUNNING, VM_REPORTED_ABSENT, VM_STATE_FAILED, NULL, NULL },

    { VM_STATE_STOPPING, VM_REPORTED_STOPPED, VM_STATE_STOPPED, NULL, NULL },

    { VM_STATE_STOPPED, VM_REQUEST_START, VM_STATE_STARTING, VM_JOB_START, VM_WANTED_RUNNING },
    { VM_STATE_STOPPED, VM_REQUEST_RESIZE, VM_STATE_RESIZING, VM_JOB_RESIZE, NULL },
    { VM_STATE_STOPPED, VM_REQUEST_SNAPSHOT, VM_STATE_SNAPSHOTTING, VM_JOB_SNAPSHOT, NULL },
    { VM_STATE_STOPPED, VM_REQUEST_SNAPSHOT_DELETE, VM_STATE_SNAPSHOTTING, VM_JOB_SNAPSHOT_DELETE,
      NULL },
    { VM_STATE_STOPPED, VM_REQUEST_RESTORE, VM_STATE_RESTORING, VM_JOB_RESTORE, NULL },
    { VM_STATE_STOPPED, VM_REQUEST_CLONE, VM_STATE_STOPPED, NULL, NULL },
    { VM_STATE_STOPPED, VM_REQUEST_DESTROY, VM_STATE_DESTROYING, VM_JOB_DESTROY, VM_WANTED_GONE },
    { VM_STATE_STOPPED, VM_REPORTED_RUNNING, VM_STATE_RUNNING, NULL,
      VM_WANTED_RUNNING }, /* started by hand on the host */
    { VM_STATE_STOPPED, VM_REPORTED_LOST, VM_STATE_STARTING, VM_JOB_START, NULL },
    { VM_STATE_STOPPED, VM_REPORTED_STOPPED, VM_STATE_STOPPED, NULL, VM_WANTED_STOPPED },
    { VM_STATE_STOPPED, VM_REPORTED_PAUSED, VM_STATE_PAUSED, NULL, VM_WANTED_RUNNING },
    { VM_STATE_STOPPED, VM_REPORTED_ABSENT, VM_STATE_FAILED, NULL, NULL },

    { VM_STATE_PAUSED, VM_REQUEST_RESUME, VM_STATE_RESUMING, VM_JOB_RESUME, VM_WANTED_RUNNING },
    { VM_STATE_PAUSED, VM_REQUEST_STOP, VM_STATE_STOPPING, VM_JOB_STOP, VM_WANTED_STOPPED },
    { VM_STATE_PAUSED, VM_REQUEST_CLONE, VM_STATE_PAUSED, NULL, NULL },
    { VM_STATE_PAUSED, VM_REQUEST_DESTROY, VM_STATE_DESTROYING, VM_JOB_DESTROY, VM_WANTED_GONE },
    { VM_STATE_PAUSED, VM_REPORTED_RUNNING, VM_STATE_RUNNING, NULL, VM_WANTED_RUNNING },
    { VM_STATE_PAUSED, VM_REPORTED_STOPPED, VM_STATE_STOPPED, NULL, VM_WANTED_STOPPED },
    { VM_STATE_PAUSED, VM_REPORTED_LOST, VM_STATE_STARTING, VM_JOB_START, NULL },
    { VM_STATE_PAUSED, VM_REPORTED_ABSENT, VM_STATE_FAILED, NULL, NULL },

    { VM_STATE_RESUMING, VM_REPORTED_RUNNING, VM_STATE_RUNNING, NULL, NULL },

    { VM_STATE_RESTARTING, VM_REPORTED_RUNNING, VM_STATE_RUNNING, NULL, NULL },

    { VM_STATE_RESIZING, VM_REPORTED_STOPPED, VM_STATE_STOPPED, NULL, NULL },

    { VM_STATE_SNAPSHOTTING, VM_REPORTED_RUNNING, VM_STATE_RUNNING, NULL, NULL },
    { VM_STATE_SNAPSHOTTING, VM_REPORTED_STOPPED, VM_STATE_STOPPED, NULL, NULL },
    { VM_STATE_SNAPSHOTTING, VM_REPORTED_PAUSED, VM_STATE_PAUSED, NULL, NULL },

    { VM_STATE_RESTORING, VM_REPORTED_RUNNING, VM_STATE_RUNNING, NULL, VM_WANTED_RUNNING },
    { VM_STATE_RESTORING, VM_REPORTED_STOPPED, VM_STATE_STOPPED, NULL, VM_WANTED_STOPPED },

    { ANY_WORKING, VM_REQUEST_DESTROY, VM_STATE_DESTROYING, VM_JOB_DESTROY, VM_WANTED_GONE },
    { ANY_WORKING, VM_FAILED, VM_STATE_FAILED, NULL, NULL },
    { ANY_WORKING, VM_FAILED_RUNNING, VM_STATE_RUNNING, NULL, VM_WANTED_RUNNING },
    { ANY_WORKING, VM_FAILED_STOPPED, VM_STATE_STOPPED, NULL, VM_WANTED_STOPPED },
    { ANY_WORKING, VM_FAILED_PAUSED, VM_STATE_PAUSED, NULL, VM_WANTED_RUNNING },

    { VM_STATE_FAILED, VM_REPORTED_SSH, VM_STATE_RUNNING, NULL, VM_WANTED_RUNNING },
    { VM_STATE_FAILED, VM_REQUEST_RETRY, VM_STATE_FAILED, NULL, NULL },
    { VM_STATE_FAILED, VM_REQUEST_STOP, VM_STATE_STOPPING, VM_JOB_STOP, VM_WANTED_STOPPED },
    { VM_STATE_FAILED, VM_REQUEST_DESTROY, VM_STATE_DESTROYING, VM_JOB_DESTROY, VM_WANTED_GONE },

    { VM_STATE_DESTROYING, VM_REMOVED, VM_STATE_GONE, NULL, NULL },
};

/* One row per state: its label, and why most buttons are disabled in it. */
static const struct {
    const char *state, *label, *class_, *disabled_reason;
} states[] = {
    { VM_STATE_CREATING, "Creating", "work", "The VM is being created." },
    { VM_STATE_STARTING, "Starting", "work", "The VM is starting." },
    { VM_STATE_RUNNING, "Running", "on", "Stop the VM first." },
    { VM_STATE_STOPPING, "Stopping", "work", "The VM is stopping." },
    { VM_STATE_STOPPED, "Stopped", "off", "Start the VM first." },
    { VM_STATE_RESTARTING, "Restarting", "work", "The VM is restarting." },
    { VM_STATE_RESIZING, "Resizing", "work", "The VM is being resized." },
    { VM_STATE_SNAPSHOTTING, "Snapshotting", "work", "A snapshot is being created or deleted." },
    { VM_STATE_RESTORING, "Restoring", "work", "A snapshot is being restored." },
    { VM_STATE_PAUSED, "Paused", "wait", "The VM is paused. Resume or stop it first." },
    { VM_STATE_RESUMING, "Resuming", "work", "The VM is resuming." },
    { VM_STATE_FAILED, "Failed", "bad",
      "The last operation failed. Retry it, stop the VM or destroy it." },
    { VM_STATE_DESTROYING, "Destroying", "work", "The VM is being destroyed." },
    { VM_STATE_GONE, "Destroyed", "off", "The VM has been destroyed." },
};

static bool is_row_for(const struct vm_transition *row, const char *state)
{
    if (row->state == ANY_WORKING)
        return vm_job_is_state(state) && strcmp(state, VM_STATE_DESTROYING) != 0;
    return strcmp(row->state, state) == 0;
}

const struct vm_transition *vm_transition_find(const char *state, enum vm_trigger event)
{
    for (size_t i = 0; i < COUNT(transitions); i++) {
        if (transitions[i].event == event && is_row_for(&transitions[i], state))
            return &transitions[i];
    }
    return NULL;
}

unsigned vm_state_events(const char *state)
{
    unsigned events = 0;

    for (size_t i = 0; i < COUNT(transitions); i++) {
        if (is_row_for(&transitions[i], state))
            events |= 1u << transitions[i].event;
    }
    return events;
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
    if (event == VM_REQUEST_STOP && strcmp(state, VM_STATE_STOPPED) == 0)
        return "Already stopped.";
    if (event == VM_REQUEST_START && strcmp(state, VM_STATE_RUNNING) == 0)
        return "The VM is running already.";
    return vm_transition_find(state, event) ? NULL : states[state_index(state)].disabled_reason;
}

const char *vm_state_label(const char *state)
{
    return states[state_index(state)].label;
}

const char *vm_state_class(const char *state)
{
    return states[state_index(state)].class_;
}

/* As vm_unreached of db/vm.sql. */
bool vm_state_has_console(const char *state)
{
    static const char *const unreached[] = { VM_STATE_CREATING, VM_STATE_STARTING,
                                             VM_STATE_RESTARTING, VM_STATE_RESTORING,
                                             VM_STATE_FAILED };

    for (size_t i = 0; i < COUNT(unreached); i++) {
        if (strcmp(unreached[i], state) == 0)
            return true;
    }
    return false;
}

/* Whether what its guest is set up with may still be needed. */
static bool is_to_be_set_up(const char *state)
{
    return strcmp(state, VM_STATE_CREATING) == 0 || strcmp(state, VM_STATE_FAILED) == 0;
}

struct error *vm_transition_apply(const struct context *context, int64_t team_id, const char *vm_id,
                                  const char *state, enum vm_trigger trigger,
                                  const struct vm_transition **out)
{
    const struct vm_transition *found = vm_transition_find(state, trigger);
    struct error *e;

    if (!found)
        return error_new(context->arena, ERROR_CONFLICT, "vm %s is %s: trigger %d does not fit",
                         vm_id, state, (int)trigger);
    if (out)
        *out = found;
    e = is_to_be_set_up(state) && !is_to_be_set_up(found->next)
            ? sql_vm_user_data_delete(context->db, context->arena, team_id, vm_id)
            : NULL;
    if (e)
        return e;
    if (strcmp(found->next, VM_STATE_GONE) == 0) {
        e = sql_vm_set_gone(context->db, context->arena, vm_id, context->now_at);
        return e ? e
                 : sql_receipt_put(context->db, context->arena, team_id, vm_id, context->now_at);
    }
    return sql_vm_set_state(context->db, context->arena, team_id, vm_id, found->next, found->wanted,
                            context->now_at);
}
