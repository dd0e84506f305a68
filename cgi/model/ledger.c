/* The ledger; see ledger.h. Writing comes first, then reading. */
#include "model/ledger.h"

#include "base/date.h"
#include "base/limit.h"
#include "ledger_day.sql.h"
#include "ledger_sum.sql.h"
#include "main_constants.sql.h"
#include "model/price.h"
#include "team.sql.h"

#include <stdio.h>
#include <string.h>

enum { CHUNK_BYTES = 1024 * 1024, ID_BYTES = 32 };

/* ---- writing ---- */

/* The interval being written, and its writer. */
struct ledger_writer {
    struct db *db;
    struct arena *arena;
    struct ledger_open_row row; /* as it is in the database */
    int64_t team_created_at;
};

/*
 * Add to the VM's sum, and to the team's days, what the closed interval adds up to; without one,
 * make sure that the VM has a sum in this month.
 */
static struct error *sums_add(struct ledger_writer *writer, const struct ledger_totals *totals)
{
    const struct ledger_open_row *row = &writer->row;
    struct error *e =
        sql_ledger_sum_add(writer->db, writer->arena, row->team_id, row->month_at, row->vm_id,
                           row->until_at, totals->running_s, totals->stopped_s, totals->unbilled_s,
                           totals->stretches, totals->cost.parts);

    for (int64_t day = 0; !e && day < LEDGER_DAYS; day++) {
        if (totals->days[day].parts)
            e = sql_ledger_day_add(writer->db, writer->arena, row->team_id, row->month_at, day,
                                   totals->days[day].parts, totals->days_storage[day].parts);
    }
    return e;
}

static struct error *interval_sum(struct ledger_writer *writer)
{
    const struct ledger_open_row *row = &writer->row;
    const struct ledger_use use = { row->state, row->size, row->disk_gb, row->snapshot_gb };
    struct ledger_totals totals = { .month_at = row->month_at };
    struct price_list_rows prices;
    struct error *e = sql_price_list(writer->db, writer->arena, &prices);

    if (e)
        return e;
    ledger_totals_add(&totals, &prices, &use,
                      row->from_at > writer->team_created_at ? row->from_at
                                                             : writer->team_created_at,
                      row->until_at);
    return sums_add(writer, &totals);
}

static struct error *interval_end(struct ledger_writer *writer, int64_t until_at, bool is_open)
{
    struct ledger_open_row *row = &writer->row;
    struct error *e;

    row->until_at = until_at;
    e = sql_ledger_extend(writer->db, writer->arena, row->team_id, row->month_at, row->vm_id,
                          row->from_at, until_at, is_open);
    return e || is_open ? e : interval_sum(writer);
}

/* Start a new row with the same content at `from_at`: open, with a length of 0 seconds. */
static struct error *interval_begin(struct ledger_writer *writer, int64_t from_at)
{
    struct ledger_open_row *row = &writer->row;
    struct error *e;

    row->from_at = row->until_at = from_at;
    row->month_at = date_month_start(from_at);
    e = sql_ledger_put(writer->db, writer->arena, row->team_id, row->month_at, row->vm_id, from_at,
                       from_at, true, row->vm_name, row->state, row->size, row->disk_gb,
                       row->snapshot_gb);
    return e ? e : sums_add(writer, &(struct ledger_totals){ .month_at = row->month_at });
}

/* Extend the open interval to `until_at`; a new row continues it at the end of each month. */
static struct error *interval_extend(struct ledger_writer *writer, int64_t until_at)
{
    int64_t month_end_at = date_month_end(writer->row.from_at);
    struct error *e = NULL;

    while (!e && until_at > month_end_at) {
        e = interval_end(writer, month_end_at, false);
        if (!e)
            e = interval_begin(writer, month_end_at);
        month_end_at = date_month_end(month_end_at);
    }
    return e ? e : interval_end(writer, until_at, true);
}

static struct error *interval_turn(struct ledger_writer *writer, const struct ledger_open_row *next)
{
    int64_t at = writer->row.until_at;
    struct error *e = interval_end(writer, at, false);

    writer->row = *next;
    return e ? e : interval_begin(writer, at);
}

/* The interval for the VM's current row. A size that is only requested does not count yet. */
static struct ledger_open_row row_of(const struct ledger_vm_row *vm, const char *vm_id,
                                     const struct ledger_open_row *before)
{
    bool is_size_unsure = before && strcmp(vm->state, VM_STATE_RESIZING) == 0;

    return (struct ledger_open_row){
        .team_id = vm->team_id,
        .vm_id = vm_id,
        .vm_name = vm->name,
        .state = vm->observed,
        .size = is_size_unsure ? before->size : vm->size,
        .disk_gb = is_size_unsure ? before->disk_gb : vm->disk_gb,
        .snapshot_gb = vm->snapshot_gb,
    };
}

