/*
 * Lives of VMs: the rules against a simple model that reads whole histories, what counts as use,
 * and what the worker does with real rows and a fake host.
 */
#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "drain.h"
#include "fake_driver.h"
#include "host/ssh_connections.h"
#include "model/notice.h"
#include "model/restriction.h"
#include "model/state_path.h"
#include "model/vm_life.h"
#include "worker/reconcile.h"
#include "worker/vm_use.h"
#include "world.h"

#include "mail.sql.h"
#include "receipt.sql.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { T0 = 1800000000, STEPS = 600, STEP_S = 30, HISTORIES = 400 };

/* ---- the rules ---- */

static void every_choice_is_found_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < VM_LIFE_CHOICE_COUNT; i++) {
        const struct vm_life_choice *choice = &VM_LIFE_CHOICES[i];

        assert_ptr_equal(vm_life_choice_find(choice->value), choice);
        assert_ptr_equal(vm_life_choice_of(choice->life, choice->minutes), choice);
        /* There is time to warn. */
        assert_true(!choice->minutes || choice->minutes * A_MINUTE_S > LIMIT_LIFE_WARN_S);
    }
    assert_null(vm_life_choice_find("idle_stop-1"));
    assert_null(vm_life_choice_find(""));
}

static struct vm_life life(const char *kind, const char *state, int64_t minutes)
{
    return (struct vm_life){ .life = kind,
                             .state = state,
                             .state_at = T0,
                             .minutes = minutes,
                             .clock_at = T0,
                             .measured_at = T0 };
}

