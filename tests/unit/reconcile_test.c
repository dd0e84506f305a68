/*
 * The reconciler and the measuring of usage against a fake host: what is observed, adopted, removed
 * and shown; counters that are reset; guests that hang.
 */
#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "drain.h"
#include "fake_driver.h"
#include "model/usage_day.h"
#include "model/vm_state.h"
#include "worker/reconcile.h"
#include "worker/retention.h"
#include "worker/usage.h"
#include "world.h"

#include "operator.sql.h"
#include "orphan.sql.h"
#include "receipt_part.sql.h"
#include "region_status.sql.h"
#include "usage_minute.sql.h"
#include "vm.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct test {
    struct world *world;
    struct worker_context *context, *watch;
    const char *vm; /* a running VM */
};

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);

    *fake = (struct fake_host){ .calls = 0 };
    test->world = world_open(world_folder("fake:///local"));
    test->context = drain_bench(test->world);
    test->watch = drain_bench(test->world);
    test->vm = world_create(test->world, "first");
    drain(test->context);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;

    worker_context_close(test->context);
    worker_context_close(test->watch);
    world_close(test->world);
    return 0;
}

static void reconcile(struct test *test)
{
    world_check(reconcile_region(test->watch, &test->world->config->regions[0]), "reconcile");
}

static struct vm_get_row vm_of(struct test *test)
{
    return world_vm(test->world, test->vm);
}

static size_t orphans(struct test *test)
{
    struct orphan_list_rows rows;

    world_check(sql_orphan_list(test->world->db, test->world->arena, "", "", 0, INT64_MAX, &rows),
                "orphans");
    return rows.count;
}

/* ---- what is observed ---- */

static void a_consistent_vm_is_unchanged(void **state)
{
    struct test *test = *state;
    struct region_status_get_row region;

    reconcile(test);
    assert_string_equal(vm_of(test).state, "running");
    assert_int_equal(orphans(test), 0);
    world_check(sql_region_status_get(test->world->db, test->world->arena, "local", &region),
                "region");
    assert_string_equal(region.accelerator, "tcg");
    assert_null(region.error);
}

static void a_guest_that_shuts_down_is_stopped(void **state)
{
    struct test *test = *state;

    fake_find(test->vm)->power = DRIVER_STOPPED;
    reconcile(test);
    reconcile(test);
    assert_string_equal(vm_of(test).state, "stopped");
    assert_string_equal(vm_of(test).wanted, "stopped");
    assert_string_equal(vm_of(test).observed, "stopped");
    assert_int_equal(world_events(test->world, test->vm, "Found stopped", NULL), 1);
    fake_find(test->vm)->power = DRIVER_RUNNING;
    reconcile(test);
    assert_string_equal(vm_of(test).state, "running");
    assert_int_equal(world_events(test->world, test->vm, "Found running", NULL), 1);
}

/* Paused by an I/O error it is resumed when there is space again; paused by the operator, not. */
static void a_paused_guest_is_resumed_with_space(void **state)
{
    struct test *test = *state;
    struct fake_vm *guest = fake_find(test->vm);

    fake->is_full = true;
    guest->power = DRIVER_PAUSED;
    guest->cause = DRIVER_CAUSE_IO;
    reconcile(test);
    reconcile(test);
    assert_string_equal(vm_of(test).state, "paused");
    assert_string_equal(vm_of(test).observed, "paused");
    assert_int_equal(world_events(test->world, test->vm, "Paused", NULL), 1);
    fake->is_full = false;
    guest->cause = DRIVER_CAUSE_OTHER;
    reconcile(test);
    assert_string_equal(vm_of(test).state, "paused");
    guest->cause = DRIVER_CAUSE_IO;
    reconcile(test);
    assert_string_equal(vm_of(test).state, "resuming");
    drain(test->context);
    assert_string_equal(vm_of(test).state, "running");
    assert_int_equal(guest->power, DRIVER_RUNNING);
}

