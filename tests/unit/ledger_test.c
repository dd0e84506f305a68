/*
 * The ledger and its calculation: random histories written by ledger_note into a real database,
 * compared with a second-by-second calculation that knows nothing of stretches, months and price
 * lists; and the calculation alone. What the worker writes is tested in ledger_worker_test.c.
 */
#include "model/ledger_month.h"

#include "base/array.h"
#include "base/date.h"
#include "base/limit.h"
#include "fake_driver.h"
#include "ledger_check.h"
#include "model/price.h"
#include "world.h"

#include "snapshot.sql.h"
#include "team.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    HISTORIES = 120,
    VMS = 3,
    EVENTS = 600,
    WINDOWS = 12,
    MOST_S = 90 * 24 * 3600,
    MOST_SNAPSHOTS = 6,
    PRICE_SETS = 40,
    PRICE_SET_S = 1801, /* not on a full hour, nor at any observation */
};

/* ---- random numbers ---- */

static uint64_t dice_state;

static uint64_t dice(uint64_t sides)
{
    dice_state ^= dice_state << 13;
    dice_state ^= dice_state >> 7;
    dice_state ^= dice_state << 17;
    return dice_state % sides;
}

static int64_t between(int64_t least, int64_t most)
{
    return least + (int64_t)dice((uint64_t)(most - least + 1));
}

/* ---- the expected result, second by second ---- */

/* The prices of all histories: each set is valid from its time on. */
static struct price_set {
    int64_t from_at, nano, small, disk, snapshot;
} price_sets[PRICE_SETS];

/* A VM as it currently is on its host and in the database. */
struct subject {
    const char *id;
    int64_t created_at;
    int64_t seen_at; /* the last second that counts */
    bool is_noted, is_gone, is_resizing;
    const char *state, *wished_size;
    int64_t wished_disk_gb;
    /* What is charged: */
    const char *counted_state, *counted_size;
    int64_t counted_disk_gb, counted_snapshot_gb;
    const char *snapshots[MOST_SNAPSHOTS];
    int64_t snapshot_gb[MOST_SNAPSHOTS]; /* 0: not ready, or none */
};

struct history {
    struct world *world;
    struct arena *arena;
    int64_t team_id, begin_at, now_at;
    struct subject vms[VMS];
    int64_t *parts; /* for each second since begin_at */
};

static int64_t rate_of(const struct subject *vm, int64_t at)
{
    const struct price_set *set = &price_sets[0];

    for (size_t i = 0; i < PRICE_SETS; i++) {
        if (price_sets[i].from_at <= at)
            set = &price_sets[i];
    }
    if (!strcmp(vm->counted_state, "running"))
        return (strcmp(vm->counted_size, "nano") ? set->small : set->nano) +
               set->snapshot * vm->counted_snapshot_gb;
    if (!strcmp(vm->counted_state, "stopped"))
        return set->disk * vm->counted_disk_gb + set->snapshot * vm->counted_snapshot_gb;
    return 0;
}

/* The expected state for a call of ledger_note at this time. */
static void truth_note(struct history *history, struct subject *vm)
{
    bool is_silent = history->now_at - vm->seen_at > LIMIT_LEDGER_GAP_S;

    for (; vm->seen_at < history->now_at; vm->seen_at++) {
        if (!is_silent)
            history->parts[vm->seen_at - history->begin_at] += rate_of(vm, vm->seen_at);
    }
    vm->is_noted = true;
    vm->counted_state = vm->state;
    vm->counted_snapshot_gb = 0;
    for (size_t i = 0; i < MOST_SNAPSHOTS; i++)
        vm->counted_snapshot_gb += vm->snapshot_gb[i];
    if (!vm->is_resizing) {
        vm->counted_size = vm->wished_size;
        vm->counted_disk_gb = vm->wished_disk_gb;
    }
}

/* ---- one history ---- */

#define DB history->world->db, history->arena

static void note(struct history *history, struct subject *vm)
{
    world_check(ledger_note(DB, vm->id, history->now_at), "note");
    truth_note(history, vm);
}