static void a_clock_counts_in_some_states_alone(void **state)
{
    static const struct {
        const char *life, *state;
        int64_t minutes, end_at;
    } rows[] = {
        { "persistent", "running", 0, 0 },
        { "ephemeral", "running", 0, 0 },
        { "ephemeral", "running", 60, T0 + 3600 },
        { "ephemeral", "creating", 60, T0 + 3600 },
        { "ephemeral", "stopped", 60, T0 + 3600 },
        { "ephemeral", "failed", 60, T0 + 3600 },
        { "ephemeral", "destroying", 60, 0 },
        { "idle_stop", "running", 15, T0 + 900 },
        { "idle_stop", "stopped", 15, 0 },
        { "idle_stop", "paused", 15, 0 },
        { "idle_stop", "failed", 15, 0 },
        { "idle_stop", "snapshotting", 15, 0 },
        { "idle_destroy", "running", 60, T0 + 3600 },
        { "idle_destroy", "stopped", 60, T0 + 3600 },
        { "idle_destroy", "failed", 60, T0 + 3600 },
        { "idle_destroy", "paused", 60, 0 },
        { "idle_destroy", "starting", 60, 0 },
        { "idle_destroy", "gone", 60, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct vm_life vm = life(rows[i].life, rows[i].state, rows[i].minutes);

        assert_int_equal(vm_life_end_at(&vm, T0), rows[i].end_at);
    }
}

static void nothing_ends_without_a_warning(void **state)
{
    struct vm_life vm = life("ephemeral", "running", 60);
    int64_t end_at = T0 + 3600;

    (void)state;
    assert_int_equal(vm_life_act(&vm, end_at - LIMIT_LIFE_WARN_S - 1), VM_LIFE_STAYS);
    assert_int_equal(vm_life_act(&vm, end_at - LIMIT_LIFE_WARN_S), VM_LIFE_WARN);
    /* The worker was down when it should have warned. */
    assert_int_equal(vm_life_act(&vm, end_at + 86400), VM_LIFE_WARN);
    vm.warned_at = end_at + 86400;
    assert_int_equal(vm_life_end_at(&vm, end_at + 86400), end_at + 86400 + LIMIT_LIFE_WARN_S);
    assert_int_equal(vm_life_act(&vm, vm.warned_at + LIMIT_LIFE_WARN_S - 1), VM_LIFE_STAYS);
    assert_int_equal(vm_life_act(&vm, vm.warned_at + LIMIT_LIFE_WARN_S), VM_LIFE_DESTROY);
    vm.warned_at = end_at - LIMIT_LIFE_WARN_S;
    assert_int_equal(vm_life_act(&vm, end_at - 1), VM_LIFE_STAYS);
    assert_int_equal(vm_life_act(&vm, end_at), VM_LIFE_DESTROY);
}

static int dice(int sides)
{
    static uint32_t seed = 14;

    seed = seed * 1664525 + 1013904223;
    return (int)((seed >> 8) % (uint32_t)sides);
}

/*
 * Random histories of a running VM, in steps of half a minute: measured unused or used, kept, or
 * not measured. The model reads the whole history each time.
 */
enum happening { NOTHING, UNUSED, USED, KEPT };

/* Since when it is known to be unused: the last step at which it was used, kept, or seen again. */
static int model_start(const enum happening *history, int now)
{
    int start = -1, measured = -1;

    for (int i = 0; i <= now; i++) {
        bool is_measured = history[i] == UNUSED || history[i] == USED;
        bool is_hole = measured < 0 || (i - measured) * STEP_S > LIMIT_USE_GAP_S;

        if (history[i] == USED || history[i] == KEPT || (is_measured && is_hole))
            start = i;
        if (is_measured)
            measured = i;
    }
    /* Not measured lately: nothing is known. */
    return measured < 0 || (now - measured) * STEP_S > LIMIT_USE_GAP_S ? -1 : start;
}

static void history_live(bool *has_ended, bool *has_stayed)
{
    enum happening history[STEPS];
    struct vm_life vm = life("idle_stop", "running", 15);
    int calm = 3 + dice(60), warned = -1, hole = 0;

    vm.measured_at = 0;
    for (int i = 0; i < STEPS; i++) {
        int64_t now_at = T0 + (int64_t)i * STEP_S;
        int start, kind = dice(calm);
        enum vm_life_act act;

        history[i] = kind == 0 ? (dice(3) ? USED : KEPT) : dice(5) ? UNUSED : NOTHING;
        hole = dice(50) == 0 ? dice(10) : hole ? hole - 1 : 0;
        if (hole)
            history[i] = NOTHING;
        if (history[i] == KEPT ||
            (history[i] != NOTHING && vm_life_is_used(&vm, history[i] == USED, now_at))) {
            vm.clock_at = now_at;
            vm.warned_at = 0;
        }
        if (history[i] == UNUSED || history[i] == USED)
            vm.measured_at = now_at;
        start = model_start(history, i);
        if (history[i] == KEPT || history[i] == USED || start == i)
            warned = -1;
        act = vm_life_act(&vm, now_at);
        if (act == VM_LIFE_WARN) {
            assert_true(start >= 0 && warned < 0);
            assert_true((i - start) * STEP_S >= 15 * 60 - LIMIT_LIFE_WARN_S);
            vm.warned_at = now_at;
            warned = i;
        } else if (act == VM_LIFE_STOP) {
            assert_true(start >= 0 && warned >= start);
            assert_true((i - start) * STEP_S >= 15 * 60);
            assert_true((i - warned) * STEP_S >= LIMIT_LIFE_WARN_S);
            *has_ended = true;
            return;
        } else {
            /* It would have had to end or to be warned of. */
            assert_false(start >= 0 && warned < 0 &&
                         (i - start) * STEP_S >= 15 * 60 - LIMIT_LIFE_WARN_S);
            assert_false(start >= 0 && warned >= 0 && (i - start) * STEP_S >= 15 * 60 &&
                         (i - warned) * STEP_S >= LIMIT_LIFE_WARN_S);
        }
    }
    *has_stayed = true;
}

static void random_histories_are_as_in_the_model(void **state)
{
    bool has_ended = false, has_stayed = false;

    (void)state;
    for (int i = 0; i < HISTORIES; i++)
        history_live(&has_ended, &has_stayed);
    assert_true(has_ended && has_stayed);
}

/* ---- use ---- */

static struct vm_use_sample sample(int64_t at_s, int64_t cpu_ms, int64_t bytes)
{
    return (struct vm_use_sample){
        .vm_id = "vm",
        .at_us = at_s * 1000000,
        .counters = { .cpu_ns = cpu_ms * 1000000,
                      .network_received_bytes = bytes,
                      .network_sent_bytes = bytes },
    };
}

static void use_is_load_or_a_connection(void **state)
{
    int64_t limit_ms = LIMIT_USE_EVERY_S * 1000LL * LIMIT_USE_CPU_PERCENT / 100;
    struct vm_use_sample before = sample(0, 5000, -1);
    struct vm_use_sample now = sample(LIMIT_USE_EVERY_S, 5000 + limit_ms, -1);

    (void)state;
    before.sees_connections = now.sees_connections = true;
    assert_false(vm_use_between(&before, &now));
    now.counters.cpu_ns++;
    now.counters.cpu_ns += 1000;
    assert_true(vm_use_between(&before, &now));
    now.counters.cpu_ns = before.counters.cpu_ns;
    now.is_connected = true;
    assert_true(vm_use_between(&before, &now));
    now.is_connected = false;
    before.is_connected = true;
    assert_true(vm_use_between(&before, &now));
    before.is_connected = false;
    now.counters.cpu_ns = before.counters.cpu_ns - 1; /* started anew */
    assert_true(vm_use_between(&before, &now));
}

static void where_connections_cannot_be_seen_traffic_is_use(void **state)
{
    struct vm_use_sample before = sample(0, 0, 100), now = sample(60, 0, 100);

    (void)state;
    assert_false(vm_use_between(&before, &now));
    now.counters.network_sent_bytes += LIMIT_USE_NETWORK_BYTES - 1;
    assert_false(vm_use_between(&before, &now));
    now.counters.network_received_bytes++;
    assert_true(vm_use_between(&before, &now));
    now.sees_connections = true; /* then it is not */
    assert_false(vm_use_between(&before, &now));
    now = sample(60, 0, -1); /* nothing can be seen */
    assert_true(vm_use_between(&before, &now));
}

static void ports_with_connections_are_read_from_the_kernels_table(void **state)
{
    static const char *const lines[] = {
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt",
        "   0: 0100007F:55F0 00000000:0000 0A 00000000:00000000 00:00000000 00000000",
        "   1: 0100007F:55F1 0100007F:A001 01 00000000:00000000 00:00000000 00000000",
        "   2: 0100007F:A002 0100007F:55F2 06 00000000:00000000 03:00001555 00000000",
        "   3: 0200000A:A003 08080808:55F3 01 00000000:00000000 00:00000000 00000000",
        "   4: 00000000000000000000000001000000:A004 "
        "00000000000000000000000001000000:55F4 01 00000000:00000000 00:00000000 00000000",
        "   5: zz",
    };
    struct ssh_connections connections = { .bits = { 0 } };

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++)
        ssh_connections_add(&connections, lines[i]);
    assert_false(ssh_connections_has(&connections, 0x55f0)); /* listens */
    assert_true(ssh_connections_has(&connections, 0x55f1));
    assert_true(ssh_connections_has(&connections, 0x55f2));  /* has just ended */
    assert_false(ssh_connections_has(&connections, 0x55f3)); /* of another computer */
    assert_true(ssh_connections_has(&connections, 0x55f4));
    assert_false(ssh_connections_has(&connections, 0));
    assert_false(ssh_connections_has(&connections, 70000));
}

