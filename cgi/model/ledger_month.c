/* Whole months of the ledger; see ledger_month.h. */
#include "model/ledger_month.h"

#include "base/limit.h"
#include "ledger_day.sql.h"
#include "ledger_sum.sql.h"
#include "main_constants.sql.h"
#include "team.sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 256 * 1024, ID_BYTES = 32 };

struct reading {
    struct db *db;
    const struct ledger_team *team;
    int64_t month_at;
    void (*visit)(void *context, const struct ledger_month_vm *vm);
    void *context;
    struct ledger_totals *totals;
};

/* Whether an interval of a month counts, and from when: not from before its team was created. */
static bool is_of_month(const struct ledger_living_row *row, int64_t month_at,
                        int64_t team_created_at, int64_t *from_at)
{
    *from_at = row->from_at > team_created_at ? row->from_at : team_created_at;
    return row->month_at == month_at && *from_at <= row->until_at;
}

static struct ledger_use use_of(const struct ledger_living_row *row)
{
    return (struct ledger_use){ row->state, row->size, row->disk_gb, row->snapshot_gb };
}

/* ---- a VM ---- */

static struct ledger_month_vm vm_of(const struct ledger_sum_list_row *row)
{
    struct ledger_month_vm vm = { .vm_id = row->vm_id,
                                  .running_s = row->running_s,
                                  .stopped_s = row->stopped_s,
                                  .unbilled_s = row->unbilled_s };

    ledger_sum_parts(&vm.cost, row->parts);
    return vm;
}

static void open_add(struct ledger_month_vm *vm, const struct price_list_rows *prices,
                     const struct ledger_living_row *row, int64_t from_at)
{
    int64_t length_s = row->until_at - from_at;

    vm->has_open = true;
    vm->use = use_of(row);
    vm->from_at = from_at;
    vm->until_at = row->until_at;
    ledger_sum_add(&vm->cost, prices, &vm->use, from_at, row->until_at);
    if (strcmp(row->state, LEDGER_STATE_RUNNING) == 0)
        vm->running_s += length_s;
    else if (strcmp(row->state, LEDGER_STATE_STOPPED) == 0)
        vm->stopped_s += length_s;
    else
        vm->unbilled_s += length_s;
}

static bool has_interval(const struct ledger_month_vm *vm)
{
    return vm->has_open || vm->running_s || vm->stopped_s || vm->unbilled_s;
}

/* ---- all VMs ---- */

static int id_compares(const void *a, const void *b)
{
    const struct ledger_living_row *first = a, *second = b;

    return strcmp(first->vm_id, second->vm_id);
}

struct error *ledger_team_read(struct db *db, struct arena *arena, int64_t team_id,
                               struct ledger_team *out)
{
    struct team_money_row team;
    struct error *e = sql_team_money(db, arena, team_id, &team);

    if (e)
        return e;
    *out = (struct ledger_team){ .team_id = team_id, .created_at = team.created_at };
    e = sql_price_list(db, arena, &out->prices);
    if (!e)
        e = sql_ledger_living(db, arena, team_id, &out->living);
    if (!e && out->living.count)
        qsort(out->living.row, out->living.count, sizeof *out->living.row, id_compares);
    return e;
}

static struct error *vm_visit(const struct reading *reading, struct arena *chunk,
                              const struct ledger_living_row *living, struct ledger_month_vm *vm)
{
    struct ledger_vm_name_row now = { .name = living ? living->name : NULL, .is_known = true };
    struct error *e = NULL;

    if (!living)
        e = sql_ledger_vm_name(reading->db, chunk, reading->team->team_id, reading->month_at,
                               vm->vm_id, &now);
    if (e)
        return e;
    vm->name = now.name;
    vm->is_known = now.is_known;
    reading->visit(reading->context, vm);
    return NULL;
}

static struct error *vm_read(const struct reading *reading, struct arena *chunk,
                             const struct ledger_sum_list_row *row)
{
    const struct ledger_team *team = reading->team;
    const struct ledger_living_row key = { .vm_id = row->vm_id };
    const struct ledger_living_row *living =
        team->living.count
            ? bsearch(&key, team->living.row, team->living.count, sizeof key, id_compares)
            : NULL;
    struct ledger_totals *totals = reading->totals;
    struct ledger_month_vm vm = vm_of(row);
    int64_t from_at;

    totals->running_s += row->running_s;
    totals->stopped_s += row->stopped_s;
    totals->unbilled_s += row->unbilled_s;
    totals->stretches += row->stretches;
    ledger_sum_parts(&totals->cost, row->parts);
    if (living && is_of_month(living, reading->month_at, team->created_at, &from_at)) {
        open_add(&vm, &team->prices, living, from_at);
        ledger_totals_add(totals, &team->prices, &vm.use, from_at, vm.until_at);
    }
    return has_interval(&vm) ? vm_visit(reading, chunk, living, &vm) : NULL;
}

