/* Spend caps; see spend_cap.h. Spending is taken from the ledger, never from a forecast. */
#include "model/spend_cap.h"

#include "base/date.h"
#include "model/ledger_month.h"
#include "model/price.h"
#include "team.sql.h"

enum { MILLICENTS_PER_CENT = 1000, NEAR_PERCENT = 80 };

struct error *spend_cap_check(const struct context *context, int64_t team_id, struct spend_cap *out)
{
    int64_t now_at = context->now_at, millicents;
    struct team_money_row team;
    struct ledger_team ledger;
    struct error *e;

    *out = (struct spend_cap){ .cap_cents = 0 };
    if (!config_has_billing(context->config))
        return NULL;
    e = sql_team_money(context->db, context->arena, team_id, &team);
    if (e || !team.cap_cents)
        return e;
    out->cap_cents = team.cap_cents;
    e = ledger_team_read(context->db, context->arena, team_id, &ledger);
    if (!e)
        e = ledger_month_cost(context->db, context->arena, &ledger, date_month_start(now_at),
                              &millicents);
    if (e)
        return e;
    out->percent = millicents / (out->cap_cents * MILLICENTS_PER_CENT / 100);
    out->amount = price_amount(context->config, context->arena, millicents);
    out->cap = price_amount(context->config, context->arena, out->cap_cents * MILLICENTS_PER_CENT);
    if (out->percent < NEAR_PERCENT)
        return NULL;
    out->level = out->percent < 100 ? SPEND_NEAR : SPEND_FULL;
    if (out->level == SPEND_FULL)
        out->refusal =
            arena_printf(context->arena,
                         "Your team has reached its spending limit of %s for this month. An owner "
                         "can raise the limit in Costs. Spending resets on %s.",
                         out->cap, date_day(context->arena, date_month_end(now_at)));
    return NULL;
}
