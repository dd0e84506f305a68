/*
 * What the worker writes into the ledger, with a fake host and a manually set clock: each kind of
 * job, observations of the reconciler, unreachable hosts, and the spend cap. The clock replaces
 * base/clock.c's in the linker (--wrap, see the Makefile).
 */
#include "base/date.h"
#include "base/limit.h"
#include "drain.h"
#include "fake_driver.h"
#include "ledger_check.h"
#include "model/billing_status.h"
#include "model/ledger_month.h"
#include "worker/job.h"
#include "worker/reconcile.h"
#include "world.h"

#include "billing.sql.h"
#include "team.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const int64_t BEGIN_AT = 1793491200; /* 1 Nov 2026 */
static int64_t now_at;

int64_t __wrap_clock_now(void);
int64_t __wrap_clock_now(void)
{
    return now_at;
}

int64_t __wrap_clock_now_ms(void);
int64_t __wrap_clock_now_ms(void)
{
    return now_at * 1000;
}

struct test {
    struct world *world;
    struct worker_context *context, *watch;
    const char *vm;
};

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);

    now_at = BEGIN_AT;
    *fake = (struct fake_host){ .calls = 0 };
    test->world = world_open(world_folder("fake:///local"));
    test->context = drain_bench(test->world);
    test->watch = drain_bench(test->world);
    test->vm = world_create(test->world, "first");
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

/* ---- actions and their times ---- */

static void work(struct test *test, int64_t at)
{
    now_at = BEGIN_AT + at;
    drain(test->context);
}

static void look(struct test *test, int64_t at)
{
    now_at = BEGIN_AT + at;
    world_check(reconcile_region(test->watch, &test->world->config->regions[0]), "reconcile");
}

static void ask(struct test *test, int64_t at, enum vm_trigger event, const char *snapshot_id)
{
    now_at = BEGIN_AT + at;
    world_check(world_ask(test->world, test->vm, event, snapshot_id), "ask");
}

/* ---- the resulting ledger ---- */

struct interval {
    int64_t from, until; /* seconds since BEGIN_AT */
    const char *state, *size;
    int64_t disk_gb, snapshot_gb;
};

struct expected {
    const char *vm_id;
    const struct interval *stretches;
    size_t count, seen;
    bool is_open;
};

static bool stretch_check(void *context, const struct ledger_interval *row)
{
    struct expected *expected = context;
    const struct interval *stretch = &expected->stretches[expected->seen++];

    assert_in_range(expected->seen, 1, expected->count);
    assert_string_equal(row->vm_id, expected->vm_id);
    assert_string_equal(row->use.state, stretch->state);
    assert_string_equal(row->use.size, stretch->size);
    assert_int_equal(row->from_at - BEGIN_AT, stretch->from);
    assert_int_equal(row->until_at - BEGIN_AT, stretch->until);
    assert_int_equal(row->use.disk_gb, stretch->disk_gb);
    assert_int_equal(row->use.snapshot_gb, stretch->snapshot_gb);
    assert_string_equal(row->name, "first");
    expected->is_open = row->is_open;
    return true;
}

static void assert_ledger(struct test *test, const struct interval *stretches, size_t count)
{
    struct expected expected = { .vm_id = test->vm, .stretches = stretches, .count = count };
    struct ledger_walk walk = { .team_id = test->world->team_id,
                                .from_at = BEGIN_AT,
                                .until_at = BEGIN_AT + 100 * 86400,
                                .visit = stretch_check,
                                .context = &expected };

    world_check(ledger_walk(test->world->db, test->world->arena, &walk), "walk");
    assert_int_equal(expected.seen, count);
    assert_int_equal(expected.is_open, !world_vm(test->world, test->vm).gone_at);
}

#define ASSERT_LEDGER(test, ...)                                                                   \
    assert_ledger(test, (const struct interval[]){ __VA_ARGS__ },                                  \
                  sizeof((const struct interval[]){ __VA_ARGS__ }) / sizeof(struct interval))

