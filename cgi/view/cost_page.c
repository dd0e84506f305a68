/*
 * The costs of a month; see cost_page.h. A single pass over its VMs fills everything, in memory
 * that does not grow with their number.
 */
#include "view/cost_page.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "costs.html.h"
#include "main_constants.sql.h"
#include "model/ledger_month.h"
#include "model/money.h"
#include "model/price.h"
#include "model/spend_cap.h"
#include "web/list_query.h"
#include "web/session.h"

#include <stdlib.h>
#include <string.h>

enum { ID_BYTES = 32 };
enum { CHART_WIDTH = 620, CHART_HEIGHT = 1000, BAR_LEAST = 15, EURO = 100000 };
enum { BAR_PERCENT = 70, BAR_MOST = 40, CHART_LEAST_DAYS = 3 }; /* of a day's width; units */

static const struct list_choice SORTS[] = {
    { .value = "cost", .label = "Cost" },
    { .value = "name", .label = "Name" },
};
/* The month is kept as a filter would be. */
static const struct list_kind KIND = {
    .path = "/costs",
    .things = "VMs",
    .filter_name = "month",
    .sorts = SORTS,
    .sort_count = COUNT(SORTS),
};

/* ---- the pass over the VMs ---- */

struct line {
    char id[ID_BYTES], name[LIMIT_HOST_NAME_BYTES + 1];
    bool is_known;
    int64_t running_s, stopped_s, unbilled_s;
    struct ledger_sum cost;
};

struct tally {
    struct ledger_team team;
    struct ledger_totals totals;
    struct ledger_sum others;
    struct cost_projects projects;
    struct line lines[LIMIT_COST_VMS];
    size_t count;
    int64_t other_count;
};

static int costs_less(const void *a, const void *b)
{
    const struct line *first = a, *second = b;

    return (first->cost.parts < second->cost.parts) - (first->cost.parts > second->cost.parts);
}

static int name_precedes(const void *a, const void *b)
{
    const struct line *first = a, *second = b;

    return strcmp(first->name, second->name);
}

static struct line line_of(const struct ledger_month_vm *vm)
{
    struct line line = { .is_known = vm->is_known,
                         .running_s = vm->running_s,
                         .stopped_s = vm->stopped_s,
                         .unbilled_s = vm->unbilled_s,
                         .cost = vm->cost };

    memcpy(line.id, vm->vm_id, strnlen(vm->vm_id, sizeof line.id - 1));
    memcpy(line.name, vm->name, strnlen(vm->name, sizeof line.name - 1));
    return line;
}

/* Add a VM to the list, replace the cheapest one, or add it to the others. */
static void line_add(void *context, const struct ledger_month_vm *vm)
{
    struct tally *tally = context;
    struct line *place = &tally->lines[0];

    cost_projects_add(&tally->projects, vm);
    if (tally->count < LIMIT_COST_VMS) {
        tally->lines[tally->count++] = line_of(vm);
        return;
    }
    for (size_t i = 1; i < tally->count; i++) {
        if (tally->lines[i].cost.parts < place->cost.parts)
            place = &tally->lines[i];
    }
    if (place->cost.parts < vm->cost.parts) {
        tally->others.parts += place->cost.parts;
        *place = line_of(vm);
    } else {
        tally->others.parts += vm->cost.parts;
    }
    tally->other_count++;
}

static struct error *tally_take(struct request *r, int64_t month_at, struct tally *tally)
{
    struct error *e = ledger_team_read(r->db, r->arena, r->session->team_id, &tally->team);

    if (!e)
        e = cost_projects_read(r, &tally->projects);
    return e ? e
             : ledger_month_read(r->db, r->arena, &tally->team, month_at, line_add, tally,
                                 &tally->totals);
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

/* The days of a chart, by their numbers in the month. */
struct span {
    int64_t first, count, slot; /* slot: the width of a day, bar and gaps */
};

/* From the first day with any cost to today, or to the end of the month; none if nothing cost. */
static struct span span_of(const struct request *r, const struct tally *tally)
{
    int64_t end_at = date_month_end(tally->totals.month_at);
    struct span span = { .count = (end_at - tally->totals.month_at) / A_DAY_S };