static void a_paused_guest_is_resumed_by_a_person(void **state)
{
    struct test *test = *state;

    fake_find(test->vm)->power = DRIVER_PAUSED;
    reconcile(test);
    world_check(world_ask(test->world, test->vm, VM_REQUEST_RESUME, NULL), "resume");
    drain(test->context);
    assert_string_equal(vm_of(test).state, "running");
    fake_find(test->vm)->power = DRIVER_PAUSED;
    reconcile(test);
    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    assert_string_equal(vm_of(test).state, "stopped");
}

static void host_goes_down(struct test *test, int64_t ran_s)
{
    world_check(sql_vm_set_state(test->world->db, test->world->arena, test->world->team_id,
                                 test->vm, "running", "running", clock_now() - ran_s),
                "state");
    fake_find(test->vm)->power = DRIVER_STOPPED;
    fake_find(test->vm)->cause = DRIVER_CAUSE_HOST;
    reconcile(test);
}

static void a_vm_that_stopped_with_its_host_is_started(void **state)
{
    struct test *test = *state;
    const char *detail = NULL;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    host_goes_down(test, LIMIT_AUTOSTART_AFTER_S);
    assert_string_equal(vm_of(test).state, "starting");
    assert_string_equal(vm_of(test).wanted, "running");
    assert_int_equal(world_events(test->world, test->vm, "Start requested", &detail), 1);
    assert_string_equal(detail, "Restarted after a host outage");
    drain(test->context);
    assert_string_equal(vm_of(test).state, "running");
    assert_int_equal(world_events(test->world, test->vm, "Found stopped", NULL), 0);
}

/* The job runs on and needs the guest neither on nor off. */
static void goes_off_at_a_snapshot(struct test *test, enum driver_cause cause)
{
    world_check(world_ask(test->world, test->vm, VM_REQUEST_START, NULL), "start");
    drain(test->context);
    world_snapshot(test->world, test->vm);
    fake_find(test->vm)->power = DRIVER_STOPPED;
    fake_find(test->vm)->cause = cause;
    drain(test->context);
    assert_string_equal(vm_of(test).state, "stopped");
    assert_string_equal(vm_of(test).wanted, "running");
    reconcile(test);
}

/* As if the VM had been in its state for a while. */
static void time_passes(struct test *test)
{
    struct vm_get_row vm = vm_of(test);
    struct world *world = test->world;

    world_check(sql_vm_set_state(world->db, world->arena, world->team_id, vm.id, "gone", NULL, 0),
                "another state");
    world_check(sql_vm_set_state(world->db, world->arena, world->team_id, vm.id, vm.state, NULL,
                                 vm.state_at - LIMIT_AUTOSTART_AFTER_S),
                "its own, earlier");
}

static void a_vm_whose_host_went_down_at_a_snapshot_is_started(void **state)
{
    struct test *test = *state;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    goes_off_at_a_snapshot(test, DRIVER_CAUSE_HOST);
    /* Not at once: it may end again and again. */
    assert_string_equal(vm_of(test).state, "stopped");
    assert_string_equal(vm_of(test).wanted, "running");
    time_passes(test);
    reconcile(test);
    assert_string_equal(vm_of(test).state, "starting");
    drain(test->context);
    assert_string_equal(vm_of(test).state, "running");
}

static void a_guest_that_ended_at_a_snapshot_stays_off(void **state)
{
    struct test *test = *state;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    goes_off_at_a_snapshot(test, DRIVER_CAUSE_OTHER);
    assert_string_equal(vm_of(test).state, "stopped");
    assert_string_equal(vm_of(test).wanted, "stopped");
    reconcile(test);
    assert_int_equal(world_events(test->world, test->vm, "Found stopped", NULL), 1);
}