static int64_t cost(struct test *test)
{
    struct ledger_team team;
    int64_t millicents;

    world_check(ledger_team_read(test->world->db, test->world->arena, test->world->team_id, &team),
                "team");
    world_check(
        ledger_month_cost(test->world->db, test->world->arena, &team, BEGIN_AT, &millicents),
        "cost");
    ledger_check_month(test->world, test->world->arena, test->world->team_id, BEGIN_AT);
    return millicents;
}

/* ---- the life of a VM ---- */

static void the_life_of_a_vm_is_recorded(void **state)
{
    struct test *test = *state;
    const char *snapshot;

    look(test, 20);
    work(test, 40); /* created */
    look(test, 70);
    snapshot = world_snapshot(test->world, test->vm);
    work(test, 80);
    ask(test, 100, VM_REQUEST_STOP, NULL);
    work(test, 110);
    world_resize(test->world, test->vm, "small");
    look(test, 140); /* being resized: the old size until it has completed */
    work(test, 150);
    ask(test, 160, VM_REQUEST_START, NULL);
    work(test, 170);
    ask(test, 200, VM_REQUEST_SNAPSHOT_DELETE, snapshot);
    work(test, 210);
    ask(test, 230, VM_REQUEST_RESTART, NULL);
    work(test, 240);
    ask(test, 250, VM_REQUEST_DESTROY, NULL);
    work(test, 260);
    look(test, 300);
    ASSERT_LEDGER(test, { 0, 40, "absent", "nano", 1, 0 }, { 40, 80, "running", "nano", 1, 0 },
                  { 80, 110, "running", "nano", 1, 1 }, { 110, 150, "stopped", "nano", 1, 1 },
                  { 150, 170, "stopped", "small", 2, 1 }, { 170, 210, "running", "small", 2, 1 },
                  { 210, 260, "running", "small", 2, 0 });
    assert_int_equal(cost(test), (40 * 100 + 30 * (100 + 3) + 40 * (7 + 3) + 20 * (2 * 7 + 3) +
                                  40 * (400 + 3) + 50 * 400) /
                                     3600);
}

/* The host takes long to remove the disk. The guest is off; nothing is charged. */
static void destroying_for_long_costs_nothing(void **state)
{
    struct test *test = *state;
    struct job job;
    bool has_one;

    work(test, 10);
    ask(test, 50, VM_REQUEST_DESTROY, NULL);
    snprintf(fake->fails, sizeof fake->fails, "disk_remove");
    fake->fail_times = 1;
    world_check(job_take(test->context, &JOB_CLASS_VM, &job, &has_one), "take");
    job_do(&job);
    look(test, 80);
    look(test, 110);
    work(test, 140);
    ASSERT_LEDGER(test, { 0, 10, "absent", "nano", 1, 0 }, { 10, 50, "running", "nano", 1, 0 },
                  { 50, 140, "absent", "nano", 1, 0 });
}

static void a_resize_that_fails_does_not_count(void **state)
{
    struct test *test = *state;

    work(test, 10);
    ask(test, 20, VM_REQUEST_STOP, NULL);
    work(test, 20);
    world_resize(test->world, test->vm, "small");
    snprintf(fake->fails, sizeof fake->fails, "grow");
    fake->fail_times = 1;
    fake->fail_kind = ERROR_CONFLICT;
    work(test, 40);
    assert_string_equal(world_vm(test->world, test->vm).state, "stopped");
    assert_string_equal(world_vm(test->world, test->vm).size, "nano");
    assert_int_equal(world_vm(test->world, test->vm).disk_gb, 1);
    look(test, 70);
    world_resize(test->world, test->vm, "small");
    work(test, 90);
    look(test, 100);
    ASSERT_LEDGER(test, { 0, 10, "absent", "nano", 1, 0 }, { 10, 20, "running", "nano", 1, 0 },
                  { 20, 90, "stopped", "nano", 1, 0 }, { 90, 100, "stopped", "small", 2, 0 });
}

/* ---- changes without a request ---- */

