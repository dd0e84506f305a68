/*
 * The costs of a month; see cost_page.h. A single pass over the ledger fills everything, in memory
 * that does not grow with the number of intervals or VMs.
 */
#include "view/cost_page.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/date.h"
#include "base/limit.h"
#include "costs.html.h"
#include "main_constants.sql.h"
#include "model/ledger.h"
#include "model/money.h"
#include "model/price.h"
#include "model/spend_cap.h"
#include "team.sql.h"
#include "web/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS = 31, ID_BYTES = 32 };
enum { CHART_WIDTH = 620, CHART_HEIGHT = 1000, BAR_MARGIN = 3, EURO = 100000 };

/* ---- the pass over the ledger ---- */

/* State of the current VM, in memory that is reused for the next. */
struct line {
    char id[ID_BYTES], name[LIMIT_HOST_NAME_BYTES + 1];
    bool is_known;
    int64_t running_s, stopped_s, unbilled_s;
    struct ledger_sum sum;
};

struct tally {
    struct price_list_rows prices;
    int64_t month_at;
    struct ledger_sum total, others, days[DAYS], days_storage[DAYS];
    struct line now, lines[LIMIT_COST_VMS];
    size_t count;
    int64_t other_count, lines_of_file;
};

static int costs_less(const void *a, const void *b)
{
    const struct line *first = a, *second = b;

    return (first->sum.parts < second->sum.parts) - (first->sum.parts > second->sum.parts);
}

/* The VM is complete: add it to the list, replace the cheapest one, or add it to the others. */
static void line_end(struct tally *tally)
{
    struct line *place = &tally->lines[tally->count];

    if (!*tally->now.id)
        return;
    if (tally->count == LIMIT_COST_VMS) {
        place = &tally->lines[0];
        for (size_t i = 1; i < tally->count; i++) {
            if (tally->lines[i].sum.parts < place->sum.parts)
                place = &tally->lines[i];
        }
        if (place->sum.parts < tally->now.sum.parts) {
            tally->others.parts += place->sum.parts;
            *place = tally->now;
        } else {
            tally->others.parts += tally->now.sum.parts;
        }
        tally->other_count++;
    } else {
        *place = tally->now;
        tally->count++;
    }
    tally->now = (struct line){ .id = "" };
}

/* The part that is not for running: of a running VM its snapshots, of a stopped one everything. */
static struct ledger_use storage_of(const struct ledger_use *use)
{
    struct ledger_use storage = *use;

    if (strcmp(use->state, LEDGER_STATE_RUNNING) == 0) {
        storage.state = LEDGER_STATE_STOPPED;
        storage.disk_gb = 0;
    }
    return storage;
}

static void days_add(struct tally *tally, const struct ledger_use *use,
                     const struct ledger_interval *row)
{
    const struct ledger_use storage = storage_of(use);

    for (int64_t at = row->from_at; at < row->until_at;) {
        int64_t day = (at - tally->month_at) / A_DAY_S;
        int64_t day_end_at = tally->month_at + (day + 1) * A_DAY_S;
        int64_t end_at = day_end_at < row->until_at ? day_end_at : row->until_at;

        ledger_sum_add(&tally->days[day], &tally->prices, use, at, end_at);
        ledger_sum_add(&tally->days_storage[day], &tally->prices, &storage, at, end_at);
        at = end_at;
    }
}

/* Until when an interval has the price that it has at `at`. */
static int64_t stretch_end(const struct price_list_rows *prices, const struct ledger_interval *row,
                           int64_t at)
{
    struct ledger_use use = row->use;
    int64_t rate = ledger_rate(prices, &use, at), end_at = at;

    while (end_at < row->until_at && ledger_rate(prices, &use, end_at) == rate)
        end_at = price_change_after(prices, end_at);
    return end_at < row->until_at ? end_at : row->until_at;
}

static bool row_add(void *context, const struct ledger_interval *row)
{
    struct tally *tally = context;
    struct ledger_use use = row->use;
    int64_t length_s = row->until_at - row->from_at;
    struct line *now = &tally->now;

    if (strcmp(now->id, row->vm_id) != 0) {
        line_end(tally);
        snprintf(now->id, sizeof now->id, "%s", row->vm_id);
        snprintf(now->name, sizeof now->name, "%s", row->name);
        now->is_known = row->is_known;
    }
    for (int64_t at = row->from_at; at < row->until_at; tally->lines_of_file++)
        at = stretch_end(&tally->prices, row, at);
    ledger_sum_add(&tally->total, &tally->prices, &use, row->from_at, row->until_at);
    ledger_sum_add(&now->sum, &tally->prices, &use, row->from_at, row->until_at);
    days_add(tally, &use, row);
    if (strcmp(row->use.state, LEDGER_STATE_RUNNING) == 0)
        now->running_s += length_s;
    else if (strcmp(row->use.state, LEDGER_STATE_STOPPED) == 0)
        now->stopped_s += length_s;
    else
        now->unbilled_s += length_s;
    return true;
}