/* Neither is one that ends again and again. */
static void a_vm_is_not_started_when_that_is_off(void **state)
{
    struct test *test = *state;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    host_goes_down(test, 0);
    assert_string_equal(vm_of(test).state, "stopped");
    assert_int_equal(world_events(test->world, test->vm, "Stopped unexpectedly", NULL), 1);
    assert_int_equal(world_events(test->world, test->vm, "Found stopped", NULL), 0);
    test->world->config->regions[0].autostart = "off";
    host_goes_down(test, LIMIT_AUTOSTART_AFTER_S);
    assert_string_equal(vm_of(test).state, "stopped");
    assert_string_equal(vm_of(test).wanted, "stopped");
}

/* The job gave up too early; its seed with the private host key goes as well. */
static void a_late_guest_is_found_running(void **state)
{
    struct test *test = *state;

    fake->is_silent = true;
    test->vm = world_create(test->world, "late");
    drain(test->context);
    assert_string_equal(vm_of(test).state, "failed");
    fake_find(test->vm)->has_seed = true;
    reconcile(test);
    assert_string_equal(vm_of(test).state, "failed");
    fake->is_silent = false;
    fake->is_wrong = true;
    reconcile(test);
    assert_string_equal(vm_of(test).state, "failed");
    fake->is_wrong = false;
    reconcile(test);
    assert_string_equal(vm_of(test).state, "running");
    assert_null(vm_of(test).last_error);
    assert_false(fake_find(test->vm)->has_seed);
}

static void a_vm_missing_on_the_host_has_failed(void **state)
{
    struct test *test = *state;

    fake_find(test->vm)->has_domain = false;
    reconcile(test);
    assert_string_equal(vm_of(test).state, "failed");
    assert_string_equal(vm_of(test).last_error, "The VM host no longer has this VM.");
    world_check(world_ask(test->world, test->vm, VM_REQUEST_RETRY, NULL), "retry");
    drain(test->context);
    assert_string_equal(vm_of(test).state, "running");
}

/* Its last job failed for a reason that has nothing to do with it. */
static void a_vm_that_is_missing_after_a_failure_is_started(void **state)
{
    struct test *test = *state;
    const char *snapshot = world_snapshot(test->world, test->vm);

    drain(test->context);
    strcpy(fake->fails, "snapshot_delete");
    fake->fail_times = 100;
    fake->fail_kind = ERROR_CONFLICT;
    world_check(world_ask(test->world, test->vm, VM_REQUEST_SNAPSHOT_DELETE, snapshot), "delete");
    drain(test->context);
    fake->fail_times = 0;
    assert_string_equal(vm_of(test).state, "running");
    fake_find(test->vm)->has_domain = false;
    reconcile(test);
    assert_string_equal(vm_of(test).state, "failed");
    world_check(world_ask(test->world, test->vm, VM_REQUEST_RETRY, NULL), "retry");
    assert_string_equal(vm_of(test).state, "starting");
    drain(test->context);
    assert_string_equal(vm_of(test).state, "running");
}

static void an_unreachable_host_changes_nothing(void **state)
{
    struct test *test = *state;
    struct region_status_get_row region;

    fake->is_unreachable = true;
    reconcile(test);
    assert_string_equal(vm_of(test).state, "running");
    world_check(sql_region_status_get(test->world->db, test->world->arena, "local", &region),
                "region");
    assert_string_equal(region.error, "the fake host is away");
    fake->is_unreachable = false;
    reconcile(test);
    world_check(sql_region_status_get(test->world->db, test->world->arena, "local", &region),
                "region");
    assert_null(region.error);
}

static void a_vm_with_a_job_is_left_to_it(void **state)
{
    struct test *test = *state;

    fake_find(test->vm)->power = DRIVER_STOPPED;
    world_check(world_ask(test->world, test->vm, VM_REQUEST_RESTART, NULL), "restart");
    reconcile(test);
    assert_string_equal(vm_of(test).state, "restarting");
    drain(test->context);
    assert_string_equal(vm_of(test).state, "running");
}

