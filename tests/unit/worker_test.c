/*
 * The worker's jobs against a fake host: every kind, failures and retries, superseded by a destroy.
 * Kills are in worker_kill_test.c.
 */
#include "base/array.h"
#include "base/clock.h"
#include "drain.h"
#include "fake_driver.h"
#include "worker/job.h"
#include "world.h"

#include "job_step.sql.h"
#include "receipt_part.sql.h"
#include "snapshot.sql.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct test {
    struct world *world;
    struct worker_context *context;
    const char *vm; /* a running VM */
};

static int set_up(void **state)
{
    struct test *test;

    *fake = (struct fake_host){ .calls = 0 };
    test = arena_alloc(arena_new(4096), sizeof *test);
    test->world = world_open(world_folder("fake:///local"));
    test->context = drain_bench(test->world);
    test->vm = world_create(test->world, "first");
    drain(test->context);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;

    worker_context_close(test->context);
    world_close(test->world);
    return 0;
}

static void ask(struct test *test, enum vm_trigger event, const char *snapshot_id)
{
    world_check(world_ask(test->world, test->vm, event, snapshot_id), "ask");
    drain(test->context);
}

static void assert_state(struct test *test, const char *state)
{
    assert_string_equal(world_vm(test->world, test->vm).state, state);
}

/* ---- the kinds of jobs ---- */

static void a_vm_is_created(void **state)
{
    struct test *test = *state;
    struct vm_get_row vm = world_vm(test->world, test->vm);
    const struct fake_vm *host = fake_find(test->vm);
    struct job_step_list_rows steps;

    assert_state(test, "running");
    assert_string_equal(vm.observed, "running");
    assert_int_equal(vm.ssh_port, host->port);
    assert_in_range(vm.ssh_port, 22800, 22899);
    assert_string_equal(vm.host_key_public, host->guest_key);
    assert_int_equal(strncmp(vm.host_key_fingerprint, "SHA256:", 7), 0);
    assert_false(host->has_seed);
    assert_int_equal(host->boots, 1);
    assert_int_equal(world_events(test->world, test->vm, "Created", NULL), 1);
    world_check(sql_job_step_list(test->world->db, test->world->arena, test->world->team_id,
                                  world_job(test->world, test->vm).number, &steps),
                "steps");
    assert_int_equal(steps.count, 6);
    for (size_t i = 0; i < steps.count; i++)
        assert_true(steps.row[i].started_at_ms && steps.row[i].ended_at_ms);
    assert_string_equal(steps.row[4].name, "SSH ready");
}

static void a_vm_lives(void **state)
{
    struct test *test = *state;
    const char *snapshot, *clone;
    struct snapshot_list_rows snapshots;

    ask(test, VM_REQUEST_STOP, NULL);
    assert_state(test, "stopped");
    assert_int_equal(fake_find(test->vm)->power, DRIVER_STOPPED);
    world_resize(test->world, test->vm, "small");
    drain(test->context);
    assert_state(test, "stopped");
    assert_int_equal(fake_find(test->vm)->memory_mb, 256);
    assert_int_equal(fake_find(test->vm)->disk_gb, 2);
    assert_int_equal(world_events(test->world, test->vm, "Resized to Small", NULL), 1);
    ask(test, VM_REQUEST_START, NULL);
    assert_state(test, "running");
    ask(test, VM_REQUEST_RESTART, NULL);
    assert_state(test, "running");
    assert_int_equal(fake_find(test->vm)->boots, 3);

    snapshot = world_snapshot(test->world, test->vm);
    drain(test->context);
    world_check(sql_snapshot_list(test->world->db, test->world->arena, test->world->team_id,
                                  test->vm, "", "", &snapshots),
                "snapshots");
    assert_string_equal(snapshots.row[0].state, "ready");
    assert_int_equal(snapshots.row[0].has_memory, 1);
    assert_int_equal(snapshots.row[0].size_bytes, 4096);
    ask(test, VM_REQUEST_STOP, NULL);
    ask(test, VM_REQUEST_RESTORE, snapshot);
    assert_state(test, "running");
    assert_string_equal(world_vm(test->world, test->vm).wanted, "running");

    clone = world_clone(test->world, "second", test->vm, snapshot);
    drain(test->context);
    assert_string_equal(world_vm(test->world, clone).state, "running");
    assert_string_not_equal(fake_find(clone)->guest_key, fake_find(test->vm)->guest_key);
    assert_int_not_equal(fake_find(clone)->port, fake_find(test->vm)->port);

    ask(test, VM_REQUEST_SNAPSHOT_DELETE, snapshot);
    world_check(sql_snapshot_list(test->world->db, test->world->arena, test->world->team_id,
                                  test->vm, "", "", &snapshots),
                "snapshots");
    assert_int_equal(snapshots.count, 0);
    assert_state(test, "running");
}

