/*
 * Schedules of VMs: local times across changes of the clocks, random schedules against a model that
 * asks for every minute, and what the worker does with real rows and a fake host.
 */
#include "adapter/time_zone.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "drain.h"
#include "fake_driver.h"
#include "main_constants.sql.h"
#include "model/state_path.h"
#include "model/vm_schedule.h"
#include "world.h"

#include "billing.sql.h"
#include "snapshot.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum {
    FRIDAY = 1795737600, /* 27 Nov 2026, 00:00 UTC */
    EVERY_DAY = 127,
    WEEKDAYS = 31,
};

/* ---- local times ---- */

static void local_times_follow_the_clocks(void **state)
{
    static const struct {
        const char *zone;
        int64_t day_at, minute, at;
    } rows[] = {
        { "UTC", FRIDAY, 480, FRIDAY + 480 * 60 },
        { "Europe/Berlin", FRIDAY, 480, FRIDAY + 420 * 60 },           /* UTC+1 */
        { "Europe/Berlin", 1785456000, 480, 1785456000 + 360 * 60 },   /* 31 Jul 2026, UTC+2 */
        { "Asia/Kolkata", FRIDAY, 480, FRIDAY + (480 - 330) * 60 },    /* UTC+5:30 */
        { "America/New_York", FRIDAY, 480, FRIDAY + (480 + 300) * 60 } /* UTC-5 */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(time_zone_at(rows[i].zone, rows[i].day_at, rows[i].minute), rows[i].at);
    time_zones_load();
    assert_true(time_zone_exists("Europe/Berlin"));
    assert_true(time_zone_exists("UTC"));
    assert_false(time_zone_exists("Europe"));
    assert_false(time_zone_exists("Europe/Nowhere"));
    assert_false(time_zone_exists("../../etc/passwd"));
    assert_false(time_zone_exists(""));
}

/* 29 March 2026: at 02:00 in Berlin it is 03:00. 25 October 2026: at 03:00 it is 02:00 again. */
static void each_day_has_each_time_once_also_when_clocks_change(void **state)
{
    const int64_t from = 1774569600, until = 1793145600; /* 27 Mar, 28 Oct 2026 */
    int64_t last = from;
    int days = 0;

    (void)state;
    for (int64_t at = from; at < until; at += 600) {
        int64_t due = vm_schedule_last("Europe/Berlin", EVERY_DAY, 150, last, at);

        if (!due)
            continue;
        assert_in_range(due - last, days ? 22 * 3600 : 0, 26 * 3600);
        last = due;
        days++;
    }
    assert_int_equal(days, (until - from) / A_DAY_S);
}

/* ---- against every minute ---- */

static uint32_t dice_seed = 3;

static int dice(int sides)
{
    dice_seed = dice_seed * 1664525 + 1013904223;
    return (int)((dice_seed >> 8) % (uint32_t)sides);
}

/* In UTC, of which every minute's day and time are known without libc. */
static enum vm_schedule_act model(const struct vm_schedule *schedule, int64_t from_at,
                                  int64_t now_at)
{
    enum vm_schedule_act act = VM_SCHEDULE_NOTHING;

    for (int64_t at = from_at / 60 * 60 + 60; at <= now_at; at += 60) {
        int64_t minute = at % A_DAY_S / 60, day = (at / A_DAY_S + 3) % 7;

        if (!(schedule->days >> day & 1))
            continue;
        if (minute == schedule->start_minute)
            act = VM_SCHEDULE_START;
        if (minute == schedule->stop_minute)
            act = VM_SCHEDULE_STOP;
    }
    return act;
}

static void random_schedules_are_as_in_the_model(void **state)
{
    int acts[3] = { 0 };

    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct vm_schedule schedule = { .zone = "UTC", .days = dice(128) };
        int64_t from_at = FRIDAY + dice(7 * 86400), now_at = from_at + dice(5 * 86400);
        enum vm_schedule_act act;

        schedule.start_minute = dice(5) ? dice(1440) : VM_SCHEDULE_NONE;
        schedule.stop_minute = dice(5) ? dice(1440) : VM_SCHEDULE_NONE;
        if (schedule.start_minute == schedule.stop_minute)
            continue;
        act = vm_schedule_due(&schedule, from_at, now_at);
        assert_int_equal(act, model(&schedule, from_at, now_at));
        acts[act]++;
    }
    assert_true(acts[0] > 100 && acts[1] > 100 && acts[2] > 100);
}