static void a_working_state_without_a_job_gets_one(void **state)
{
    static const struct {
        const char *state, *job;
    } stuck[] = { { "starting", "start" }, { "stopping", "stop" }, { "destroying", "destroy" } };
    struct test *test = *state;

    for (size_t i = 0; i < COUNT(stuck); i++) {
        world_check(sql_vm_set_state(test->world->db, test->world->arena, test->world->team_id,
                                     test->vm, stuck[i].state, i == 2 ? "gone" : NULL, clock_now()),
                    "state");
        reconcile(test);
        assert_string_equal(world_job(test->world, test->vm).kind, stuck[i].job);
        drain(test->context);
    }
    assert_string_equal(vm_of(test).state, "gone");
}

/* ---- orphans ---- */

static void unknown_resources_are_shown(void **state)
{
    static const struct fake_vm strange[] = {
        { .id = "aaaaaaaaaaaaaaaa", .has_disk = true, .has_domain = true },
        { .id = "not-ours", .has_disk = true },
    };
    struct test *test = *state;

    memcpy(&fake->vms[1], strange, sizeof strange);
    reconcile(test);
    reconcile(test);
    assert_int_equal(orphans(test), 3);
    assert_true(fake->vms[1].has_disk && fake->vms[2].has_disk);
    memset(&fake->vms[1], 0, sizeof strange);
    reconcile(test);
    assert_int_equal(orphans(test), 0);
}

static void leftovers_of_a_destroyed_vm_are_removed(void **state)
{
    struct test *test = *state;
    struct receipt_part_list_rows receipt;
    const char *detail = NULL;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_DESTROY, NULL), "destroy");
    drain(test->context);
    snprintf(fake->vms[0].id, sizeof fake->vms[0].id, "%s", test->vm);
    fake->vms[0].has_disk = fake->vms[0].has_domain = true;
    reconcile(test);
    assert_null(fake_find(test->vm));
    assert_int_equal(orphans(test), 0);
    assert_int_equal(world_events(test->world, test->vm, "Remains removed", &detail), 1);
    assert_string_equal(detail, "domain, disk");
    world_check(sql_receipt_part_list(test->world->db, test->world->arena, test->world->team_id,
                                      test->vm, &receipt),
                "receipt");
    assert_int_equal(receipt.count, 5);
}

/* Its receipt tells what it was, once its record is deleted. */
static void leftovers_are_known_by_the_receipt(void **state)
{
    struct test *test = *state;
    struct context later = world_context(test->world);
    struct vm_get_row vm;
    bool is_done;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_DESTROY, NULL), "destroy");
    drain(test->context);
    later.now_at += 91 * 24 * 3600;
    world_check(retention_run(&later, &is_done), "retention");
    assert_int_equal(
        sql_vm_get(test->world->db, test->world->arena, test->world->team_id, test->vm, &vm)->kind,
        ERROR_NOT_FOUND);
    snprintf(fake->vms[0].id, sizeof fake->vms[0].id, "%s", test->vm);
    fake->vms[0].has_disk = fake->vms[0].has_domain = true;
    reconcile(test);
    assert_null(fake_find(test->vm));
    assert_int_equal(orphans(test), 0);
    assert_int_equal(world_events(test->world, test->vm, "Remains removed", NULL), 0);
}

/* A partial copy belongs to the VM whose id it begins with. */
static void a_partial_disk_is_not_a_leftover(void **state)
{
    struct test *test = *state;

    fake->vms[1].has_disk = true;
    snprintf(fake->vms[1].id, sizeof fake->vms[1].id, "%s.pa", test->vm);
    reconcile(test);
    assert_int_equal(orphans(test), 0);
    assert_true(fake->vms[1].has_disk);
}

/* ---- usage ---- */

/* All minutes together: the clock may pass a full minute during a test. */
static struct usage_minute_points_row minute_of(struct test *test)
{
    struct world *world = test->world;
    struct usage_minute_points_rows rows;
    struct usage_minute_points_row sum = { .minutes = 0 };