static void a_vm_is_destroyed(void **state)
{
    struct test *test = *state;
    struct receipt_part_list_rows receipt;

    world_snapshot(test->world, test->vm);
    drain(test->context);
    ask(test, VM_REQUEST_DESTROY, NULL);
    assert_state(test, "gone");
    assert_true(world_vm(test->world, test->vm).gone_at);
    assert_null(fake_find(test->vm));
    world_check(sql_receipt_part_list(test->world->db, test->world->arena, test->world->team_id,
                                      test->vm, &receipt),
                "receipt");
    assert_int_equal(receipt.count, 5);
    assert_string_equal(receipt.row[0].thing, "domain");
    assert_string_equal(receipt.row[0].answer, "no such domain");
    assert_string_equal(receipt.row[4].thing, "port");
    assert_int_equal(strncmp(receipt.row[4].answer, "port 228", 8), 0);
    assert_int_equal(world_events(test->world, test->vm, "Destroyed", NULL), 1);
}

/* When the VM was last booted, after its state was set to `to` at `at`. */
static int64_t up_after(struct test *test, const char *to, int64_t at)
{
    struct world *world = test->world;

    world_check(sql_vm_set_state(world->db, world->arena, world->team_id, test->vm, to, NULL, at),
                "state");
    return world_vm(world, test->vm).up_at;
}

static void a_snapshot_is_not_the_end_of_being_up(void **state)
{
    struct test *test = *state;
    int64_t up_at = world_vm(test->world, test->vm).up_at;

    assert_true(up_at > 0);
    assert_int_equal(up_after(test, "snapshotting", up_at + 100), up_at);
    assert_int_equal(up_after(test, "running", up_at + 110), up_at);
    assert_int_equal(up_after(test, "paused", up_at + 120), up_at);
    assert_int_equal(up_after(test, "resuming", up_at + 130), up_at);
    assert_int_equal(up_after(test, "running", up_at + 140), up_at);
    assert_int_equal(up_after(test, "restarting", up_at + 150), 0);
    assert_int_equal(up_after(test, "running", up_at + 160), up_at + 160);
    assert_int_equal(up_after(test, "stopped", up_at + 170), 0);
}

static void assert_state_at(struct test *test, const char *to, int64_t at, int64_t state_at)
{
    up_after(test, to, at);
    assert_int_equal(world_vm(test->world, test->vm).state_at, state_at);
}

/* Nor of being off; what ends while the guest is off has not been off before. */
static void a_snapshot_is_not_the_end_of_being_off(void **state)
{
    struct test *test = *state;
    int64_t up_at = world_vm(test->world, test->vm).up_at;

    assert_state_at(test, "stopping", up_at + 100, up_at + 100);
    assert_state_at(test, "stopped", up_at + 110, up_at + 110);
    assert_state_at(test, "snapshotting", up_at + 120, up_at + 110);
    assert_state_at(test, "stopped", up_at + 130, up_at + 110);
    assert_state_at(test, "resizing", up_at + 140, up_at + 110);
    assert_state_at(test, "stopped", up_at + 150, up_at + 110);
    assert_state_at(test, "starting", up_at + 160, up_at + 160);
    assert_state_at(test, "running", up_at + 170, up_at + 170);
    assert_state_at(test, "snapshotting", up_at + 180, up_at + 180);
    assert_state_at(test, "stopped", up_at + 190, up_at + 190);
}

/* ---- misbehaving guests ---- */

static void a_guest_ignoring_the_button_is_powered_off(void **state)
{
    struct test *test = *state;
    const char *detail = NULL;

    fake->ignores_button = true;
    ask(test, VM_REQUEST_STOP, NULL);
    assert_state(test, "stopped");
    assert_int_equal(world_events(test->world, test->vm, "Stopped", &detail), 1);
    assert_string_equal(detail, "did not respond to the power button and was switched off");
}