static void vm_make(struct history *history, struct subject *vm, size_t number)
{
    *vm = (struct subject){
        .id = arena_printf(history->arena, "%lldvm%zu", (long long)history->team_id, number),
        .created_at = history->now_at,
        .seen_at = history->now_at,
        .state = "absent",
        .wished_size = "nano",
        .wished_disk_gb = between(1, 9),
        .counted_state = "absent",
        .counted_size = "nano",
    };
    world_check(sql_vm_create(DB, history->team_id, vm->id, &history->world->person_id, vm->id,
                              "local", "tiny", NULL, "nano", 1, 128, vm->wished_disk_gb, NULL, NULL,
                              "on", NULL, "persistent", NULL, NULL, history->now_at),
                "vm");
}

static void state_change(struct history *history, struct subject *vm)
{
    static const char *const states[] = { "running", "running", "stopped",
                                          "stopped", "paused",  "absent" };

    vm->state = states[dice(6)];
    world_check(sql_vm_set_observed(DB, vm->id, vm->state, history->now_at), "observed");
    note(history, vm);
}

/* Requested, then executed; meanwhile it does not count. */
static void size_change(struct history *history, struct subject *vm)
{
    bool is_done = vm->is_resizing && dice(3);

    if (!vm->is_noted)
        return; /* only an existing disk can grow */
    if (!vm->is_resizing) {
        vm->wished_size = dice(2) ? "nano" : "small";
        vm->wished_disk_gb += between(0, 5);
        world_check(sql_vm_resize(DB, history->team_id, vm->id, vm->wished_size, 1, 128,
                                  vm->wished_disk_gb),
                    "resize");
        vm->is_resizing = true;
    }
    world_check(sql_vm_set_state(DB, history->team_id, vm->id, is_done ? "stopped" : "resizing",
                                 NULL, history->now_at),
                "state");
    if (is_done)
        vm->is_resizing = false;
    note(history, vm);
}

static void snapshot_change(struct history *history, struct subject *vm)
{
    size_t i = dice(MOST_SNAPSHOTS);
    int64_t team_id = history->team_id;

    if (!vm->snapshots[i]) {
        vm->snapshots[i] = arena_printf(history->arena, "%s-%zu-%lld", vm->id, i,
                                        (long long)between(0, INT64_MAX - 1));
        world_check(sql_snapshot_create(DB, team_id, vm->id, vm->snapshots[i], "s", 1, 128,
                                        vm->wished_disk_gb, history->now_at),
                    "snapshot");
    } else if (!vm->snapshot_gb[i]) {
        struct snapshot_get_row row;

        world_check(sql_snapshot_set_ready(DB, team_id, vm->snapshots[i], 0, 0), "ready");
        world_check(sql_snapshot_get(DB, team_id, vm->id, vm->snapshots[i], &row), "snapshot");
        vm->snapshot_gb[i] = row.disk_gb;
    } else {
        world_check(sql_snapshot_delete(DB, team_id, vm->snapshots[i]), "snapshot");
        vm->snapshots[i] = NULL;
        vm->snapshot_gb[i] = 0;
    }
    note(history, vm);
}

static void vm_end(struct history *history, struct subject *vm)
{
    world_check(sql_vm_set_gone(DB, vm->id, history->now_at), "gone");
    note(history, vm);
    vm->is_gone = true;
}

/*
 * Observes every few seconds; sometimes nothing observes for long, or the clock is set, even back.
 */
static void time_pass(struct history *history)
{
    int64_t most_at = history->begin_at + MOST_S - 1;

    switch (dice(40)) {
    case 0:
        history->now_at += between(LIMIT_LEDGER_GAP_S - 1, LIMIT_LEDGER_GAP_S + 1);
        break;
    case 1:
        history->now_at += between(1, 3 * 3600);
        break;
    case 2:
        history->now_at += between(1, dice(4) ? 86400 : 40 * 86400);
        break;
    case 3:
    case 4:
        history->now_at -= between(1, 400);
        break;
    case 5:
    case 6:
    case 7:
        break; /* twice within one second */
    default:
        history->now_at += between(1, 45);
    }
    if (history->now_at < history->begin_at)
        history->now_at = history->begin_at;
    if (history->now_at > most_at)
        history->now_at = most_at;
}

static void event(struct history *history)
{
    struct subject *vm = &history->vms[dice(VMS)];

    if (vm->is_gone)
        return;
    switch (dice(12)) {
    case 0:
    case 1:
    case 2:
        state_change(history, vm);
        break;
    case 3:
        size_change(history, vm);
        break;
    case 4:
    case 5:
        snapshot_change(history, vm);
        break;
    case 6:
        if (!dice(30))
            vm_end(history, vm);
        break;
    default: /* the reconciler observes all of them */
        for (size_t i = 0; i < VMS; i++) {
            if (!history->vms[i].is_gone)
                note(history, &history->vms[i]);
        }
    }
}