    world_check(sql_usage_minute_points(world->db, world->arena, world->team_id, test->vm, 0,
                                        INT64_MAX, &rows),
                "usage");
    for (size_t i = 0; i < rows.count; i++) {
        sum.cpu_ms += rows.row[i].cpu_ms;
        sum.written_bytes += rows.row[i].written_bytes;
        sum.sent_bytes += rows.row[i].sent_bytes;
        sum.memory_mb = rows.row[i].memory_mb;
        sum.disk_bytes = rows.row[i].disk_bytes;
    }
    return sum;
}

static void use(struct test *test, int64_t cpu_ms, int64_t written, int64_t sent)
{
    fake_find(test->vm)->usage = (struct driver_usage){
        .cpu_ns = cpu_ms * 1000000,
        .memory_used_kb = 64 * 1024,
        .disk_bytes = 5000,
        .disk_written_bytes = written,
        .network_received_bytes = sent,
        .network_sent_bytes = sent,
    };
}

static void counters_become_minutes(void **state)
{
    struct test *test = *state;
    struct usage *usage = usage_new(test->watch);

    use(test, 90000, 700, 10);
    world_check(usage_round(usage), "round");
    assert_int_equal(minute_of(test).cpu_ms, 0); /* before the first observation */
    assert_int_equal(minute_of(test).memory_mb, 64);
    assert_int_equal(minute_of(test).disk_bytes, 5000);
    use(test, 91500, 900, 30);
    world_check(usage_round(usage), "round");
    assert_int_equal(minute_of(test).cpu_ms, 1500);
    assert_int_equal(minute_of(test).written_bytes, 200);
    assert_int_equal(minute_of(test).sent_bytes, 20);
    use(test, 100, 950, 5); /* restarted */
    world_check(usage_round(usage), "round");
    assert_int_equal(minute_of(test).cpu_ms, 1600);
    assert_int_equal(minute_of(test).written_bytes, 1150);
    assert_int_equal(minute_of(test).sent_bytes, 25);
    use(test, 200, 950, -1); /* not measured here */
    world_check(usage_round(usage), "round");
    assert_int_equal(minute_of(test).cpu_ms, 1700);
}

/* The VM as the list shows it. */
static struct vm_list_row listed(struct test *test)
{
    struct world *world = test->world;
    struct vm_list_rows vms;

    world_check(sql_vm_list(world->db, world->arena, world->team_id, 1, &vms), "list");
    assert_int_equal(vms.count, 1);
    return vms.row[0];
}

/* A list reads them from the VM's row; with the host's next report of a stopped guest they go. */
static void the_last_hour_becomes_a_chart(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    int64_t minute_at = clock_now() / 60 * 60;

    for (int64_t i = 1; i <= 20; i++)
        world_check(sql_usage_minute_add(world->db, world->arena, world->team_id, test->vm,
                                         minute_at - i * 60, i == 1 ? 29700 : 30000, NULL, 0, 0, 0,
                                         NULL, NULL),
                    "minute");
    use(test, 100, 0, 0);
    world_check(usage_round(usage_new(test->watch)), "round");
    /* Half of its one CPU, to the nearest percent, as on its page: the middle of 18, in the last
     * third of 80. A minute may have passed. */
    assert_int_equal(listed(test).cpu_percent % 50, 0);
    assert_non_null(strstr(listed(test).cpu_line, " 9l"));
    assert_null(strstr(listed(test).cpu_line, "M0 "));
    world_check(sql_vm_set_observed(world->db, world->arena, test->vm, "stopped", minute_at),
                "stopped");
    assert_null(listed(test).cpu_line);
}

static int64_t full_at(struct test *test)
{
    struct world *world = test->world;
    struct operator_vm_list_rows vms;

    world_check(sql_operator_vm_list(world->db, world->arena, world->team_id, "", "", "loaded", "",
                                     0, 9, &vms),
                "loaded");
    return vms.count ? vms.row[0].cpu_full_at : 0;
}