static void the_hosts_state_counts(void **state)
{
    struct test *test = *state;

    work(test, 10);
    fake_find(test->vm)->power = DRIVER_STOPPED; /* it shut itself down */
    look(test, 40);
    fake_find(test->vm)->power = DRIVER_RUNNING; /* it was started on the host */
    look(test, 70);
    fake_find(test->vm)->power = DRIVER_PAUSED; /* its disk is full */
    look(test, 100);
    fake_find(test->vm)->has_domain = false; /* disappeared */
    look(test, 130);
    look(test, 160);
    ASSERT_LEDGER(test, { 0, 10, "absent", "nano", 1, 0 }, { 10, 40, "running", "nano", 1, 0 },
                  { 40, 70, "stopped", "nano", 1, 0 }, { 70, 100, "running", "nano", 1, 0 },
                  { 100, 130, "paused", "nano", 1, 0 }, { 130, 160, "absent", "nano", 1, 0 });
}

static void an_unreachable_host_is_not_billed(void **state)
{
    struct test *test = *state;

    work(test, 10);
    look(test, 40);
    fake->is_unreachable = true;
    for (int64_t at = 70; at < 700; at += 30)
        look(test, at);
    fake->is_unreachable = false;
    look(test, 700);
    look(test, 730);
    /* Unreachable for less than three passes: the last known state counts. */
    fake->is_unreachable = true;
    look(test, 760);
    look(test, 790);
    fake->is_unreachable = false;
    look(test, 830);
    ASSERT_LEDGER(test, { 0, 10, "absent", "nano", 1, 0 }, { 10, 40, "running", "nano", 1, 0 },
                  { 40, 700, "unreachable", "nano", 1, 0 }, { 700, 830, "running", "nano", 1, 0 });
    assert_int_equal(cost(test), 160 * 100 / 3600);
}

static void a_busy_vm_is_still_billed(void **state)
{
    struct test *test = *state;

    work(test, 10);
    ask(test, 20, VM_REQUEST_STOP, NULL);
    for (int64_t at = 30; at <= 300; at += 30)
        look(test, at); /* its job waits for the worker throughout */
    work(test, 310);
    ASSERT_LEDGER(test, { 0, 10, "absent", "nano", 1, 0 }, { 10, 310, "running", "nano", 1, 0 },
                  { 310, 310, "stopped", "nano", 1, 0 });
}

static void the_clock_may_be_set(void **state)
{
    struct test *test = *state;

    work(test, 10);
    look(test, 40);
    look(test, 20); /* back */
    look(test, 35);
    look(test, 60);
    look(test, 5000); /* forward */
    look(test, 5030);
    ASSERT_LEDGER(test, { 0, 10, "absent", "nano", 1, 0 }, { 10, 60, "running", "nano", 1, 0 },
                  { 60, 5000, "unreachable", "nano", 1, 0 },
                  { 5000, 5030, "running", "nano", 1, 0 });
}

static void a_month_ends(void **state)
{
    const int64_t end = 30 * 86400;
    struct test *test = *state;

    work(test, 10);
    look(test, end - 20);
    look(test, end);
    look(test, end + 20);
    ask(test, end + 31 * 86400 + 5, VM_REQUEST_STOP, NULL);
    work(test, end + 31 * 86400 + 5);
    ASSERT_LEDGER(
        test, { 0, 10, "absent", "nano", 1, 0 }, { 10, end - 20, "unreachable", "nano", 1, 0 },
        { end - 20, end, "running", "nano", 1, 0 }, { end, end + 20, "running", "nano", 1, 0 },
        { end + 20, end + 31 * 86400, "unreachable", "nano", 1, 0 },
        { end + 31 * 86400, end + 31 * 86400 + 5, "unreachable", "nano", 1, 0 },
        { end + 31 * 86400 + 5, end + 31 * 86400 + 5, "stopped", "nano", 1, 0 });
}

/* Only the team's own data: the id of a deleted team may be reused for a new one. */
static void a_new_team_does_not_pay_for_an_old_one(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;

    world_check(sql_ledger_put(world->db, world->arena, world->team_id,
                               date_month_start(BEGIN_AT - 1), "oldoldoldoldoldo", BEGIN_AT - 7200,
                               BEGIN_AT, 0, "old", "running", "small", 1, 0),
                "put");
    work(test, 0);
    assert_int_equal(cost(test), 0);
}

/* ---- the spend cap ---- */

