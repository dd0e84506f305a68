/* What a VM costs this month; see vm_cost.h. Its ledger is summed up already. */
#include "view/vm_cost.h"

#include "base/date.h"
#include "base/limit.h"
#include "model/ledger_month.h"
#include "model/price.h"
#include "web/session.h"

#include <string.h>

struct error *vm_cost_find(struct request *r, const struct price_list_rows *prices,
                           const struct vm_get_row *vm, struct vm_cost *out)
{
    struct ledger_month_vm used;
    struct ledger_sum rest = { 0 }; /* from now on */
    int64_t now_millicents, end_millicents;
    struct error *e = ledger_month_read_vm(r->db, r->arena, r->session->team_id,
                                           date_month_start(r->now_at), vm->id, prices, &used);

    /* The time since the last sample counts like the time before, unless the gap is too long. */
    if (!e && used.has_open)
        ledger_sum_add(&rest, prices, &used.use,
                       used.until_at + LIMIT_LEDGER_GAP_S < r->now_at ? r->now_at : used.until_at,
                       date_month_end(r->now_at));
    if (!e)
        e = ledger_sum_check(r->arena, &rest);
    if (e)
        return e;
    now_millicents = ledger_sum_millicents(&used.cost);
    end_millicents = now_millicents + ledger_sum_millicents(&rest);
    out->amount = price_amount(r->config, r->arena, now_millicents);
    out->forecast = price_amount(r->config, r->arena, end_millicents);
    if (strcmp(out->forecast, out->amount) == 0)
        out->forecast = NULL;
    return NULL;
}