static void a_real_connection_is_seen_also_after_its_end(void **state)
{
    struct arena *arena = arena_new(4096);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof address;
    struct ssh_connections connections;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), server;

    (void)state;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    world_check(ssh_connections_read(arena, &connections), "read");
    assert_false(ssh_connections_has(&connections, ntohs(address.sin_port)));
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    server = accept(listener, NULL, NULL);
    world_check(ssh_connections_read(arena, &connections), "read");
    assert_true(ssh_connections_has(&connections, ntohs(address.sin_port)));
    close(client);
    close(server);
    close(listener);
    world_check(ssh_connections_read(arena, &connections), "read");
    assert_true(ssh_connections_has(&connections, ntohs(address.sin_port)));
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

static struct context later(struct test *test, int64_t seconds)
{
    struct context context = world_context(test->world);

    context.now_at += seconds;
    context.now_ms += seconds * 1000;
    return context;
}

static struct error *end(struct test *test, struct error *e)
{
    if (!e)
        e = db_commit(test->world->db, test->world->arena);
    db_rollback(test->world->db);
    return e;
}

static void choose(struct test *test, const char *value)
{
    const struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    if (!e)
        e = vm_life_set(&context, &test->world->actor, test->vm, vm_life_choice_find(value));
    world_check(end(test, e), value);
}