static void an_hour_of_all_cpus_is_shown(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    int64_t minute_at = clock_now() / 60 * 60;

    /* The minute that runs may end meanwhile. */
    for (int64_t i = 1; i <= 60; i++)
        world_check(sql_usage_minute_add(world->db, world->arena, world->team_id, test->vm,
                                         minute_at - i * 60, i < 60 ? 60000 : 50000, NULL, 0, 0, 0,
                                         NULL, NULL),
                    "minute");
    use(test, 100, 0, 0);
    world_check(usage_round(usage_new(test->watch)), "round");
    assert_int_equal(full_at(test), 0);
    world_check(sql_usage_minute_add(world->db, world->arena, world->team_id, test->vm,
                                     minute_at - 3600, 10000, NULL, 0, 0, 0, NULL, NULL),
                "minute");
    world_check(sql_usage_minute_add(world->db, world->arena, world->team_id, test->vm, minute_at,
                                     60000, NULL, 0, 0, 0, NULL, NULL),
                "minute");
    world_check(usage_round(usage_new(test->watch)), "round");
    assert_true(full_at(test) >= minute_at - 3600);
    world_check(sql_vm_set_observed(world->db, world->arena, test->vm, "stopped", minute_at),
                "stopped");
    assert_int_equal(full_at(test), 0);
}

/* Nor for longer than it is measured. */
static void what_is_not_measured_is_not_shown_as_busy(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    int64_t now_at = clock_now(), hour_at = now_at - 3600;

    world_check(sql_vm_set_state(world->db, world->arena, world->team_id, test->vm, "snapshotting",
                                 NULL, now_at),
                "state");
    world_check(sql_usage_minute_add(world->db, world->arena, world->team_id, test->vm,
                                     now_at / 60 * 60, 60000, NULL, 0, 0, 0, NULL, NULL),
                "minute");
    world_check(sql_vm_set_cpu(world->db, world->arena, test->vm, "M0 0l1 1", 100, &hour_at),
                "full");
    world_check(usage_round(usage_new(test->watch)), "round");
    assert_int_equal(full_at(test), hour_at);
    world_check(sql_usage_minute_delete_old(world->db, world->arena, now_at + 60, 100), "minutes");
    world_check(usage_round(usage_new(test->watch)), "round");
    assert_int_equal(full_at(test), 0);
}

/* For an hour, as long as the VM runs. */
static void many_connections_are_shown(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    struct operator_totals_row totals;

    fake_find(test->vm)->is_limited = true;
    reconcile(test);
    fake_find(test->vm)->is_limited = false;
    reconcile(test);
    world_check(sql_operator_totals(world->db, world->arena, &totals), "totals");
    assert_int_equal(totals.loaded, 1);
    world_check(sql_vm_set_limited(world->db, world->arena, test->vm, clock_now() - 3601), "past");
    reconcile(test);
    world_check(sql_operator_totals(world->db, world->arena, &totals), "totals");
    assert_int_equal(totals.loaded, 0);

    /* Of one that has stopped the host still says so. */
    fake_find(test->vm)->is_limited = true;
    reconcile(test);
    world_check(sql_operator_totals(world->db, world->arena, &totals), "totals");
    assert_int_equal(totals.loaded, 1);
    fake_find(test->vm)->power = DRIVER_STOPPED;
    for (int i = 0; i < 3; i++)
        reconcile(test);
    world_check(sql_operator_totals(world->db, world->arena, &totals), "totals");
    assert_int_equal(totals.loaded, 0);
}