static struct error *tally_take(struct request *r, struct tally *tally)
{
    struct ledger_walk walk = {
        .team_id = r->session->team_id,
        .from_at = tally->month_at,
        .until_at = date_month_end(tally->month_at),
        .visit = row_add,
        .context = tally,
    };
    struct error *e = sql_price_list(r->db, r->arena, &tally->prices);

    if (!e)
        e = ledger_walk(r->db, r->arena, &walk);
    if (!e)
        e = ledger_sum_check(r->arena, &tally->total);
    if (e)
        return e;
    line_end(tally);
    qsort(tally->lines, tally->count, sizeof tally->lines[0], costs_less);
    return NULL;
}

/* ---- the page ---- */

static const char *amount(struct request *r, const struct ledger_sum *sum)
{
    return price_amount(r->config, r->arena, ledger_sum_millicents(sum));
}

/* The upper edge of the chart: 2, 4 or 10 cents, or ten, a hundred... times that. */
static int64_t chart_top(int64_t most)
{
    int64_t unit = 1000;

    while (most > 10 * unit)
        unit *= 10;
    return most <= 2 * unit ? 2 * unit : most <= 4 * unit ? 4 * unit : 10 * unit;
}

/* The bars of a day: running at the bottom, storage on top of it. */
static struct cost_day day_of(struct request *r, const struct tally *tally, int64_t day,
                              int64_t day_count, int64_t top)
{
    int64_t all = ledger_sum_millicents(&tally->days[day]);
    int64_t storage = ledger_sum_millicents(&tally->days_storage[day]);
    int64_t running_height = (all - storage) * CHART_HEIGHT / top;
    int64_t storage_height = all * CHART_HEIGHT / top - running_height;

    return (struct cost_day){
        .day = date_day(r->arena, tally->month_at + day * A_DAY_S),
        .cost = price_amount(r->config, r->arena, all),
        .running = price_amount(r->config, r->arena, all - storage),
        .storage = price_amount(r->config, r->arena, storage),
        .x = day * CHART_WIDTH / day_count + BAR_MARGIN,
        .running_y = CHART_HEIGHT - running_height,
        .running_height = running_height,
        .storage_y = CHART_HEIGHT - running_height - storage_height,
        .storage_height = storage_height,
    };
}

/* "1 Nov": the page names the year. */
static const char *day_label(struct request *r, int64_t at)
{
    const char *day = date_day(r->arena, at);

    return arena_copy_bytes(r->arena, day, strlen(day) - strlen(" 2026"));
}

static void days_fill(struct request *r, const struct tally *tally, struct costs_html *page)
{
    int64_t end_at = date_month_end(tally->month_at);
    int64_t day_count = (end_at - tally->month_at) / A_DAY_S, most = 0, top;
    int decimals;

    for (size_t i = 0; i < DAYS; i++) {
        int64_t cost = ledger_sum_millicents(&tally->days[i]);

        most = cost > most ? cost : most;
    }
    top = chart_top(most);
    decimals = top < 2 * EURO ? 2 : 0;
    page->chart = (struct cost_chart){
        .top = money_millicents(r->config, r->arena, top, decimals),
        .half = money_millicents(r->config, r->arena, top / 2, decimals),
        .zero = money_millicents(r->config, r->arena, 0, 0),
        .first_day = day_label(r, tally->month_at),
        .middle_day = day_label(r, tally->month_at + day_count / 2 * A_DAY_S),
        .last_day = day_label(r, end_at - 1),
        .most = price_amount(r->config, r->arena, most),
        .first_s = tally->month_at,
        .last_step = day_count - 1,
    };
    page->days.row = arena_array(r->arena, DAYS, sizeof *page->days.row);
    for (int64_t day = 0; day < day_count && tally->month_at + day * A_DAY_S <= r->now_at; day++)
        page->days.row[page->days.count++] = day_of(r, tally, day, day_count, top);
}