/* A full batch is left before its last VM, with which the next one begins. */
static struct error *vms_read(const struct reading *reading, struct arena *chunk)
{
    char first[ID_BYTES] = "";
    bool is_end = false;
    struct error *e = NULL;

    while (!e && !is_end) {
        struct ledger_sum_list_rows rows = { .count = 0 };
        size_t count;

        arena_reset(chunk);
        e = sql_ledger_sum_list(reading->db, chunk, reading->team->team_id, reading->month_at,
                                first, LIMIT_LEDGER_CHUNK, &rows);
        is_end = rows.count < LIMIT_LEDGER_CHUNK;
        count = is_end ? rows.count : rows.count - 1;
        for (size_t i = 0; !e && i < count; i++)
            e = vm_read(reading, chunk, &rows.row[i]);
        if (!e && !is_end)
            snprintf(first, sizeof first, "%s", rows.row[count].vm_id);
    }
    return e;
}

static struct error *days_read(const struct reading *reading, struct arena *arena)
{
    struct ledger_day_list_rows rows;
    struct error *e =
        sql_ledger_day_list(reading->db, arena, reading->team->team_id, reading->month_at, &rows);

    for (size_t i = 0; !e && i < rows.count; i++) {
        ledger_sum_parts(&reading->totals->days[rows.row[i].day], rows.row[i].parts);
        ledger_sum_parts(&reading->totals->days_storage[rows.row[i].day],
                         rows.row[i].storage_parts);
    }
    return e;
}

struct error *ledger_month_read(struct db *db, struct arena *arena, const struct ledger_team *team,
                                int64_t month_at,
                                void (*visit)(void *context, const struct ledger_month_vm *vm),
                                void *context, struct ledger_totals *out)
{
    const struct reading reading = { .db = db,
                                     .team = team,
                                     .month_at = month_at,
                                     .visit = visit,
                                     .context = context,
                                     .totals = out };
    struct arena *chunk = arena_new(CHUNK_BYTES);
    struct error *e;

    *out = (struct ledger_totals){ .month_at = month_at };
    e = days_read(&reading, chunk);
    if (!e)
        e = vms_read(&reading, chunk);
    if (e)
        e = error_copy(arena, e);
    arena_free(chunk);
    return e ? e : ledger_sum_check(arena, &out->cost);
}

/* The days have the cost of all VMs. */
struct error *ledger_month_cost(struct db *db, struct arena *arena, const struct ledger_team *team,
                                int64_t month_at, int64_t *out_millicents)
{
    struct ledger_day_list_rows days;
    struct ledger_sum sum = { 0 };
    int64_t from_at;
    struct error *e = sql_ledger_day_list(db, arena, team->team_id, month_at, &days);

    for (size_t i = 0; !e && i < days.count; i++)
        ledger_sum_parts(&sum, days.row[i].parts);
    for (size_t i = 0; !e && i < team->living.count; i++) {
        const struct ledger_living_row *row = &team->living.row[i];
        const struct ledger_use use = use_of(row);

        if (is_of_month(row, month_at, team->created_at, &from_at))
            ledger_sum_add(&sum, &team->prices, &use, from_at, row->until_at);
    }
    if (!e)
        e = ledger_sum_check(arena, &sum);
    *out_millicents = e ? 0 : ledger_sum_millicents(&sum);
    return e;
}

struct error *ledger_month_read_vm(struct db *db, struct arena *arena, int64_t team_id,
                                   int64_t month_at, const char *vm_id,
                                   const struct price_list_rows *prices,
                                   struct ledger_month_vm *out)
{
    struct ledger_sum_list_rows sums;
    struct ledger_open_row open;
    struct team_money_row team;
    int64_t from_at;
    struct error *e = sql_team_money(db, arena, team_id, &team);

    *out = (struct ledger_month_vm){ .vm_id = vm_id };
    if (!e)
        e = sql_ledger_sum_list(db, arena, team_id, month_at, vm_id, 1, &sums);
    if (e || !sums.count || strcmp(sums.row[0].vm_id, vm_id) != 0)
        return e;
    *out = vm_of(&sums.row[0]);
    e = sql_ledger_open(db, arena, vm_id, &open);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!e) {
        const struct ledger_living_row row = { .month_at = open.month_at,
                                               .from_at = open.from_at,
                                               .until_at = open.until_at,
                                               .state = open.state,
                                               .size = open.size,
                                               .disk_gb = open.disk_gb,
                                               .snapshot_gb = open.snapshot_gb };

        if (is_of_month(&row, month_at, team.created_at, &from_at))
            open_add(out, prices, &row, from_at);
    }
    return ledger_sum_check(arena, &out->cost);
}