static bool is_same(const struct ledger_open_row *a, const struct ledger_open_row *b)
{
    return strcmp(a->state, b->state) == 0 && strcmp(a->size, b->size) == 0 &&
           a->disk_gb == b->disk_gb && a->snapshot_gb == b->snapshot_gb;
}

/* `*is_over`: the VM is destroyed and its ledger closed. */
static struct error *interval_find(struct ledger_writer *writer, const char *vm_id,
                                   const struct ledger_vm_row *vm, bool *is_over)
{
    struct ledger_has_row has;
    struct error *e = sql_ledger_open(writer->db, writer->arena, vm_id, &writer->row);

    *is_over = false;
    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    e = sql_ledger_has(writer->db, writer->arena, vm->team_id, date_month_start(vm->created_at),
                       vm_id, vm->created_at, &has);
    *is_over = !e && has.total > 0;
    if (e || *is_over)
        return e;
    writer->row = row_of(vm, vm_id, NULL);
    writer->row.state = "absent";
    return interval_begin(writer, vm->created_at);
}

struct error *ledger_note(struct db *db, struct arena *arena, const char *vm_id, int64_t now_at)
{
    struct ledger_writer writer = { .db = db, .arena = arena };
    struct ledger_open_row next, nobody;
    struct ledger_vm_row vm;
    bool is_over = false;
    struct error *e = sql_ledger_vm(db, arena, vm_id, &vm);

    writer.team_created_at = e ? 0 : vm.team_created_at;
    if (!e)
        e = interval_find(&writer, vm_id, &vm, &is_over);
    if (e || is_over)
        return e;
    if (now_at < writer.row.until_at)
        now_at = writer.row.until_at;
    next = row_of(&vm, vm_id, &writer.row);
    nobody = writer.row;
    nobody.state = "unreachable";
    if (now_at - writer.row.until_at > LIMIT_LEDGER_GAP_S) {
        e = interval_turn(&writer, &nobody);
    }
    if (!e)
        e = interval_extend(&writer, now_at);
    if (!e && vm.gone_at)
        return interval_end(&writer, now_at, false);
    return e || is_same(&writer.row, &next) ? e : interval_turn(&writer, &next);
}

/* ---- reading ---- */

struct error *ledger_sum_check(struct arena *arena, const struct ledger_sum *sum)
{
    return sum->is_too_large ? error_new(arena, ERROR_INTERNAL, "cost overflow") : NULL;
}

/* The VM whose intervals are being visited. */
struct walked {
    char id[ID_BYTES], name[LIMIT_HOST_NAME_BYTES + 1];
    bool is_known;
};

/* Once for all intervals of a month. */
static struct error *walked_turn(struct db *db, struct arena *chunk, const struct ledger_walk *walk,
                                 int64_t month_at, const char *vm_id, struct walked *vm)
{
    struct ledger_vm_name_row now;
    struct error *e = sql_ledger_vm_name(db, chunk, walk->team_id, month_at, vm_id, &now);

    if (e)
        return e;
    vm->is_known = now.is_known;
    snprintf(vm->id, sizeof vm->id, "%s", vm_id);
    snprintf(vm->name, sizeof vm->name, "%s", now.name);
    return NULL;
}

/* An interval that was over at the moment it began is none. */
static bool row_visit(const struct ledger_walk *walk, const struct walked *vm,
                      const struct ledger_chunk_row *row)
{
    const struct ledger_interval interval = {
        .vm_id = vm->id,
        .name = vm->name,
        .is_known = vm->is_known,
        .from_at = row->from_at > walk->from_at ? row->from_at : walk->from_at,
        .until_at = row->until_at < walk->until_at ? row->until_at : walk->until_at,
        .is_open = row->is_open,
        .use = { row->state, row->size, row->disk_gb, row->snapshot_gb },
    };

    return interval.from_at > interval.until_at ||
           (row->from_at == row->until_at && !row->is_open) ||
           walk->visit(walk->context, &interval);
}

/* The next rows of a month: of the VM `vm_id` behind an interval, or with NULL behind that VM. */
static struct error *rows_read(struct db *db, struct arena *chunk, const struct ledger_walk *walk,
                               int64_t month_at, const char *vm_id, const int64_t *after_from_at,
                               struct ledger_chunk_rows *out)
{
    struct ledger_vm_chunk_rows rest;
    struct error *e;

