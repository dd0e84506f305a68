/* What a VM costs this month; see vm_cost.h. A single pass over its ledger. */
#include "view/vm_cost.h"

#include "base/chart_path.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "model/ledger.h"
#include "model/price.h"
#include "web/session.h"

enum { WIDTH = 120, HEIGHT = 36, DAYS = 31 };

struct costing {
    const struct price_list_rows *prices;
    int64_t month_at, end_at, now_at;
    struct ledger_sum sum, days[DAYS]; /* until now, and day by day */
    struct ledger_sum rest;            /* from now on */
};

static bool row_add(void *context, const struct ledger_interval *row)
{
    struct costing *costing = context;
    struct ledger_use use = row->use;
    int64_t now_at = costing->now_at;

    ledger_sum_add(&costing->sum, costing->prices, &use, row->from_at, row->until_at);
    for (int64_t at = row->from_at; at < row->until_at;) {
        int64_t day = (at - costing->month_at) / A_DAY_S;
        int64_t day_end_at = costing->month_at + (day + 1) * A_DAY_S;
        int64_t end_at = day_end_at < row->until_at ? day_end_at : row->until_at;

        ledger_sum_add(&costing->days[day], costing->prices, &use, at, end_at);
        at = end_at;
    }
    /* The time since the last sample counts like the time before, unless the gap is too long. */
    if (row->is_open)
        ledger_sum_add(&costing->rest, costing->prices, &use,
                       row->until_at + LIMIT_LEDGER_GAP_S < now_at ? now_at : row->until_at,
                       costing->end_at);
    return true;
}

/* A line through the end of each day until now, and from there straight to the end of the month. */
static void month_draw(struct arena *arena, const struct costing *costing, int64_t now_millicents,
                       int64_t end_millicents, struct vm_cost *out)
{
    int64_t top = end_millicents > 0 ? end_millicents : 1, length_s, x, y, sum = 0;
    struct chart_path path = { WIDTH, HEIGHT, top };
    int64_t values[DAYS + 1] = { 0 };
    size_t day_count;

    length_s = costing->end_at - costing->month_at;
    day_count = (size_t)(length_s / A_DAY_S);
    for (size_t i = 0; i < day_count; i++) {
        sum += ledger_sum_millicents(&costing->days[i]);
        values[i + 1] =
            costing->month_at + (int64_t)(i + 1) * A_DAY_S <= costing->now_at ? sum : -1;
    }
    x = WIDTH * 10 * (costing->now_at - costing->month_at) / length_s;
    y = HEIGHT * 10 - HEIGHT * 10 * now_millicents / top;
    out->guess = arena_printf(arena, "M%lld.%lld %lld.%lldL%d %d", (long long)(x / 10),
                              (long long)(x % 10), (long long)(y / 10), (long long)(y % 10), WIDTH,
                              end_millicents > 0 ? 0 : HEIGHT);
    out->line = arena_printf(
        arena, "%sL%lld.%lld %lld.%lld", chart_path_line(arena, &path, values, day_count + 1),
        (long long)(x / 10), (long long)(x % 10), (long long)(y / 10), (long long)(y % 10));
    out->area = arena_printf(arena, "%sV%dH0z", out->line, HEIGHT);
}

struct error *vm_cost_find(struct request *r, const struct price_list_rows *prices,
                           const struct vm_get_row *vm, struct vm_cost *out)
{
    struct costing costing = { .prices = prices,
                               .month_at = date_month_start(r->now_at),
                               .end_at = date_month_end(r->now_at),
                               .now_at = r->now_at };
    struct ledger_walk walk = { .team_id = r->session->team_id,
                                .from_at = costing.month_at,
                                .until_at = costing.end_at,
                                .vm_id = vm->id,
                                .visit = row_add,
                                .context = &costing };
    int64_t now_millicents, end_millicents;
    struct error *e = ledger_walk(r->db, r->arena, &walk);

    if (!e)
        e = ledger_sum_check(r->arena, &costing.sum);
    if (!e)
        e = ledger_sum_check(r->arena, &costing.rest);
    if (e)
        return e;
    now_millicents = ledger_sum_millicents(&costing.sum);
    end_millicents = now_millicents + ledger_sum_millicents(&costing.rest);
    out->amount = price_amount(r->config, r->arena, now_millicents);
    out->forecast = price_amount(r->config, r->arena, end_millicents);
    month_draw(r->arena, &costing, now_millicents, end_millicents, out);
    return NULL;
}