/* The jobs, which were requested later than now. */
static void settle(struct test *test)
{
    FILE *pipe = popen(arena_printf(test->world->arena, "sqlite3 -bail '%s'",
                                    main_db_path(test->world->arena, test->world->state_dir)),
                       "w");

    assert_non_null(pipe);
    assert_true(fputs("UPDATE job SET due_at_ms = 1 WHERE state = 'queued'", pipe) >= 0);
    assert_int_equal(pclose(pipe), 0);
    drain(test->context);
}

static void run(struct test *test, int64_t seconds)
{
    const struct context context = later(test, seconds);

    world_check(vm_life_run(&context), "run");
}

static struct vm_get_row vm_of(struct test *test)
{
    return world_vm(test->world, test->vm);
}

static size_t mails(struct test *test, const char *kind)
{
    struct mail_count_since_row row;

    world_check(
        sql_mail_count_since(test->world->db, test->world->arena, "you@example.org", kind, 0, &row),
        "mails");
    return (size_t)row.total;
}

static const char *cause(struct test *test)
{
    struct receipt_get_row receipt;

    world_check(sql_receipt_get(test->world->db, test->world->arena, test->world->team_id, test->vm,
                                &receipt),
                "receipt");
    assert_string_equal(receipt.who, "Domicile");
    return receipt.cause;
}

/* A minute that was measured at `seconds` from now. */
static void measure(struct test *test, int64_t seconds, bool is_connected)
{
    const struct context context = later(test, seconds);
    struct vm_use *use = vm_use_new();
    struct vm_use_sample at = sample(0, 0, -1);

    at.vm_id = test->vm;
    at.sees_connections = true;
    vm_use_begin(use);
    vm_use_add(use, &at);
    world_check(vm_use_end(use, &context), "no minute is over");
    at.at_us += LIMIT_USE_EVERY_S / 2 * 1000000LL;
    at.is_connected = is_connected; /* between both ends of the minute */
    vm_use_begin(use);
    vm_use_add(use, &at);
    at.at_us += LIMIT_USE_EVERY_S / 2 * 1000000LL;
    at.is_connected = false;
    vm_use_begin(use);
    vm_use_add(use, &at);
    world_check(vm_use_end(use, &context), "use");
}

static void unused_it_is_warned_of_once_and_stopped(void **state)
{
    struct test *test = *state;
    int64_t now_at = clock_now(), at;

    choose(test, "idle_stop-15");
    run(test, 86400); /* unmeasured, nothing counts */
    assert_int_equal(vm_of(test).warned_at, 0);
    for (at = 60; at <= 16 * 60; at += 60)
        measure(test, at, false);
    assert_in_range(vm_of(test).clock_at, now_at + 60, now_at + 70);
    run(test, at);
    run(test, at + 5);
    assert_string_equal(vm_of(test).state, "running");
    assert_int_equal(mails(test, "vm_stops_soon"), 1);
    for (; at <= 30 * 60; at += 60)
        measure(test, at, false);
    run(test, at);
    run(test, at + 5);
    assert_string_equal(vm_of(test).state, "stopping");
    settle(test);
    assert_string_equal(vm_of(test).state, "stopped");
    assert_int_equal(mails(test, "vm_stops_soon"), 1);
    run(test, 2 * 86400);
    assert_string_equal(vm_of(test).state, "stopped");
    assert_int_equal(world_events(test->world, test->vm, "Stopped", NULL), 1);
}