static void what_is_wrong_with_a_schedule_is_said(void **state)
{
    struct arena *arena = arena_new(4096);
    const struct vm_schedule good = { "Europe/Berlin", WEEKDAYS, 480, 1080, 180, 7 };
    struct vm_schedule bad = good;
    enum vm_schedule_field field;

    (void)state;
    assert_null(vm_schedule_problem(arena, &good, "persistent", &field));
    assert_non_null(vm_schedule_problem(arena, &good, "ephemeral", &field));
    assert_string_equal(vm_schedule_words(arena, &good),
                        "Starts 08:00, stops 18:00 (Mon, Tue, Wed, Thu, Fri). Snapshot daily "
                        "03:00, 7 kept, Europe/Berlin");
    bad.zone = "Nowhere";
    assert_non_null(vm_schedule_problem(arena, &bad, "persistent", &field));
    assert_int_equal(field, VM_SCHEDULE_ZONE);
    bad = good;
    bad.days = 0;
    assert_non_null(vm_schedule_problem(arena, &bad, "persistent", &field));
    bad = good;
    bad.stop_minute = bad.start_minute;
    assert_non_null(vm_schedule_problem(arena, &bad, "persistent", &field));
    assert_int_equal(field, VM_SCHEDULE_STOP_AT);
    bad = good;
    bad.keep = LIMIT_SCHEDULED_SNAPSHOTS + 1;
    assert_non_null(vm_schedule_problem(arena, &bad, "persistent", &field));
    bad.keep = 0;
    assert_non_null(vm_schedule_problem(arena, &bad, "persistent", &field));
    assert_int_equal(field, VM_SCHEDULE_KEEP);
    arena_free(arena);
}

/* ---- rows ---- */

struct test {
    struct world *world;
    struct worker_context *context;
    const char *vm; /* a running VM */
};

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);

    *fake = (struct fake_host){ .calls = 0 };
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

static void by_hand(struct test *test, const char *sql)
{
    FILE *pipe = popen(arena_printf(test->world->arena, "sqlite3 -bail '%s'",
                                    main_db_path(test->world->arena, test->world->state_dir)),
                       "w");

    assert_non_null(pipe);
    assert_true(fputs(sql, pipe) >= 0);
    assert_int_equal(pclose(pipe), 0);
}

/* As set a while ago: all that was due since then is due now. */
static void schedule(struct test *test, struct vm_schedule wanted, int64_t days_ago)
{
    struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    context.now_at -= days_ago * A_DAY_S;
    if (!e)
        e = vm_schedule_set(&context, &test->world->actor, test->vm, &wanted);
    if (!e)
        e = db_commit(test->world->db, test->world->arena);
    world_check(e, "schedule");
}

static void run(struct test *test)
{
    const struct context context = world_context(test->world);

    world_check(vm_schedule_run(&context), "run");
}

static const char *state_of(struct test *test)
{
    return world_vm(test->world, test->vm).state;
}

/* A minute of the day that was `minutes` ago, in UTC. */
static int64_t ago(int64_t minutes)
{
    return (clock_now() / 60 - minutes + 10 * 1440) % 1440;
}

static void what_was_missed_is_made_right_once(void **state)
{
    struct test *test = *state;

    /* Started and stopped each day of a week, the last time stopped. */
    schedule(test, (struct vm_schedule){ "UTC", EVERY_DAY, ago(120), ago(60), -1, 0 }, 7);
    run(test);
    run(test);
    assert_string_equal(state_of(test), "stopping");
    drain(test->context);
    run(test);
    assert_string_equal(state_of(test), "stopped");
    assert_int_equal(world_events(test->world, test->vm, "Stopped", NULL), 1);
    /* Somebody starts it by hand: the schedule has its next time tomorrow. */
    world_check(world_ask(test->world, test->vm, VM_REQUEST_START, NULL), "start");
    drain(test->context);
    run(test);
    assert_string_equal(state_of(test), "running");
}

static void a_stopped_vm_is_started(void **state)
{
    struct test *test = *state;
    const char *detail;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    schedule(test, (struct vm_schedule){ "UTC", EVERY_DAY, ago(1), -1, -1, 0 }, 1);
    run(test);
    drain(test->context);
    assert_string_equal(state_of(test), "running");
    assert_int_equal(world_events(test->world, test->vm, "Started", &detail), 1);
    assert_string_equal(detail, "By its schedule");
}

static void a_refused_start_is_told_once(void **state)
{
    struct test *test = *state;
    const char *detail;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    schedule(test, (struct vm_schedule){ "UTC", EVERY_DAY, ago(1), -1, -1, 0 }, 1);
    test->world->config->billing = "stripe";
    world_check(
        sql_billing_open(test->world->db, test->world->arena, test->world->team_id, "key", 1),
        "billing");
    world_check(sql_billing_set_status(test->world->db, test->world->arena, test->world->team_id,
                                       BILLING_STATUS_SUSPENDED, 1, NULL),
                "suspended");
    run(test);
    run(test);
    assert_string_equal(state_of(test), "stopped");
    assert_int_equal(world_events(test->world, test->vm, "Scheduled start refused", &detail), 1);
    assert_non_null(detail);
}