static void history_play(struct history *history)
{
    struct team_create_row team;

    world_check(db_begin(DB), "begin");
    world_check(sql_team_create(DB, "T", NULL, NULL, history->begin_at, &team), "team");
    history->team_id = team.id;
    for (size_t i = 0; i < VMS; i++) {
        history->now_at += between(0, 5000);
        vm_make(history, &history->vms[i], i);
    }
    for (int i = 0; i < EVENTS; i++) {
        time_pass(history);
        event(history);
        /* What a killed worker has not committed did not happen. */
        if (i % 25 == 24) {
            world_check(db_commit(DB), "commit");
            world_check(db_begin(DB), "begin");
            world_check(sql_vm_set_observed(DB, history->vms[0].id, "paused", history->now_at),
                        "kill");
            world_check(ledger_note(DB, history->vms[0].id, history->now_at), "kill");
            db_rollback(history->world->db);
            world_check(db_begin(DB), "begin");
        }
    }
    world_check(db_commit(DB), "commit");
}

/* ---- the database's result ---- */

struct chain {
    const char *vm_id;
    int64_t from_at, until_at;
    size_t count;
    bool is_open, is_broken;
};

static bool chain_add(void *context, const struct ledger_interval *row)
{
    struct chain *chain = context;

    if (strcmp(row->vm_id, chain->vm_id) != 0)
        return true;
    if (!chain->count++)
        chain->from_at = row->from_at;
    else if (chain->until_at != row->from_at || chain->is_open)
        chain->is_broken = true;
    if (row->from_at < row->until_at &&
        date_month_start(row->from_at) != date_month_start(row->until_at - 1))
        chain->is_broken = true;
    chain->until_at = row->until_at;
    chain->is_open = row->is_open;
    return true;
}

static void assert_chain(struct history *history, const struct subject *vm)
{
    struct chain chain = { .vm_id = vm->id };
    struct ledger_walk walk = { .team_id = history->team_id,
                                .from_at = history->begin_at,
                                .until_at = INT64_MAX / 2,
                                .visit = chain_add,
                                .context = &chain };

    walk.until_at = history->begin_at + MOST_S + 1;
    world_check(ledger_walk(DB, &walk), "walk");
    if (!chain.count) {
        assert_int_equal(vm->seen_at, vm->created_at); /* not observed yet */
        return;
    }
    assert_false(chain.is_broken);
    assert_int_equal(chain.from_at, vm->created_at);
    assert_int_equal(chain.until_at, vm->seen_at);
    assert_int_equal(chain.is_open, !vm->is_gone);
}

static int64_t truth_between(const struct history *history, int64_t from_at, int64_t until_at)
{
    int64_t parts = 0;

    for (int64_t at = from_at; at < until_at; at++)
        parts += history->parts[at - history->begin_at];
    return parts / 3600;
}

static int64_t cost_between(struct history *history, int64_t from_at, int64_t until_at)
{
    int64_t millicents;

    world_check(ledger_cost_after(DB, history->team_id, from_at, from_at, until_at, &millicents),
                "cost");
    return millicents;
}

static int64_t history_check(struct history *history)
{
    int64_t end_at = history->begin_at + MOST_S;
    int64_t whole = cost_between(history, 0, end_at);

    for (size_t i = 0; i < VMS; i++)
        assert_chain(history, &history->vms[i]);
    assert_int_equal(whole, truth_between(history, history->begin_at, end_at));
    for (int64_t month_at = date_month_start(history->begin_at); month_at < end_at;
         month_at = date_month_end(month_at))
        ledger_check_month(history->world, history->arena, history->team_id, month_at);
    for (int i = 0; i < WINDOWS; i++) {
        int64_t from_at = between(history->begin_at, end_at - 1);
        int64_t until_at = between(from_at, dice(2) ? end_at : from_at + 3600);

        if (until_at > end_at)
            until_at = end_at;
        assert_int_equal(cost_between(history, from_at, until_at),
                         truth_between(history, from_at, until_at));
    }
    return whole;
}