    if (!after_from_at)
        return sql_ledger_chunk(db, chunk, walk->team_id, month_at, vm_id, LIMIT_LEDGER_CHUNK, out);
    e = sql_ledger_vm_chunk(db, chunk, walk->team_id, month_at, vm_id, *after_from_at,
                            LIMIT_LEDGER_CHUNK, &rest);
    if (e)
        return e;
    out->count = rest.count;
    out->row = arena_array(chunk, rest.count, sizeof *out->row);
    for (size_t i = 0; i < rest.count; i++) {
        const struct ledger_vm_chunk_row *row = &rest.row[i];

        out->row[i] =
            (struct ledger_chunk_row){ vm_id,      row->from_at, row->until_at, row->is_open,
                                       row->state, row->size,    row->disk_gb,  row->snapshot_gb };
    }
    return NULL;
}

/*
 * Visit one month; `chunk` holds one batch of rows. `*is_enough`: the visitor has asked to stop. A
 * full batch may have cut its last VM short: its rest comes next, and then what is behind it.
 */
static struct error *month_walk(struct db *db, struct arena *chunk, const struct ledger_walk *walk,
                                int64_t month_at, bool *is_enough)
{
    struct walked vm = { .id = "" };
    int64_t from_at, *after_from_at = NULL;
    bool is_cut, is_end = false;
    struct error *e = NULL;

    while (!e && !is_end && !*is_enough) {
        struct ledger_chunk_rows rows = { .count = 0 };

        arena_reset(chunk);
        e = rows_read(db, chunk, walk, month_at, vm.id, after_from_at, &rows);
        for (size_t i = 0; !e && i < rows.count && !*is_enough; i++) {
            from_at = rows.row[i].from_at;
            if (strcmp(vm.id, rows.row[i].vm_id) != 0)
                e = walked_turn(db, chunk, walk, month_at, rows.row[i].vm_id, &vm);
            *is_enough = !e && !row_visit(walk, &vm, &rows.row[i]);
        }
        is_cut = rows.count == LIMIT_LEDGER_CHUNK;
        is_end = !is_cut && !after_from_at;
        after_from_at = is_cut ? &from_at : NULL;
    }
    return e;
}

struct error *ledger_walk(struct db *db, struct arena *arena, const struct ledger_walk *walk)
{
    struct ledger_walk own = *walk;
    struct team_money_row team;
    struct error *e = sql_team_money(db, arena, walk->team_id, &team);
    struct arena *chunk;
    bool is_enough = false;

    if (e)
        return e;
    /* Ids of deleted teams can be reused: rows from before the team was created belong to another
     * team. */
    if (own.from_at < team.created_at)
        own.from_at = team.created_at;
    chunk = arena_new(CHUNK_BYTES);
    for (int64_t month_at = date_month_start(own.from_at);
         !e && !is_enough && month_at < own.until_at; month_at = date_month_end(month_at))
        e = month_walk(db, chunk, &own, month_at, &is_enough);
    if (e)
        e = error_copy(arena, e);
    arena_free(chunk);
    return e;
}

struct costing {
    struct price_list_rows prices;
    int64_t after_at;
    struct ledger_sum sum, before; /* of everything, and until `after_at` */
};

static bool cost_add(void *context, const struct ledger_interval *row)
{
    struct costing *costing = context;
    int64_t until_at = row->until_at < costing->after_at ? row->until_at : costing->after_at;

    ledger_sum_add(&costing->sum, &costing->prices, &row->use, row->from_at, row->until_at);
    ledger_sum_add(&costing->before, &costing->prices, &row->use, row->from_at, until_at);
    return true;
}

struct error *ledger_cost_after(struct db *db, struct arena *arena, int64_t team_id,
                                int64_t from_at, int64_t after_at, int64_t until_at,
                                int64_t *out_millicents)
{
    struct costing costing = { .after_at = after_at };
    struct ledger_walk walk = { .team_id = team_id,
                                .from_at = from_at,
                                .until_at = until_at,
                                .visit = cost_add,
                                .context = &costing };
    struct error *e = sql_price_list(db, arena, &costing.prices);

    if (!e)
        e = ledger_walk(db, arena, &walk);
    if (!e)
        e = ledger_sum_check(arena, &costing.sum);
    *out_millicents =
        e ? 0 : ledger_sum_millicents(&costing.sum) - ledger_sum_millicents(&costing.before);
    return e;
}