static void lists_fill(struct request *r, const struct tally *tally, struct costs_html *page)
{
    int64_t files = (tally->lines_of_file + LIMIT_CSV_ROWS - 1) / LIMIT_CSV_ROWS;

    page->vms.row = arena_array(r->arena, tally->count, sizeof *page->vms.row);
    for (size_t i = 0; i < tally->count; i++) {
        const struct line *line = &tally->lines[i];

        page->vms.row[page->vms.count++] = (struct cost_vm){
            .id = line->id,
            .name = line->name,
            .cost = amount(r, &line->sum),
            .running_ms = line->running_s * 1000,
            .stopped_ms = line->stopped_s * 1000,
            .unbilled_ms = line->unbilled_s * 1000,
            .is_known = line->is_known,
        };
    }
    page->files.row = arena_array(r->arena, (size_t)files, sizeof *page->files.row);
    page->has_parts = files > 1;
    for (int64_t i = 1; i <= files; i++)
        page->files.row[page->files.count++] = (struct cost_file){ i };
}

/* The forecast, and the forecast if everything were stopped. */
static struct error *outlook_fill(struct request *r, const struct tally *tally,
                                  struct costs_html *page)
{
    int64_t now_at = r->now_at, end_at = date_month_end(now_at);
    struct ledger_sum forecast = tally->total;
    int64_t now_rate = 0, stopped_rate = 0;
    struct ledger_living_rows vms;
    struct error *e = sql_ledger_living(r->db, r->arena, r->session->team_id, &vms);

    for (size_t i = 0; !e && i < vms.count; i++) {
        const struct ledger_living_row *vm = &vms.row[i];
        struct ledger_use use = { vm->state, vm->size, vm->disk_gb, vm->snapshot_gb };
        /*
         * The time since the last sample counts like the time before, unless the gap is too long.
         */
        int64_t from_at = vm->until_at + LIMIT_LEDGER_GAP_S < now_at ? now_at : vm->until_at;

        ledger_sum_add(&forecast, &tally->prices, &use, from_at, end_at);
        now_rate += ledger_rate(&tally->prices, &use, now_at);
        if (strcmp(use.state, LEDGER_STATE_ABSENT) == 0)
            continue;
        use.state = "stopped";
        stopped_rate += ledger_rate(&tally->prices, &use, now_at);
    }
    if (!e)
        e = ledger_sum_check(r->arena, &forecast);
    if (e)
        return e;
    page->forecast = amount(r, &forecast);
    page->month_end = date_day(r->arena, end_at);
    page->now_hour = price_hour(r->config, r->arena, now_rate);
    page->stopped_month = price_month(r->config, r->arena, stopped_rate);
    return NULL;
}

static struct error *spend_fill(struct request *r, struct costs_html *page)
{
    struct spend_cap spend;
    const struct context context = request_context(r);
    struct error *e = spend_cap_check(&context, r->session->team_id, &spend);

    if (e)
        return e;
    page->spend_percent = spend.percent;
    page->spend_shown = spend.percent < 100 ? spend.percent : 100;
    page->spend_amount = spend.amount;
    page->spend_cap = spend.cap;
    page->spend_cap_reason = spend.refusal;
    page->is_spend_near = spend.level == SPEND_NEAR;
    if (!page->cap && spend.cap_cents)
        page->cap = arena_printf(r->arena, "%lld.%02lld", (long long)(spend.cap_cents / 100),
                                 (long long)(spend.cap_cents % 100));
    return NULL;
}

/* Previous and next month, within the lifetime of the team. */
static struct error *months_fill(struct request *r, int64_t month_at, struct costs_html *page)
{
    int64_t before_at = date_month_start(month_at - 1), after_at = date_month_end(month_at);
    struct team_money_row team;
    struct error *e = sql_team_money(r->db, r->arena, r->session->team_id, &team);

    if (e)
        return e;
    page->month = date_month(r->arena, month_at);
    page->month_iso = date_month_iso(r->arena, month_at);
    if (month_at > team.created_at) {
        page->before = date_month_iso(r->arena, before_at);
        page->before_month = date_month(r->arena, before_at);
    }
    if (after_at <= r->now_at) {
        page->after = date_month_iso(r->arena, after_at);
        page->after_month = date_month(r->arena, after_at);
    }
    return NULL;
}

struct error *cost_page_fill(struct request *r, int64_t month_at, struct costs_html *page)
{
    const struct actor actor = session_actor(r);
    struct tally *tally = arena_alloc(r->arena, sizeof *tally);
    struct error *e = db_read(r->db, r->arena);