/* Its page warns all the same; of its destruction there is a mail in any case. */
static void who_turned_idle_warnings_off_gets_no_mail(void **state)
{
    struct test *test = *state;
    const struct context context = later(test, 0);
    const struct notice_choices none = { .has_idle = false };
    const char *changes;
    struct error *e = db_begin(test->world->db, test->world->arena);

    if (!e)
        e = notice_set(&context, test->world->person_id, &none, &changes);
    world_check(end(test, e), "off");
    choose(test, "idle_stop-15");
    for (int64_t at = 60; at <= 16 * 60; at += 60)
        measure(test, at, false);
    run(test, 17 * 60);
    assert_int_not_equal(vm_of(test).warned_at, 0);
    assert_int_equal(mails(test, "vm_stops_soon"), 0);
    choose(test, "ephemeral-60");
    run(test, 3000);
    assert_int_equal(mails(test, "vm_ends_soon"), 1);
}

static void use_and_keeping_start_the_clock_anew(void **state)
{
    struct test *test = *state;
    struct context context;
    struct error *e;
    int64_t at = 0;

    choose(test, "idle_stop-15");
    for (int i = 0; i < 16; i++)
        measure(test, at += 60, false);
    run(test, at);
    assert_int_not_equal(vm_of(test).warned_at, 0);
    measure(test, at += 60, true);
    assert_int_equal(vm_of(test).warned_at, 0);
    for (int i = 0; i < 16; i++)
        measure(test, at += 60, false);
    run(test, at);
    assert_int_equal(mails(test, "vm_stops_soon"), 2);
    context = later(test, at);
    e = db_begin(test->world->db, test->world->arena);
    if (!e)
        e = vm_life_keep(&context, &test->world->actor, test->vm);
    world_check(end(test, e), "keep");
    assert_int_equal(vm_of(test).warned_at, 0);
    measure(test, at += 60, false);
    run(test, at);
    assert_string_equal(vm_of(test).state, "running");
    assert_int_equal(world_events(test->world, test->vm, "Kept running", NULL), 1);
    /* After a hole nobody knows whether it was used. */
    measure(test, at += 86400, false);
    run(test, at);
    assert_int_equal(vm_of(test).warned_at, 0);
}

static void ask(struct test *test, int64_t seconds, enum vm_trigger trigger)
{
    const struct context context = later(test, seconds);
    struct error *e = db_begin(test->world->db, test->world->arena);

    if (!e)
        e = vm_command_send(&context, &test->world->actor, test->vm, trigger, NULL);
    world_check(end(test, e), "ask");
}

/* It was about to be destroyed when somebody started it again. */
static void starting_it_is_use(void **state)
{
    struct test *test = *state;
    int64_t at = 0;

    choose(test, "idle_destroy-60");
    for (int i = 0; i < 58; i++)
        measure(test, at += 60, false);
    run(test, at);
    assert_int_not_equal(vm_of(test).warned_at, 0);
    ask(test, at += 10, VM_REQUEST_STOP);
    settle(test);
    ask(test, at += 10, VM_REQUEST_START);
    settle(test);
    run(test, at += 60);
    run(test, at += 60);
    assert_string_equal(vm_of(test).state, "running");
    assert_int_equal(vm_of(test).warned_at, 0);
}

static void off_and_unused_it_is_destroyed_and_the_receipt_says_why(void **state)
{
    struct test *test = *state;

    choose(test, "idle_destroy-60");
    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    settle(test);
    run(test, 3000 + 60);
    assert_int_equal(mails(test, "vm_ends_soon"), 1);
    run(test, 3600 - 10);
    assert_string_equal(vm_of(test).state, "stopped");
    run(test, 3600 + 100);
    assert_string_equal(vm_of(test).state, "destroying");
    settle(test);
    assert_string_equal(cause(test), "idle");
}