/* Also those that a worker left which was killed before it summed them up. */
static void minutes_become_quarters(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    struct usage *usage = usage_new(test->watch);
    struct usage_minute_points_rows quarters;
    int64_t memory_mb, quarter_at = (clock_now() / LIMIT_QUARTER_S - 2) * LIMIT_QUARTER_S;

    for (int64_t i = 0; i < 15; i += 2) {
        memory_mb = i == 6 ? 90 : 50;
        world_check(sql_usage_minute_add(world->db, world->arena, world->team_id, test->vm,
                                         quarter_at + i * 60, 1000 + i, &memory_mb, 7 - i / 2, 1, 2,
                                         NULL, NULL),
                    "minute");
    }
    use(test, 100, 0, 0);
    world_check(usage_round(usage), "round");
    world_check(usage_round(usage), "round");
    world_check(usage_day_read(world->db, world->arena, world->team_id, test->vm, quarter_at,
                               quarter_at + LIMIT_QUARTER_S, &quarters),
                "quarters");
    assert_int_equal(quarters.count, 1);
    assert_int_equal(quarters.row[0].from_at, quarter_at);
    assert_int_equal(quarters.row[0].minutes, 8);
    assert_int_equal(quarters.row[0].cpu_ms, 8 * 1007);
    assert_int_equal(quarters.row[0].cpu_most_ms, 1014);
    assert_int_equal(quarters.row[0].memory_mb, 90);
    assert_int_equal(quarters.row[0].disk_bytes, 7);
    assert_int_equal(quarters.row[0].written_bytes, 16);
    assert_int_equal(quarters.row[0].sent_bytes, 0);
}

static void a_hung_guest_blocks_nothing_else(void **state)
{
    struct test *test = *state;
    struct usage *usage = usage_new(test->watch);
    const char *hung = test->vm;

    test->vm = world_create(test->world, "second");
    drain(test->context);
    snprintf(fake->hangs, sizeof fake->hangs, "%s", hung);
    world_check(usage_round(usage), "round");
    assert_true(world_vm(test->world, hung).unresponsive_at);
    assert_int_equal(vm_of(test).unresponsive_at, 0);
    assert_int_equal(minute_of(test).disk_bytes, 0);
    use(test, 10, 10, 10);
    for (int i = 0; i < 12; i++)
        world_check(usage_round(usage), "round");
    assert_int_equal(minute_of(test).cpu_ms, 10);
    /* It is not queried again until the first call has returned. */
    assert_int_equal(fake->hung_calls, 1);
    assert_int_equal(world_events(test->world, hung, "Not responding", NULL), 1);

    fake->hangs[0] = '\0';
    for (int turn = 0; world_vm(test->world, hung).unresponsive_at && turn < 10000; turn++) {
        usleep(5000);
        world_check(usage_round(usage), "round");
    }
    assert_int_equal(world_vm(test->world, hung).unresponsive_at, 0);
    assert_int_equal(world_events(test->world, hung, "Responding again", NULL), 1);
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
        TEST(a_consistent_vm_is_unchanged),
        TEST(a_guest_that_shuts_down_is_stopped),
        TEST(a_paused_guest_is_resumed_with_space),
        TEST(a_paused_guest_is_resumed_by_a_person),
        TEST(a_vm_that_stopped_with_its_host_is_started),
        TEST(a_vm_whose_host_went_down_at_a_snapshot_is_started),
        TEST(a_guest_that_ended_at_a_snapshot_stays_off),
        TEST(a_vm_is_not_started_when_that_is_off),
        TEST(a_late_guest_is_found_running),
        TEST(a_vm_missing_on_the_host_has_failed),
        TEST(a_vm_that_is_missing_after_a_failure_is_started),
        TEST(an_unreachable_host_changes_nothing),
        TEST(a_vm_with_a_job_is_left_to_it),
        TEST(a_working_state_without_a_job_gets_one),
        TEST(unknown_resources_are_shown),
        TEST(leftovers_of_a_destroyed_vm_are_removed),
        TEST(leftovers_are_known_by_the_receipt),
        TEST(a_partial_disk_is_not_a_leftover),
        TEST(counters_become_minutes),
        TEST(the_last_hour_becomes_a_chart),
        TEST(an_hour_of_all_cpus_is_shown),
        TEST(what_is_not_measured_is_not_shown_as_busy),
        TEST(many_connections_are_shown),
        TEST(minutes_become_quarters),
        TEST(a_hung_guest_blocks_nothing_else),
    };

    return cmocka_run_group_tests(tests, fake_open_once, NULL);
}