/* Billing is on from now, and the team's plan is active. */
static void pay(struct world *world)
{
    world->config->billing = "stripe";
    world_check(sql_billing_open(world->db, world->arena, world->team_id, "key", BEGIN_AT), "open");
    world_check(sql_billing_set_status(world->db, world->arena, world->team_id,
                                       BILLING_STATUS_ACTIVE, BEGIN_AT, NULL),
                "status");
}

static struct error *create_try(struct test *test)
{
    struct world *world = test->world;
    const struct context context = world_context(world);
    const struct vm_new vm = {
        .name = "second",
        .region = &world->config->regions[0],
        .image = &world->config->images[0],
        .size = &world->config->sizes[0],
        .key_ids = &world->key_id,
        .key_count = 1,
        .internet.mode = VM_INTERNET_ON,
    };
    const char *id;
    struct error *e = db_begin(world->db, world->arena);

    if (!e)
        e = vm_command_create(&context, &world->actor, &vm, &id);
    db_rollback(world->db);
    return e;
}

static struct error *snapshot_try(struct test *test)
{
    struct world *world = test->world;
    const struct context context = world_context(world);
    struct error *e = db_begin(world->db, world->arena);

    if (!e)
        e = vm_command_snapshot(&context, &world->actor, test->vm, "one more");
    db_rollback(world->db);
    return e;
}

static void at_the_cap_nothing_starts(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    const char *snapshot;
    int64_t cap_cents = 1; /* ten hours of nano */
    struct error *e;

    work(test, 10);
    snapshot = world_snapshot(world, test->vm);
    work(test, 10);
    pay(world);
    world_check(sql_team_set_cap(world->db, world->arena, world->team_id, &cap_cents), "cap");
    for (int64_t at = 40; at < 34900; at += 30)
        look(test, at);
    assert_in_range(cost(test), 990, 999);
    ask(test, 34900, VM_REQUEST_STOP, NULL);
    work(test, 34900);
    ask(test, 34900, VM_REQUEST_START, NULL); /* less than a cent has been spent */
    work(test, 34900);
    for (int64_t at = 34930; at < 35300; at += 30)
        look(test, at);
    assert_in_range(cost(test), 1000, 1010);

    e = create_try(test);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_string_equal(e->code, "spend_cap_reached");
    assert_string_equal(e->message,
                        "Your team has reached its spending limit of €0.01 for this month. An "
                        "owner can raise the limit in Costs. Spending resets on 1 Dec 2026.");
    ask(test, 35310, VM_REQUEST_RESTART, NULL); /* it is already running */
    work(test, 35310);
    ask(test, 35310, VM_REQUEST_STOP, NULL);
    work(test, 35310);
    assert_int_equal(world_ask(world, test->vm, VM_REQUEST_START, NULL)->kind, ERROR_INPUT);
    assert_int_equal(world_ask(world, test->vm, VM_REQUEST_RESTORE, snapshot)->kind, ERROR_INPUT);
    assert_string_equal(snapshot_try(test)->code, "spend_cap_reached");
    assert_string_equal(world_vm(world, test->vm).state, "stopped");

    /* In the next month, or without a cap, nothing is restricted. */
    look(test, 30 * 86400);
    world_check(world_ask(world, test->vm, VM_REQUEST_START, NULL), "start");
    work(test, 30 * 86400);
    assert_string_equal(world_vm(world, test->vm).state, "running");
    now_at = BEGIN_AT + 35310;
    world_check(sql_team_set_cap(world->db, world->arena, world->team_id, NULL), "cap");
    assert_null(create_try(test));
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
        TEST(the_life_of_a_vm_is_recorded),
        TEST(destroying_for_long_costs_nothing),
        TEST(a_resize_that_fails_does_not_count),
        TEST(the_hosts_state_counts),
        TEST(an_unreachable_host_is_not_billed),
        TEST(a_busy_vm_is_still_billed),
        TEST(the_clock_may_be_set),
        TEST(a_month_ends),
        TEST(a_new_team_does_not_pay_for_an_old_one),
        TEST(at_the_cap_nothing_starts),
    };

    return cmocka_run_group_tests(tests, fake_open_once, NULL);
}