static void an_unresponsive_guest_is_powered_off(void **state)
{
    struct test *test = *state;
    int64_t since = clock_now();

    world_check(sql_vm_set_unresponsive(test->world->db, test->world->arena, test->vm, &since),
                "silent");
    snprintf(fake->fails, sizeof fake->fails, "shutdown");
    fake->fail_times = 1;
    ask(test, VM_REQUEST_STOP, NULL);
    assert_state(test, "stopped");
    assert_int_equal(fake->fail_times, 1);
}

static void assert_create_fails(struct test *test, const char *text)
{
    const char *detail = "";

    test->vm = world_create(test->world, "second");
    drain(test->context);
    assert_state(test, "failed");
    assert_int_equal(world_job(test->world, test->vm).attempts, 1);
    assert_non_null(strstr(world_vm(test->world, test->vm).last_error, text));
    assert_int_equal(world_events(test->world, test->vm, "Creation failed", &detail), 1);
    assert_int_equal(strncmp(detail, "SSH ready: ", 11), 0);
    assert_false(fake_find(test->vm)->has_seed);
}

static void assert_retry_works(struct test *test)
{
    ask(test, VM_REQUEST_RETRY, NULL);
    assert_state(test, "running");
    assert_null(world_vm(test->world, test->vm).last_error);
    assert_string_equal(world_vm(test->world, test->vm).host_key_public,
                        fake_find(test->vm)->guest_key);
    assert_int_equal(fake_find(test->vm)->disks, 1);
}

static void a_guest_without_ssh_fails(void **state)
{
    fake->is_silent = true;
    assert_create_fails(*state, "SSH did not respond within");
    fake->is_silent = false;
    assert_retry_works(*state);
}

/* The host's disk was full while it booted: it goes on once there is room, or says so. */
static void a_guest_that_was_paused_goes_on_when_there_is_room(void **state)
{
    struct test *test = *state;

    fake->stalls = true;
    test->vm = world_create(test->world, "stalled");
    drain(test->context);
    assert_state(test, "running");
    assert_int_equal(fake_find(test->vm)->power, DRIVER_RUNNING);
}

static void a_guest_that_stays_paused_fails_by_its_cause(void **state)
{
    fake->stalls = fake->stays_full = true;
    assert_create_fails(*state, "the VM host has too little free space");
    fake->stalls = fake->is_full = false;
    fake_find(((struct test *)*state)->vm)->power = DRIVER_STOPPED;
    assert_retry_works(*state);
}

static void a_guest_with_another_key_fails(void **state)
{
    fake->is_wrong = true;
    assert_create_fails(*state, "a different host key");
    fake->is_wrong = false;
    assert_retry_works(*state);
}

static void a_guest_that_dies_booting_fails(void **state)
{
    fake->dies_booting = true;
    assert_create_fails(*state, "shut down while booting");
    fake->dies_booting = false;
    assert_retry_works(*state);
}

static void a_full_host_gets_no_vm(void **state)
{
    struct test *test = *state;

    fake->is_full = true;
    test->vm = world_create(test->world, "second");
    drain(test->context);
    assert_state(test, "failed");
    assert_non_null(strstr(world_vm(test->world, test->vm).last_error, "too little free space"));
    assert_null(fake_find(test->vm));
    fake->is_full = false;
    assert_retry_works(test);
}

/* No doing of the guest: it is booted again. */
static void a_host_that_goes_down_while_booting_is_waited_for(void **state)
{
    struct test *test = *state;

    ask(test, VM_REQUEST_STOP, NULL);
    fake->lost_boots = 1;
    ask(test, VM_REQUEST_START, NULL);
    assert_string_equal(world_vm(test->world, test->vm).state, "running");
    assert_string_equal(world_vm(test->world, test->vm).wanted, "running");
    assert_int_equal(fake_find(test->vm)->power, DRIVER_RUNNING);
    assert_int_equal(fake->lost_boots, 0);
}

static void a_taken_port_is_skipped(void **state)
{
    struct test *test = *state;
    int64_t before = world_vm(test->world, test->vm).ssh_port;

    ask(test, VM_REQUEST_STOP, NULL);
    fake->busy_port = before;
    fake->hides_busy_port = true;
    ask(test, VM_REQUEST_START, NULL);
    assert_state(test, "running");
    assert_int_not_equal(world_vm(test->world, test->vm).ssh_port, before);
    assert_int_equal(world_vm(test->world, test->vm).ssh_port, fake_find(test->vm)->port);
    assert_int_equal(world_events(test->world, test->vm, "SSH port changed", NULL), 1);
}

