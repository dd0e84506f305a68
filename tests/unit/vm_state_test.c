/*
 * vm_state.c: the whole table, written independently. Every pair of state and event that is not
 * listed here must be refused, with a sentence for the button.
 */
#include "base/array.h"
#include "model/vm_job.h"
#include "model/vm_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const states[] = {
    "creating",     "starting",  "running", "stopping", "stopped", "restarting", "resizing",
    "snapshotting", "restoring", "paused",  "resuming", "failed",  "destroying", "gone",
};
enum { STATES = COUNT(states), EVENTS = VM_REMOVED + 1 };

static const struct vm_transition expected[] = {
    /* A job succeeds. */
    { "creating", VM_REPORTED_RUNNING, "running", NULL, NULL },
    { "starting", VM_REPORTED_RUNNING, "running", NULL, NULL },
    { "restarting", VM_REPORTED_RUNNING, "running", NULL, NULL },
    { "snapshotting", VM_REPORTED_RUNNING, "running", NULL, NULL },
    { "restoring", VM_REPORTED_RUNNING, "running", NULL, "running" },
    { "stopping", VM_REPORTED_STOPPED, "stopped", NULL, NULL },
    { "resizing", VM_REPORTED_STOPPED, "stopped", NULL, NULL },
    { "snapshotting", VM_REPORTED_STOPPED, "stopped", NULL, NULL },
    { "restoring", VM_REPORTED_STOPPED, "stopped", NULL, "stopped" },
    { "snapshotting", VM_REPORTED_PAUSED, "paused", NULL, NULL },
    { "resuming", VM_REPORTED_RUNNING, "running", NULL, NULL },
    { "destroying", VM_REMOVED, "gone", NULL, NULL },
    /* A job fails. Destroying does not fail: it is retried. */
    { "creating", VM_FAILED, "failed", NULL, NULL },
    { "creating", VM_FAILED_RUNNING, "running", NULL, "running" },
    { "creating", VM_FAILED_STOPPED, "stopped", NULL, "stopped" },
    { "creating", VM_FAILED_PAUSED, "paused", NULL, "running" },
    { "starting", VM_FAILED, "failed", NULL, NULL },
    { "starting", VM_FAILED_RUNNING, "running", NULL, "running" },
    { "starting", VM_FAILED_STOPPED, "stopped", NULL, "stopped" },
    { "starting", VM_FAILED_PAUSED, "paused", NULL, "running" },
    { "stopping", VM_FAILED, "failed", NULL, NULL },
    { "stopping", VM_FAILED_RUNNING, "running", NULL, "running" },
    { "stopping", VM_FAILED_STOPPED, "stopped", NULL, "stopped" },
    { "stopping", VM_FAILED_PAUSED, "paused", NULL, "running" },
    { "restarting", VM_FAILED, "failed", NULL, NULL },
    { "restarting", VM_FAILED_RUNNING, "running", NULL, "running" },
    { "restarting", VM_FAILED_STOPPED, "stopped", NULL, "stopped" },
    { "restarting", VM_FAILED_PAUSED, "paused", NULL, "running" },
    { "resizing", VM_FAILED, "failed", NULL, NULL },
    { "resizing", VM_FAILED_RUNNING, "running", NULL, "running" },
    { "resizing", VM_FAILED_STOPPED, "stopped", NULL, "stopped" },
    { "resizing", VM_FAILED_PAUSED, "paused", NULL, "running" },
    { "snapshotting", VM_FAILED, "failed", NULL, NULL },
    { "snapshotting", VM_FAILED_RUNNING, "running", NULL, "running" },
    { "snapshotting", VM_FAILED_STOPPED, "stopped", NULL, "stopped" },
    { "snapshotting", VM_FAILED_PAUSED, "paused", NULL, "running" },
    { "restoring", VM_FAILED, "failed", NULL, NULL },
    { "restoring", VM_FAILED_RUNNING, "running", NULL, "running" },
    { "restoring", VM_FAILED_STOPPED, "stopped", NULL, "stopped" },
    { "restoring", VM_FAILED_PAUSED, "paused", NULL, "running" },
    { "resuming", VM_FAILED, "failed", NULL, NULL },
    { "resuming", VM_FAILED_RUNNING, "running", NULL, "running" },
    { "resuming", VM_FAILED_STOPPED, "stopped", NULL, "stopped" },
    { "resuming", VM_FAILED_PAUSED, "paused", NULL, "running" },
    /* Observed by the reconciler. */
    { "running", VM_REPORTED_STOPPED, "stopped", NULL, "stopped" },
    { "running", VM_REPORTED_ABSENT, "failed", NULL, NULL },
    { "running", VM_REPORTED_LOST, "starting", "start", NULL },
    { "running", VM_REPORTED_PAUSED, "paused", NULL, NULL },
    /* Went off during a job that left it as it was, though it is wanted to run. */
    { "stopped", VM_REPORTED_LOST, "starting", "start", NULL },
    { "stopped", VM_REPORTED_STOPPED, "stopped", NULL, "stopped" },
    { "stopped", VM_REPORTED_PAUSED, "paused", NULL, "running" },
    { "paused", VM_REPORTED_RUNNING, "running", NULL, "running" },
    { "paused", VM_REPORTED_STOPPED, "stopped", NULL, "stopped" },
    { "paused", VM_REPORTED_LOST, "starting", "start", NULL },
    { "paused", VM_REPORTED_ABSENT, "failed", NULL, NULL },
    { "failed", VM_REPORTED_SSH, "running", NULL, "running" },
    { "stopped", VM_REPORTED_RUNNING, "running", NULL, "running" },
    { "stopped", VM_REPORTED_ABSENT, "failed", NULL, NULL },
    /* Requested while it runs. */
    { "running", VM_REQUEST_STOP, "stopping", "stop", "stopped" },
    { "running", VM_REQUEST_RESTART, "restarting", "restart", "running" },
    { "running", VM_REQUEST_SNAPSHOT, "snapshotting", "snapshot", NULL },
    { "running", VM_REQUEST_SNAPSHOT_DELETE, "snapshotting", "snapshot_delete", NULL },
    { "running", VM_REQUEST_RESTORE, "restoring", "restore", NULL },
    { "running", VM_REQUEST_CLONE, "running", NULL, NULL },
    /* Requested while it is stopped. */
    { "stopped", VM_REQUEST_START, "starting", "start", "running" },
    { "stopped", VM_REQUEST_RESIZE, "resizing", "resize", NULL },
    { "stopped", VM_REQUEST_SNAPSHOT, "snapshotting", "snapshot", NULL },
    { "stopped", VM_REQUEST_SNAPSHOT_DELETE, "snapshotting", "snapshot_delete", NULL },
    { "stopped", VM_REQUEST_RESTORE, "restoring", "restore", NULL },
    { "stopped", VM_REQUEST_CLONE, "stopped", NULL, NULL },
    /* Requested while it is paused. */
    { "paused", VM_REQUEST_RESUME, "resuming", "resume", "running" },
    { "paused", VM_REQUEST_STOP, "stopping", "stop", "stopped" },
    { "paused", VM_REQUEST_CLONE, "paused", NULL, NULL },
    /* Requested after a failure; the state depends on the job to repeat. */
    { "failed", VM_REQUEST_RETRY, "failed", NULL, NULL },
    { "failed", VM_REQUEST_STOP, "stopping", "stop", "stopped" },
    /* Destroying can be requested at any time, once. */
    { "creating", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "starting", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "running", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "stopping", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "stopped", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "restarting", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "resizing", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "snapshotting", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "restoring", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "failed", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "paused", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
    { "resuming", VM_REQUEST_DESTROY, "destroying", "destroy", "gone" },
};

static const struct vm_transition *expected_find(const char *state, enum vm_trigger event)
{
    for (size_t i = 0; i < COUNT(expected); i++) {
        if (expected[i].event == event && strcmp(expected[i].state, state) == 0)
            return &expected[i];
    }
    return NULL;
}

static void assert_same_text(const char *a, const char *b)
{
    assert_string_equal(a ? a : "(none)", b ? b : "(none)");
}

static void transition_table(void **state)
{
    (void)state;
    for (size_t s = 0; s < STATES; s++) {
        for (int event = 0; event < EVENTS; event++) {
            const struct vm_transition *found =
                vm_transition_find(states[s], (enum vm_trigger)event);
            const struct vm_transition *wanted = expected_find(states[s], (enum vm_trigger)event);

            if (!found != !wanted)
                fail_msg("%s, event %d: %s", states[s], event, found ? "not expected" : "missing");
            assert_int_equal(vm_state_events(states[s]) >> event & 1, found != NULL);
            if (!found)
                continue;
            assert_same_text(found->next, wanted->next);
            assert_same_text(found->job, wanted->job);
            assert_same_text(found->wanted, wanted->wanted);
        }
    }
}

static void a_disabled_button_gives_the_reason(void **state)
{
    (void)state;
    for (size_t s = 0; s < STATES; s++) {
        for (int event = 0; event <= VM_REQUEST_RETRY; event++) {
            const char *why = vm_disabled_reason(states[s], (enum vm_trigger)event);

            assert_true(!why == !!vm_transition_find(states[s], (enum vm_trigger)event));
            if (why)
                assert_int_equal(why[strlen(why) - 1], '.');
        }
    }
}

/* Every job leads to a working state, which success and (except for destroy) failure leave. */
static void every_job_ends(void **state)
{
    static const char *const jobs[] = { "create", "start",    "stop",    "restart",
                                        "resize", "snapshot", "restore", "snapshot_delete",
                                        "resume", "destroy" };

    (void)state;
    for (size_t i = 0; i < COUNT(jobs); i++) {
        const char *working = vm_job_find(jobs[i])->state;
        bool can_end = false;

        assert_true(vm_job_is_state(working));
        for (int event = VM_REPORTED_RUNNING; event < EVENTS; event++)
            can_end |= (event < VM_FAILED_RUNNING || event == VM_REMOVED) &&
                       vm_transition_find(working, (enum vm_trigger)event);
        assert_true(can_end);
        assert_int_equal(!vm_transition_find(working, VM_FAILED), strcmp(jobs[i], "destroy") == 0);
    }
}

/* A state is a working state exactly if a job runs in it; each has its own text and class. */
static void every_state_has_a_text(void **state)
{
    (void)state;
    for (size_t s = 0; s < STATES; s++) {
        assert_true(*vm_state_label(states[s]) && *vm_state_class(states[s]));
        for (size_t t = 0; t < s; t++)
            assert_string_not_equal(vm_state_label(states[s]), vm_state_label(states[t]));
    }
    assert_false(vm_job_is_state("running"));
    assert_false(vm_job_is_state("stopped"));
    assert_false(vm_job_is_state("failed"));
    assert_false(vm_job_is_state("gone"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transition_table),
        cmocka_unit_test(a_disabled_button_gives_the_reason),
        cmocka_unit_test(every_job_ends),
        cmocka_unit_test(every_state_has_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