static void prices_make(struct world *world, int64_t begin_at)
{
    struct arena *arena = world->arena;

    world_check(sql_price_withdraw(world->db, arena, 0), "prices");
    for (size_t i = 0; i < PRICE_SETS; i++) {
        int64_t from_at = i ? begin_at + (int64_t)i * PRICE_SET_S : 1;
        struct price_set set = { from_at, between(0, 500), between(0, 3000), between(0, 20),
                                 between(0, 20) };

        price_sets[i] = set;
        world_check(sql_price_add(world->db, arena, "nano", from_at, set.nano), "price");
        world_check(sql_price_add(world->db, arena, "small", from_at, set.small), "price");
        world_check(sql_price_add(world->db, arena, PRICE_STOPPED_DISK, from_at, set.disk),
                    "price");
        world_check(sql_price_add(world->db, arena, PRICE_SNAPSHOT, from_at, set.snapshot),
                    "price");
    }
}

static void random_histories_are_exact_to_the_millicent(void **state)
{
    struct world *world = world_open(world_folder("fake:///local"));
    struct history *history = calloc(1, sizeof *history);
    int64_t *parts = calloc(MOST_S + 1, sizeof *parts);
    int64_t begin_at = 1793491200 - 1500, most = 0; /* before the end of October 2026 */
    size_t with_cost = 0;

    (void)state;
    assert_non_null(parts);
    dice_state = 7;
    prices_make(world, begin_at);
    for (uint64_t i = 1; i <= HISTORIES; i++) {
        int64_t cost;

        dice_state = i * 0x9e3779b97f4a7c15u;
        memset(parts, 0, (MOST_S + 1) * sizeof *parts);
        *history = (struct history){ .world = world,
                                     .arena = arena_new(64 * 1024 * 1024),
                                     .begin_at = begin_at,
                                     .now_at = begin_at,
                                     .parts = parts };
        history_play(history);
        cost = history_check(history);
        with_cost += cost > 0;
        most = cost > most ? cost : most;
        arena_free(history->arena);
    }
    print_message("%d histories, the dearest %lld millicents\n", HISTORIES, (long long)most);
    assert_true(with_cost > HISTORIES * 9 / 10);
    ledger_check_tables(world);
    free(parts);
    free(history);
    world_close(world);
}

/* ---- months longer than a batch ---- */

struct long_month {
    const size_t *counts; /* of the intervals of VMs "a", "b" and "c" */
    int64_t month_at;
    size_t seen[3];
    char last;
};

static bool long_month_add(void *context, const struct ledger_interval *row)
{
    struct long_month *month = context;
    size_t vm = (size_t)(row->vm_id[0] - 'a');

    assert_true(row->vm_id[0] >= month->last);
    month->last = row->vm_id[0];
    assert_int_equal(row->from_at, month->month_at + (int64_t)month->seen[vm] * 60);
    month->seen[vm]++;
    return true;
}

static void assert_walk(struct world *world, struct long_month month)
{
    struct ledger_walk walk = { .team_id = world->team_id,
                                .from_at = month.month_at,
                                .until_at = date_month_end(month.month_at),
                                .visit = long_month_add,
                                .context = &month };

    world_check(ledger_walk(world->db, world->arena, &walk), "walk");
    for (size_t i = 0; i < COUNT(month.seen); i++)
        assert_int_equal(month.seen[i], month.counts[i]);
}

static void a_month_is_walked_whole_however_long(void **state)
{
    enum { BATCH = LIMIT_LEDGER_CHUNK };
    static const size_t counts[][3] = {
        { 3, 2 * BATCH + 50, 1 },    { BATCH, 1, 1 }, { BATCH - 1, 1, BATCH }, { 2 * BATCH, 0, 2 },
        { BATCH - 2, BATCH + 2, 0 }, { 0, 0, 0 },
    };
    struct world *world = world_open(world_folder("fake:///local"));
    int64_t month_at = 1893456000; /* behind all others */

    (void)state;
    world_check(db_begin(world->db, world->arena), "begin");
    for (size_t i = 0; i < COUNT(counts); i++, month_at = date_month_end(month_at)) {
        struct long_month month = { .counts = counts[i], .month_at = month_at };

        for (size_t vm = 0; vm < 3; vm++) {
            for (size_t n = 0; n < counts[i][vm]; n++)
                world_check(sql_ledger_put(world->db, world->arena, world->team_id, month_at,
                                           (char[]){ (char)('a' + vm), '\0' },
                                           month_at + (int64_t)n * 60,
                                           month_at + (int64_t)n * 60 + 60, false, "name",
                                           n % 2 ? "running" : "stopped", "nano", 1, 0),
                            "put");
        }
        assert_walk(world, month);
    }
    world_check(db_commit(world->db, world->arena), "commit");
    world_close(world);
}