/* ---- failures of the host ---- */

static void host_fails(const char *call, int times, enum error_kind kind)
{
    snprintf(fake->fails, sizeof fake->fails, "%s", call);
    fake->fail_times = times;
    fake->fail_kind = kind;
}

static void a_transient_failure_is_retried(void **state)
{
    static const char *const calls[] = { "disk", "seed", "define", "boot", "power", "seed_remove" };
    struct test *test = *state;

    for (size_t i = 0; i < COUNT(calls); i++) {
        host_fails(calls[i], 2, ERROR_UPSTREAM);
        test->vm = world_create(test->world, calls[i][0] == 's' ? "seed" : calls[i]);
        drain(test->context);
        assert_state(test, "running");
        assert_int_equal(world_job(test->world, test->vm).attempts, 3);
        assert_int_equal(world_events(test->world, test->vm, "Creation failed", NULL), 0);
        ask(test, VM_REQUEST_DESTROY, NULL);
    }
}

static void a_persistent_failure_needs_a_person(void **state)
{
    struct test *test = *state;

    host_fails("boot", 100, ERROR_UPSTREAM);
    test->vm = world_create(test->world, "second");
    drain(test->context);
    assert_state(test, "failed");
    assert_int_equal(world_job(test->world, test->vm).attempts, 3);
    /* The host's words are for the operator only. */
    assert_string_equal(world_job(test->world, test->vm).error,
                        "Boot: the fake host refuses \"boot\"");
    assert_non_null(strstr(world_vm(test->world, test->vm).last_error, "Boot: "));
    assert_null(strstr(world_vm(test->world, test->vm).last_error, "fake host"));
    fake->fail_times = 0;
    assert_retry_works(test);
}

/* It leaves the VM as the host reports it. */
static void a_refusal_is_final(void **state)
{
    struct test *test = *state;
    const char *snapshot = world_snapshot(test->world, test->vm);

    drain(test->context);
    host_fails("restore", 1, ERROR_CONFLICT);
    ask(test, VM_REQUEST_RESTORE, snapshot);
    assert_state(test, "running");
    assert_non_null(world_vm(test->world, test->vm).last_error);
    assert_int_equal(world_job(test->world, test->vm).attempts, 1);
    fake->ignores_button = true;
    host_fails("stop_force", 1, ERROR_CONFLICT);
    ask(test, VM_REQUEST_STOP, NULL);
    assert_state(test, "running");
    assert_string_equal(world_vm(test->world, test->vm).wanted, "running");
    ask(test, VM_REQUEST_STOP, NULL);
    assert_state(test, "stopped");
    assert_null(world_vm(test->world, test->vm).last_error);
    host_fails("boot", 1, ERROR_CONFLICT);
    ask(test, VM_REQUEST_START, NULL);
    assert_state(test, "stopped");
    assert_string_equal(world_vm(test->world, test->vm).wanted, "stopped");
}

static const char *snapshot_state(struct test *test)
{
    struct snapshot_list_rows rows;

    world_check(sql_snapshot_list(test->world->db, test->world->arena, test->world->team_id,
                                  test->vm, "", "", &rows),
                "snapshots");
    return rows.count ? rows.row[0].state : "none";
}

/* Of the host, to the only step of the last job; "-": there is none. */
static const char *last_answer(struct test *test)
{
    struct world *world = test->world;
    struct job_last_row job;
    struct job_step_took_rows steps;

    world_check(sql_job_last(world->db, world->arena, world->team_id, test->vm, &job), "job");
    world_check(sql_job_step_took(world->db, world->arena, world->team_id,
                                  arena_printf(world->arena, "[%lld]", (long long)job.number),
                                  &steps),
                "steps");
    return steps.count && steps.row[0].answer ? steps.row[0].answer : "-";
}