static void an_ephemeral_vm_is_destroyed_when_its_time_is_over(void **state)
{
    struct test *test = *state;

    choose(test, "ephemeral-60");
    run(test, 3000);
    run(test, 3600);
    assert_string_equal(vm_of(test).state, "destroying");
    settle(test);
    assert_string_equal(cause(test), "time_over");
    assert_int_equal(mails(test, "vm_ends_soon"), 1);
}

static void reconcile(struct test *test)
{
    world_check(reconcile_region(test->context, &test->world->config->regions[0]), "reconcile");
}

static void an_ephemeral_vm_is_destroyed_when_it_shuts_itself_down(void **state)
{
    struct test *test = *state;
    struct error *refused;

    choose(test, "ephemeral");
    refused = world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL);
    assert_non_null(refused);
    assert_string_equal(refused->code, "destroyed_when_stopped");
    run(test, 365 * 86400);
    assert_string_equal(vm_of(test).state, "running");
    fake_find(test->vm)->power = DRIVER_STOPPED;
    reconcile(test);
    reconcile(test);
    assert_string_equal(vm_of(test).state, "destroying");
    settle(test);
    assert_string_equal(cause(test), "ended");
}

/* What the host, the billing or a closed account stops has not ended. */
static void an_ephemeral_vm_survives_what_others_stop(void **state)
{
    struct test *test = *state;
    const struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    if (!e)
        e = vm_life_set(&context, &test->world->actor, test->vm,
                        vm_life_choice_find("ephemeral-60"));
    if (!e)
        e = restriction_begin(&context, test->world->person_id);
    world_check(end(test, e), "restrict");
    settle(test);
    reconcile(test);
    assert_string_equal(vm_of(test).state, "stopped");
    run(test, 3600);
    run(test, 2 * 86400);
    assert_string_equal(vm_of(test).state, "stopped");
}

static void a_host_that_goes_down_ends_nothing(void **state)
{
    struct test *test = *state;

    choose(test, "ephemeral");
    fake_find(test->vm)->power = DRIVER_STOPPED;
    fake_find(test->vm)->cause = DRIVER_CAUSE_HOST;
    reconcile(test);
    assert_string_not_equal(vm_of(test).state, "destroying");
}

static void a_new_vm_has_the_life_of_the_profile(void **state)
{
    struct test *test = *state;

    assert_string_equal(vm_of(test).life, "persistent");
    test->world->config->new_life = NEW_LIFE_IDLE_HOUR;
    test->vm = world_create(test->world, "second");
    assert_string_equal(vm_of(test).life, "idle_destroy");
    assert_int_equal(vm_of(test).life_minutes, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_choice_is_found_again),
        cmocka_unit_test(a_clock_counts_in_some_states_alone),
        cmocka_unit_test(nothing_ends_without_a_warning),
        cmocka_unit_test(random_histories_are_as_in_the_model),
        cmocka_unit_test(use_is_load_or_a_connection),
        cmocka_unit_test(where_connections_cannot_be_seen_traffic_is_use),
        cmocka_unit_test(ports_with_connections_are_read_from_the_kernels_table),
        cmocka_unit_test(a_real_connection_is_seen_also_after_its_end),
        cmocka_unit_test_setup_teardown(unused_it_is_warned_of_once_and_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_turned_idle_warnings_off_gets_no_mail, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(use_and_keeping_start_the_clock_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(starting_it_is_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(off_and_unused_it_is_destroyed_and_the_receipt_says_why,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_ephemeral_vm_is_destroyed_when_its_time_is_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_ephemeral_vm_is_destroyed_when_it_shuts_itself_down,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_ephemeral_vm_survives_what_others_stop, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_host_that_goes_down_ends_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_vm_has_the_life_of_the_profile, set_up, tear_down),
    };

    fake_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