    tally->month_at = month_at;
    page->is_now = month_at == date_month_start(r->now_at);
    if (!e)
        e = tally_take(r, tally);
    if (!e)
        e = months_fill(r, month_at, page);
    if (!e && page->is_now)
        e = outlook_fill(r, tally, page);
    if (!e && page->is_now)
        e = spend_fill(r, page);
    if (e)
        return e;
    page->total = amount(r, &tally->total);
    page->others = tally->other_count;
    page->others_cost = amount(r, &tally->others);
    page->currency = r->config->currency;
    page->is_owner = actor_is_owner(&actor);
    lists_fill(r, tally, page);
    days_fill(r, tally, page);
    r->frame.title = page->is_now ? "Costs" : arena_printf(r->arena, "Costs of %s", page->month);
    r->frame.section = "costs";
    return NULL;
}

/* ---- the file ---- */

/* The answer is in memory three times: as made, with its headers, as FastCGI records. */
_Static_assert(3 * LIMIT_CSV_ROWS * LIMIT_CSV_ROW_BYTES <= LIMIT_REQUEST_ARENA_BYTES * 3 / 4,
               "a full file does not fit");

struct file {
    struct request *r;
    struct price_list_rows prices;
    struct ledger_sum sum; /* of all lines so far, those of earlier parts included */
    int64_t skip, max;     /* lines */
};

/* Its cost is what the sum has grown by, so that the lines add up to the month's total. */
static void stretch_write(struct file *file, const struct ledger_interval *row, int64_t from_at,
                          int64_t until_at, int64_t millicents)
{
    struct arena *arena = file->r->arena;
    struct buf *out = &file->r->response.body;
    struct ledger_use use = row->use;

    csv_text(out, row->vm_id);
    csv_text(out, row->name);
    csv_text(out, date_iso(arena, from_at));
    csv_text(out, date_iso(arena, until_at));
    csv_int(out, until_at - from_at);
    csv_text(out, row->use.state);
    csv_text(out, row->use.size);
    csv_int(out, row->use.disk_gb);
    csv_int(out, row->use.snapshot_gb);
    csv_int(out, ledger_rate(&file->prices, &use, from_at));
    csv_text(out, arena_printf(arena, "%lld.%05lld", (long long)(millicents / 100000),
                               (long long)(millicents % 100000)));
    csv_line_end(out);
}

/* One line per interval and price, so that seconds times price is exact. */
static bool row_write(void *context, const struct ledger_interval *row)
{
    struct file *file = context;
    struct ledger_use use = row->use;

    for (int64_t at = row->from_at; at < row->until_at && file->max > 0;) {
        int64_t end_at = stretch_end(&file->prices, row, at);
        int64_t before = ledger_sum_millicents(&file->sum);

        ledger_sum_add(&file->sum, &file->prices, &use, at, end_at);
        if (file->skip > 0) {
            file->skip--;
        } else {
            stretch_write(file, row, at, end_at, ledger_sum_millicents(&file->sum) - before);
            file->max--;
        }
        at = end_at;
    }
    return file->max > 0;
}

struct error *cost_page_csv(struct request *r, int64_t month_at, int64_t part)
{
    static const char *const heads[] = {
        "vm_id", "vm",   "from_utc", "until_utc",   "seconds",
        "state", "size", "disk_gb",  "snapshot_gb", "millicents_per_hour"
    };
    struct file file = { .r = r, .skip = (part - 1) * LIMIT_CSV_ROWS, .max = LIMIT_CSV_ROWS };
    struct ledger_walk walk = {
        .team_id = r->session->team_id,
        .from_at = month_at,
        .until_at = date_month_end(month_at),
        .visit = row_write,
        .context = &file,
    };
    struct error *e = sql_price_list(r->db, r->arena, &file.prices);

    if (e)
        return e;
    r->response.body = buf_new(r->arena, LIMIT_CSV_ROWS * LIMIT_CSV_ROW_BYTES);
    for (size_t i = 0; i < COUNT(heads); i++)
        csv_text(&r->response.body, heads[i]);
    csv_text(&r->response.body, arena_printf(r->arena, "cost_%s", r->config->currency));
    csv_line_end(&r->response.body);
    r->response.content_type = "text/csv; charset=utf-8; header=present";
    r->response.download =
        arena_printf(r->arena, part > 1 ? "costs-%s-part-%lld.csv" : "costs-%s.csv",
                     date_month_iso(r->arena, month_at), (long long)part);
    e = ledger_walk(r->db, r->arena, &walk);
    return e ? e : ledger_sum_check(r->arena, &file.sum);
}