/* ---- the calculation alone ---- */

static struct price_list_row rows[] = {
    { "nano", 1000, 100 },
    { PRICE_SNAPSHOT, 1000, 3 },
    { PRICE_STOPPED_DISK, 1000, 5 },
    { "nano", 4600, 200 },
};
static const struct price_list_rows list = { rows, COUNT(rows) };

static int64_t cost(const char *in_state, int64_t disk_gb, int64_t snapshot_gb, int64_t from_at,
                    int64_t until_at)
{
    const struct ledger_use use = { in_state, "nano", disk_gb, snapshot_gb };
    struct ledger_sum sum = { 0 };

    ledger_sum_add(&sum, &list, &use, from_at, until_at);
    assert_false(sum.is_too_large);
    return ledger_sum_millicents(&sum);
}

static void each_state_has_its_listed_price(void **state)
{
    (void)state;
    assert_int_equal(cost("running", 10, 0, 1000, 4600), 100);
    assert_int_equal(cost("running", 10, 10, 1000, 4600), 130);
    assert_int_equal(cost("stopped", 10, 0, 1000, 4600), 50);
    assert_int_equal(cost("stopped", 10, 10, 1000, 4600), 80);
    assert_int_equal(cost("absent", 10, 10, 1000, 4600), 0);
    assert_int_equal(cost("paused", 10, 10, 1000, 4600), 0);
    assert_int_equal(cost("unreachable", 10, 10, 1000, 4600), 0);
    /* Before the list begins everything is free; after a change, the new price applies. */
    assert_int_equal(cost("running", 10, 0, 0, 1000), 0);
    assert_int_equal(cost("running", 10, 0, 4600, 8200), 200);
    assert_int_equal(cost("running", 10, 0, 2800, 6400), 150);
    /* Rounded down, once: 35 seconds are 0.97 millicents. */
    assert_int_equal(cost("running", 10, 0, 1000, 1035), 0);
    assert_int_equal(cost("running", 10, 0, 1000, 1036), 1);
    assert_int_equal(cost("running", 10, 0, 1036, 1036), 0);
    assert_int_equal(cost("running", 10, 0, 1036, 1000), 0);
}

/* However time is split, the sum is the same: intermediate results are not rounded. */
static void pieces_add_up(void **state)
{
    const struct ledger_use use = { "running", "nano", 10, 7 };
    struct ledger_sum whole = { 0 }, pieces = { 0 };

    (void)state;
    dice_state = 42;
    ledger_sum_add(&whole, &list, &use, 1000, 100000);
    for (int64_t at = 1000; at < 100000;) {
        int64_t end_at = at + between(1, 30);

        end_at = end_at < 100000 ? end_at : 100000;
        ledger_sum_add(&pieces, &list, &use, at, end_at);
        at = end_at;
    }
    assert_int_equal(whole.parts, pieces.parts);
}

static void overflow_is_detected(void **state)
{
    static struct price_list_row dear[] = { { "nano", 0, LIMIT_PRICE_MILLICENTS },
                                            { PRICE_STOPPED_DISK, 0, LIMIT_PRICE_MILLICENTS } };
    static const struct price_list_rows prices = { dear, 2 };
    struct ledger_use use = { "running", "nano", INT64_MAX / 2, 0 };
    struct ledger_sum sum = { 0 };

    (void)state;
    /* Ten thousand VMs at the highest price, for a month. */
    for (int i = 0; i < 10000; i++)
        ledger_sum_add(&sum, &prices, &use, 0, 31 * 86400);
    assert_false(sum.is_too_large);
    assert_null(ledger_sum_check(arena_new(1000), &sum));
    use.state = "stopped";
    ledger_sum_add(&sum, &prices, &use, 0, 1);
    assert_true(sum.is_too_large);
    ledger_sum_add(&sum, &prices, &use, 0, 31 * 86400);
    assert_true(sum.is_too_large && sum.parts == INT64_MAX);
    assert_int_equal(ledger_sum_check(arena_new(1000), &sum)->kind, ERROR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_has_its_listed_price),
        cmocka_unit_test(pieces_add_up),
        cmocka_unit_test(overflow_is_detected),
        cmocka_unit_test(random_histories_are_exact_to_the_millicent),
        cmocka_unit_test(a_month_is_walked_whole_however_long),
    };

    fake_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