/* A full host: nothing is begun; what was begun and failed can be deleted. */
static void a_failed_snapshot_leaves_a_running_vm(void **state)
{
    struct test *test = *state;
    const char *snapshot;

    fake->is_full = true;
    world_snapshot(test->world, test->vm);
    drain(test->context);
    assert_state(test, "running");
    assert_string_equal(snapshot_state(test), "failed");
    assert_non_null(strstr(world_vm(test->world, test->vm).last_error, "too little free space"));
    assert_string_equal(fake_find(test->vm)->snapshots[0], "");
    fake->is_full = false;
    host_fails("snapshot", 1, ERROR_CONFLICT);
    snapshot = world_snapshot(test->world, test->vm);
    drain(test->context);
    assert_state(test, "running");
    ask(test, VM_REQUEST_SNAPSHOT_DELETE, snapshot);
    assert_state(test, "running");
    assert_null(world_vm(test->world, test->vm).last_error);
}

static void delete_all(struct test *test, const char *const *ids, size_t count)
{
    const struct context context = world_context(test->world);

    world_check(db_begin(test->world->db, test->world->arena), "begin");
    world_check(vm_command_snapshots_delete(&context, &test->world->actor, test->vm, ids, count),
                "delete");
    world_check(db_commit(test->world->db, test->world->arena), "commit");
}

/* Each has a job of its own, also after one that has failed; what fails alone is left. */
static void several_snapshots_are_deleted_one_by_one(void **state)
{
    struct test *test = *state;
    const char *ids[3];

    for (size_t i = 0; i < COUNT(ids); i++) {
        ids[i] = world_snapshot(test->world, test->vm);
        drain(test->context);
    }
    host_fails("snapshot_delete", 1, ERROR_CONFLICT);
    delete_all(test, ids, COUNT(ids));
    drain(test->context);
    assert_state(test, "running");
    assert_string_equal(snapshot_state(test), "failed");
    assert_int_equal(world_events(test->world, test->vm, "Snapshot deleted", NULL), 2);
    assert_int_equal(world_events(test->world, test->vm, "Snapshot deletion failed", NULL), 1);
}

/* The host is asked: one that says that it has deleted a snapshot may have it still. */
static void a_snapshot_that_is_left_is_not_deleted(void **state)
{
    struct test *test = *state;
    const char *id = world_snapshot(test->world, test->vm);

    drain(test->context);
    fake->keeps_snapshots = true;
    delete_all(test, &id, 1);
    drain(test->context);
    assert_string_equal(snapshot_state(test), "failed");
    assert_int_equal(world_events(test->world, test->vm, "Snapshot deletion failed", NULL), 1);
    assert_string_equal(last_answer(test), "-");
    fake->keeps_snapshots = false;
    delete_all(test, &id, 1);
    drain(test->context);
    assert_string_equal(snapshot_state(test), "none");
    assert_string_equal(last_answer(test), "no such snapshot");
}

/* A guest that is paused keeps those that are left until it runs again. */
static void deletions_wait_for_a_paused_guest(void **state)
{
    struct test *test = *state;
    const char *ids[2];

    for (size_t i = 0; i < COUNT(ids); i++) {
        ids[i] = world_snapshot(test->world, test->vm);
        drain(test->context);
    }
    delete_all(test, ids, COUNT(ids));
    fake_find(test->vm)->power = DRIVER_PAUSED;
    drain(test->context);
    assert_state(test, "paused");
    assert_string_equal(snapshot_state(test), "deleting");
    ask(test, VM_REQUEST_RESUME, NULL);
    assert_state(test, "running");
    assert_string_equal(snapshot_state(test), "none");
}

/* A snapshot with memory brings its size back, and that counts. */
static void a_restored_vm_has_the_size_of_the_snapshot(void **state)
{
    struct test *test = *state;
    const char *snapshot = world_snapshot(test->world, test->vm);
    int64_t memory_mb = world_vm(test->world, test->vm).memory_mb;

    drain(test->context);
    ask(test, VM_REQUEST_STOP, NULL);
    world_resize(test->world, test->vm, "small");
    drain(test->context);
    assert_string_equal(world_vm(test->world, test->vm).size, "small");
    ask(test, VM_REQUEST_RESTORE, snapshot);
    assert_state(test, "running");
    assert_string_equal(world_vm(test->world, test->vm).size, "nano");
    assert_int_equal(world_vm(test->world, test->vm).memory_mb, memory_mb);
    assert_int_equal(world_vm(test->world, test->vm).disk_gb, 1);
}