static size_t snapshots(struct test *test)
{
    struct snapshot_list_rows rows;

    world_check(sql_snapshot_list(test->world->db, test->world->arena, test->world->team_id,
                                  test->vm, "", "", &rows),
                "snapshots");
    return rows.count;
}

/* Each day one; the oldest goes first, and never one that a person took. */
static void snapshots_are_taken_and_the_oldest_go(void **state)
{
    struct test *test = *state;

    world_snapshot(test->world, test->vm);
    drain(test->context);
    schedule(test, (struct vm_schedule){ "UTC", 0, -1, -1, ago(2), 2 }, 30);
    for (int day = 0; day < 4; day++) {
        by_hand(test, "UPDATE vm SET snapshot_done_at = snapshot_done_at - 86400;"
                      "UPDATE snapshot SET created_at = created_at - 86400");
        for (int i = 0; i < 4; i++) {
            run(test);
            drain(test->context);
        }
        assert_int_equal(snapshots(test), 1 + (day < 1 ? 1 : 2));
    }
    assert_int_equal(world_events(test->world, test->vm, "Snapshot deleted", NULL), 2);
}

static void a_snapshot_that_fails_is_tried_the_next_day(void **state)
{
    struct test *test = *state;

    schedule(test, (struct vm_schedule){ "UTC", 0, -1, -1, ago(2), 1 }, 2);
    fake->is_full = true;
    run(test);
    drain(test->context);
    run(test);
    assert_int_equal(world_events(test->world, test->vm, "Snapshot failed", NULL), 1);
    fake->is_full = false;
    by_hand(test, "UPDATE vm SET snapshot_done_at = snapshot_done_at - 86400");
    for (int i = 0; i < 3; i++) {
        run(test);
        drain(test->context);
    }
    assert_int_equal(snapshots(test), 1);
    assert_int_equal(world_events(test->world, test->vm, "Snapshot deleted", NULL), 1);
}

static void a_refused_snapshot_leaves_nothing(void **state)
{
    struct test *test = *state;

    schedule(test, (struct vm_schedule){ "UTC", 0, -1, -1, ago(2), 2 }, 1);
    test->world->config->quota_disk_gb = 0;
    run(test);
    run(test);
    assert_int_equal(snapshots(test), 0);
    assert_string_equal(state_of(test), "running");
    assert_int_equal(world_events(test->world, test->vm, "Scheduled snapshot refused", NULL), 1);
}

/* All that was done was done a day earlier. */
static void next_day(struct test *test)
{
    by_hand(test, "UPDATE vm SET snapshot_done_at = snapshot_done_at - 86400;"
                  "UPDATE job SET ended_at_ms = ended_at_ms - 86400000");
}

/* Told once, not asked for again at each look; and none is lost for one that may not be taken. */
static void the_oldest_that_stays_is_told_once(void **state)
{
    struct test *test = *state;

    schedule(test, (struct vm_schedule){ "UTC", 0, -1, -1, ago(2), 1 }, 2);
    run(test);
    drain(test->context);
    assert_int_equal(snapshots(test), 1);
    for (int day = 1; day <= 2; day++) {
        strcpy(fake->fails, "snapshot_delete");
        fake->fail_times = 100;
        fake->fail_kind = ERROR_CONFLICT;
        next_day(test);
        for (int i = 0; i < 5; i++) {
            run(test);
            drain(test->context);
        }
        assert_int_equal(world_events(test->world, test->vm, "Snapshot deletion failed", NULL),
                         day);
        assert_int_equal(world_events(test->world, test->vm, "Scheduled snapshot refused", NULL),
                         day);
    }
    fake->fail_times = 0;
    test->world->config->quota_disk_gb = 0;
    next_day(test);
    run(test);
    drain(test->context);
    run(test);
    assert_int_equal(snapshots(test), 1);
    assert_int_equal(world_events(test->world, test->vm, "Scheduled snapshot refused", NULL), 3);
    assert_int_equal(world_events(test->world, test->vm, "Snapshot deleted", NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_times_follow_the_clocks),
        cmocka_unit_test(each_day_has_each_time_once_also_when_clocks_change),
        cmocka_unit_test(random_schedules_are_as_in_the_model),
        cmocka_unit_test(what_is_wrong_with_a_schedule_is_said),
        cmocka_unit_test_setup_teardown(what_was_missed_is_made_right_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stopped_vm_is_started, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_start_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(snapshots_are_taken_and_the_oldest_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_snapshot_that_fails_is_tried_the_next_day, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_refused_snapshot_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_oldest_that_stays_is_told_once, set_up, tear_down),
    };

    fake_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
