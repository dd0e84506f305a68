/* What a VM costs this month; see vm_cost.h. A single pass over its ledger. */
#include "view/vm_cost.h"

#include "base/date.h"
#include "base/limit.h"
#include "model/ledger.h"
#include "model/price.h"
#include "web/session.h"

#include <string.h>

struct costing {
    const struct price_list_rows *prices;
    int64_t month_at, end_at, now_at;
    struct ledger_sum sum, rest; /* until now, and from now on */
};

static bool row_add(void *context, const struct ledger_interval *row)
{
    struct costing *costing = context;
    struct ledger_use use = row->use;
    int64_t now_at = costing->now_at;

    ledger_sum_add(&costing->sum, costing->prices, &use, row->from_at, row->until_at);
    /* The time since the last sample counts like the time before, unless the gap is too long. */
    if (row->is_open)
        ledger_sum_add(&costing->rest, costing->prices, &use,
                       row->until_at + LIMIT_LEDGER_GAP_S < now_at ? now_at : row->until_at,
                       costing->end_at);
    return true;
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
    if (strcmp(out->forecast, out->amount) == 0)
        out->forecast = NULL;
    return NULL;
}
