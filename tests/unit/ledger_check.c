/* The sums of the ledger against its intervals; see ledger_check.h. */
#include "ledger_check.h"

#include "base/clock.h"
#include "base/date.h"
#include "model/ledger_month.h"
#include "model/state_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_VMS = 16 };

/* VMs as their intervals say, one after the other, and the same as the sums say. */
struct walked_month {
    struct world *world;
    struct arena *arena;
    struct ledger_team team;
    int64_t month_at;
    struct ledger_month_vm vms[MOST_VMS];
    size_t count, seen;
    int64_t parts;
};

static bool interval_add(void *context, const struct ledger_interval *row)
{
    struct walked_month *walked = context;
    struct ledger_month_vm *vm;
    int64_t length_s = row->until_at - row->from_at, before;

    if (!walked->count || strcmp(walked->vms[walked->count - 1].vm_id, row->vm_id) != 0) {
        assert_true(walked->count < MOST_VMS);
        walked->vms[walked->count++] =
            (struct ledger_month_vm){ .vm_id = arena_copy(walked->arena, row->vm_id),
                                      .name = arena_copy(walked->arena, row->name),
                                      .is_known = row->is_known };
    }
    vm = &walked->vms[walked->count - 1];
    before = vm->cost.parts;
    ledger_sum_add(&vm->cost, &walked->team.prices, &row->use, row->from_at, row->until_at);
    walked->parts += vm->cost.parts - before;
    if (strcmp(row->use.state, "running") == 0)
        vm->running_s += length_s;
    else if (strcmp(row->use.state, "stopped") == 0)
        vm->stopped_s += length_s;
    else
        vm->unbilled_s += length_s;
    vm->has_open = row->is_open;
    vm->from_at = row->from_at;
    vm->until_at = row->until_at;
    return true;
}

static void assert_same(const struct ledger_month_vm *vm, const struct ledger_month_vm *expected)
{
    assert_string_equal(vm->vm_id, expected->vm_id);
    assert_int_equal(vm->running_s, expected->running_s);
    assert_int_equal(vm->stopped_s, expected->stopped_s);
    assert_int_equal(vm->unbilled_s, expected->unbilled_s);
    assert_int_equal(vm->cost.parts, expected->cost.parts);
    assert_int_equal(vm->has_open, expected->has_open);
    if (!vm->has_open)
        return;
    assert_int_equal(vm->from_at, expected->from_at);
    assert_int_equal(vm->until_at, expected->until_at);
}

static void vm_check(void *context, const struct ledger_month_vm *vm)
{
    struct walked_month *walked = context;
    const struct ledger_month_vm *expected = &walked->vms[walked->seen++];
    struct ledger_month_vm alone;

    assert_true(walked->seen <= walked->count);
    assert_same(vm, expected);
    assert_string_equal(vm->name, expected->name);
    assert_int_equal(vm->is_known, expected->is_known);
    world_check(ledger_month_read_vm(walked->world->db, walked->arena, walked->team.team_id,
                                     walked->month_at, vm->vm_id, &walked->team.prices, &alone),
                "one VM");
    assert_same(&alone, expected);
}

static void assert_days(const struct walked_month *walked, const struct ledger_totals *totals)
{
    int64_t end_at = date_month_end(walked->month_at), millicents, parts = 0;

    for (size_t i = 0; i < LEDGER_DAYS; i++) {
        int64_t day_at = walked->month_at + (int64_t)i * A_DAY_S;

        parts += totals->days[i].parts;
        assert_in_range(totals->days_storage[i].parts, 0, totals->days[i].parts);
        if (day_at >= end_at) {
            assert_int_equal(totals->days[i].parts, 0);
            continue;
        }
        world_check(ledger_cost_after(walked->world->db, walked->arena, walked->team.team_id,
                                      day_at, day_at, day_at + A_DAY_S, &millicents),
                    "day");
        assert_int_equal(ledger_sum_millicents(&totals->days[i]), millicents);
    }
    assert_int_equal(parts, totals->cost.parts);
}

size_t ledger_check_month(struct world *world, struct arena *arena, int64_t team_id,
                          int64_t month_at)
{
    struct walked_month walked = { .world = world, .arena = arena, .month_at = month_at };
    struct ledger_walk walk = { .team_id = team_id,
                                .from_at = month_at,
                                .until_at = date_month_end(month_at),
                                .visit = interval_add,
                                .context = &walked };
    struct ledger_totals totals;
    int64_t millicents;

    world_check(ledger_team_read(world->db, arena, team_id, &walked.team), "team");
    world_check(ledger_walk(world->db, arena, &walk), "walk");
    world_check(
        ledger_month_read(world->db, arena, &walked.team, month_at, vm_check, &walked, &totals),
        "month");
    assert_int_equal(walked.seen, walked.count);
    assert_int_equal(totals.cost.parts, walked.parts);
    world_check(ledger_month_cost(world->db, arena, &walked.team, month_at, &millicents), "cost");
    assert_int_equal(millicents, ledger_sum_millicents(&totals.cost));
    assert_days(&walked, &totals);
    return walked.count;
}

void ledger_check_tables(struct world *world)
{
    static const char *const tables[] = { "ledger_sum", "ledger_day" };

    for (size_t i = 0; i < 2; i++) {
        char said[256] = "";
        FILE *pipe =
            popen(arena_printf(world->arena,
                               "sqlite3 '%s' \"SELECT 'wrong', * FROM (SELECT * FROM %s EXCEPT "
                               "SELECT * FROM %s_reckoned); SELECT 'lacks', * FROM (SELECT * FROM "
                               "%s_reckoned EXCEPT SELECT * FROM %s);\" 2>&1",
                               main_db_path(world->arena, world->state_dir), tables[i], tables[i],
                               tables[i], tables[i]),
                  "r");

        assert_non_null(pipe);
        if (fgets(said, sizeof said, pipe))
            fail_msg("%s: %s", tables[i], said);
        assert_int_equal(pclose(pipe), 0);
    }
}