/* However it fails, destroying is retried, and the reason for the delay is shown. */
static void destroying_is_retried_forever(void **state)
{
    static const char *const calls[] = { "domain_remove", "snapshots_remove", "disk_remove",
                                         "seed_gone", "port_gone" };
    struct test *test = *state;
    struct job job;
    bool has_one;

    for (size_t i = 0; i < COUNT(calls); i++) {
        test->vm = world_create(test->world, "doomed");
        drain(test->context);
        host_fails(calls[i], 6, i % 2 ? ERROR_CONFLICT : ERROR_UPSTREAM);
        world_check(world_ask(test->world, test->vm, VM_REQUEST_DESTROY, NULL), "destroy");
        world_check(job_take(test->context, &JOB_CLASS_VM, &job, &has_one), "take");
        job_do(&job);
        assert_state(test, "destroying");
        assert_non_null(strstr(world_job(test->world, test->vm).error, calls[i]));
        assert_non_null(world_vm(test->world, test->vm).last_error);
        drain(test->context);
        assert_state(test, "gone");
        assert_null(world_vm(test->world, test->vm).last_error);
        assert_int_equal(world_job(test->world, test->vm).attempts, 7);
        assert_int_equal(world_events(test->world, test->vm, "Destroyed", NULL), 1);
    }
}

/* ---- a destroy supersedes ---- */

static void *drain_apart(void *argument)
{
    drain(argument);
    return NULL;
}

static void a_destroy_ends_a_running_create(void **state)
{
    struct test *test = *state;
    /* Only the destroy can end this create. */
    struct worker_context *other = drain_patient(test->world);
    pthread_t thread;

    fake->is_silent = true;
    test->vm = world_create(test->world, "second");
    pthread_create(&thread, NULL, drain_apart, other);
    while (!fake_find(test->vm) || fake_find(test->vm)->power != DRIVER_RUNNING)
        usleep(1000);
    world_check(world_ask(test->world, test->vm, VM_REQUEST_DESTROY, NULL), "destroy");
    pthread_join(thread, NULL);
    drain(test->context);
    assert_state(test, "gone");
    assert_null(fake_find(test->vm));
    assert_int_equal(world_events(test->world, test->vm, "Created", NULL), 0);
    assert_int_equal(world_events(test->world, test->vm, "Creation failed", NULL), 0);
    worker_context_close(other);
}

static void a_destroy_drops_a_waiting_create(void **state)
{
    struct test *test = *state;
    struct job job;
    bool has_one;

    test->vm = world_create(test->world, "second");
    host_fails("boot", 1, ERROR_UPSTREAM);
    world_check(job_take(test->context, &JOB_CLASS_VM, &job, &has_one), "take");
    job_do(&job);
    assert_state(test, "creating");
    ask(test, VM_REQUEST_DESTROY, NULL);
    assert_state(test, "gone");
    assert_null(fake_find(test->vm));
}

static int fake_open_once(void **state)
{
    (void)state;
    fake_open();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_vm_is_created),
        TEST(a_vm_lives),
        TEST(a_vm_is_destroyed),
        TEST(a_snapshot_is_not_the_end_of_being_up),
        TEST(a_snapshot_is_not_the_end_of_being_off),
        TEST(a_guest_ignoring_the_button_is_powered_off),
        TEST(an_unresponsive_guest_is_powered_off),
        TEST(a_guest_that_was_paused_goes_on_when_there_is_room),
        TEST(a_guest_that_stays_paused_fails_by_its_cause),
        TEST(a_guest_without_ssh_fails),
        TEST(a_guest_with_another_key_fails),
        TEST(a_guest_that_dies_booting_fails),
        TEST(a_full_host_gets_no_vm),
        TEST(a_host_that_goes_down_while_booting_is_waited_for),
        TEST(a_taken_port_is_skipped),
        TEST(a_transient_failure_is_retried),
        TEST(a_persistent_failure_needs_a_person),
        TEST(a_refusal_is_final),
        TEST(a_failed_snapshot_leaves_a_running_vm),
        TEST(several_snapshots_are_deleted_one_by_one),
        TEST(a_snapshot_that_is_left_is_not_deleted),
        TEST(deletions_wait_for_a_paused_guest),
        TEST(a_restored_vm_has_the_size_of_the_snapshot),
        TEST(destroying_is_retried_forever),
        TEST(a_destroy_ends_a_running_create),
        TEST(a_destroy_drops_a_waiting_create),
    };

    return cmocka_run_group_tests(tests, fake_open_once, NULL);
}