    if (end_at > r->now_at)
        span.count = (r->now_at - tally->totals.month_at) / A_DAY_S + 1;
    while (span.count > 0 && ledger_sum_millicents(&tally->totals.days[span.first]) == 0) {
        span.first++;
        span.count--;
    }
    span.slot = span.count > 0 ? CHART_WIDTH / span.count : 0;
    return span;
}

/* The bars of a day: running at the bottom, storage on top of it. */
static struct cost_day day_of(struct request *r, const struct tally *tally, int64_t day,
                              int64_t top)
{
    int64_t all = ledger_sum_millicents(&tally->totals.days[day]);
    int64_t storage = ledger_sum_millicents(&tally->totals.days_storage[day]);
    int64_t running_height = (all - storage) * CHART_HEIGHT / top;
    int64_t storage_height = all * CHART_HEIGHT / top - running_height;
    int64_t missing = all > 0 ? BAR_LEAST - running_height - storage_height : 0;

    /* So that a day with any cost can be seen. */
    if (missing > 0 && all > storage)
        running_height += missing;
    else if (missing > 0)
        storage_height += missing;
    return (struct cost_day){
        .day = date_day(r->arena, tally->totals.month_at + day * A_DAY_S),
        .cost = price_amount(r->config, r->arena, all),
        .running = price_amount(r->config, r->arena, all - storage),
        .storage = price_amount(r->config, r->arena, storage),
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
    const struct span span = span_of(r, tally);
    int64_t first_s = tally->totals.month_at + span.first * A_DAY_S, most = 0, top;
    int64_t bar =
        span.slot * BAR_PERCENT / 100 < BAR_MOST ? span.slot * BAR_PERCENT / 100 : BAR_MOST;
    int decimals;

    for (size_t i = 0; i < LEDGER_DAYS; i++) {
        int64_t cost = ledger_sum_millicents(&tally->totals.days[i]);

        most = cost > most ? cost : most;
    }
    top = chart_top(most);
    decimals = top < 2 * EURO ? 2 : 0;
    page->has_chart = span.count >= CHART_LEAST_DAYS;
    page->chart = (struct cost_chart){
        .top = money_millicents(r->config, r->arena, top, decimals),
        .half = money_millicents(r->config, r->arena, top / 2, decimals),
        .zero = money_millicents(r->config, r->arena, 0, 0),
        .first_day = day_label(r, first_s),
        .last_day = day_label(r, first_s + (span.count - 1) * A_DAY_S),
        .most = price_amount(r->config, r->arena, most),
        .first_s = first_s,
        .last_step = span.count - 1,
        .bar_width = bar,
    };
    page->days.row = arena_array(r->arena, LEDGER_DAYS, sizeof *page->days.row);
    for (int64_t i = 0; i < span.count; i++) {
        struct cost_day *day = &page->days.row[page->days.count++];

        *day = day_of(r, tally, span.first + i, top);
        day->x = i * CHART_WIDTH / span.count + (span.slot - bar) / 2;
    }
}

static void files_fill(struct request *r, const struct tally *tally, struct costs_html *page)
{
    int64_t files = (tally->totals.stretches + LIMIT_CSV_ROWS - 1) / LIMIT_CSV_ROWS;

    page->files.row = arena_array(r->arena, (size_t)files, sizeof *page->files.row);
    page->has_parts = files > 1;
    for (int64_t i = 1; i <= files; i++)
        page->files.row[page->files.count++] = (struct cost_file){ i };
}

/* The lines that are searched for come first, in the order that is asked for. Returns their number.
 */
static size_t lines_choose(struct request *r, const struct list_query *list, struct tally *tally)
{
    const char *search = text_lower(r->arena, list->search);
    size_t count = 0;

    for (size_t i = 0; i < tally->count; i++) {
        if (strstr(text_lower(r->arena, tally->lines[i].name), search))
            tally->lines[count++] = tally->lines[i];
    }
    qsort(tally->lines, count, sizeof tally->lines[0],
          strcmp(list->sort, "name") == 0 ? name_precedes : costs_less);
    return count;
}

static struct cost_vm vm_of(struct request *r, const struct line *line)
{
    return (struct cost_vm){
        .id = line->id,
        .name = line->name,
        .cost = amount(r, &line->cost),
        .running_ms = line->running_s * 1000,
        .stopped_ms = line->stopped_s * 1000,
        .unbilled_ms = line->unbilled_s * 1000,
        .is_known = line->is_known,
    };
}

/* A page of the lines; the others and the total belong to all of them. */
static struct error *list_fill(struct request *r, struct tally *tally, struct costs_html *page)
{
    struct list_query *list = &page->list;
    struct error *e = list_query_read(r, &KIND, list);
    size_t from;

    if (e)
        return e;
    page->has_usage = tally->count > 0;
    page->vm_count = (int64_t)tally->count + tally->other_count;
    page->has_tools = tally->count > LIMIT_LIST_ROWS;
    e = list_query_page(r, (int64_t)lines_choose(r, list, tally), list);
    if (e)
        return e;
    list->filter = page->month_iso;
    page->is_whole = !*list->search && !list->older;
    page->others = page->is_whole ? tally->other_count : 0;
    page->others_cost = amount(r, &tally->others);
    from = (size_t)list->skip;
    page->vms.row = arena_array(r->arena, LIMIT_LIST_ROWS, sizeof *page->vms.row);
    for (size_t i = from; i < (size_t)list->to; i++)
        page->vms.row[page->vms.count++] = vm_of(r, &tally->lines[i]);
    return NULL;
}

/* The forecast, and the forecast if everything were stopped. */
static struct error *outlook_fill(struct request *r, const struct tally *tally,
                                  struct costs_html *page)
{
    int64_t now_at = r->now_at, end_at = date_month_end(now_at);
    struct ledger_sum forecast = tally->totals.cost;
    int64_t now_rate = 0, stopped_rate = 0;
    struct error *e;

    for (size_t i = 0; i < tally->team.living.count; i++) {
        const struct ledger_living_row *vm = &tally->team.living.row[i];
        struct ledger_use use = { vm->state, vm->size, vm->disk_gb, vm->snapshot_gb };
        /*
         * The time since the last sample counts like the time before, unless the gap is too long.
         */
        int64_t from_at = vm->until_at + LIMIT_LEDGER_GAP_S < now_at ? now_at : vm->until_at;

        ledger_sum_add(&forecast, &tally->team.prices, &use, from_at, end_at);
        now_rate += ledger_rate(&tally->team.prices, &use, now_at);
        if (strcmp(use.state, LEDGER_STATE_ABSENT) == 0)
            continue;
        use.state = "stopped";
        stopped_rate += ledger_rate(&tally->team.prices, &use, now_at);
    }
    e = ledger_sum_check(r->arena, &forecast);
    if (e)
        return e;
    page->forecast = amount(r, &forecast);
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

/* Previous month with its cost, and next one, within the lifetime of the team. */
static struct error *months_fill(struct request *r, const struct tally *tally,
                                 struct costs_html *page)
{
    int64_t month_at = tally->totals.month_at;
    int64_t before_at = date_month_start(month_at - 1), after_at = date_month_end(month_at);
    int64_t millicents = 0;
    struct error *e = NULL;

    page->month = date_month(r->arena, month_at);
    page->month_iso = date_month_iso(r->arena, month_at);
    page->before_month = date_month(r->arena, before_at);
    if (month_at > tally->team.created_at) {
        e = ledger_month_cost(r->db, r->arena, &tally->team, before_at, &millicents);
        page->before = date_month_iso(r->arena, before_at);
        page->before_total = price_amount(r->config, r->arena, millicents);
    }
    if (after_at <= r->now_at) {
        page->after = date_month_iso(r->arena, after_at);
        page->after_month = date_month(r->arena, after_at);
    }
    return e;
}

struct error *cost_page_fill(struct request *r, int64_t month_at, struct costs_html *page)
{
    const struct actor actor = session_actor(r);
    struct tally *tally = arena_alloc(r->arena, sizeof *tally);
    struct error *e = db_read(r->db, r->arena);

    page->is_now = month_at == date_month_start(r->now_at);
    if (!e)
        e = tally_take(r, month_at, tally);
    if (!e)
        e = months_fill(r, tally, page);
    if (!e)
        e = list_fill(r, tally, page);
    if (!e && page->is_now)
        e = outlook_fill(r, tally, page);
    if (!e && page->is_now)
        e = spend_fill(r, page);
    if (e)
        return e;
    page->total = amount(r, &tally->totals.cost);
    page->currency = r->config->currency;
    page->is_owner = actor_is_owner(&actor);
    cost_projects_fill(r, &tally->projects, &page->projects);
    files_fill(r, tally, page);
    days_fill(r, tally, page);
    r->frame.title = page->is_now ? "Costs" : arena_printf(r->arena, "Costs of %s", page->month);
    r->frame.section = "costs";
    return NULL;
}
