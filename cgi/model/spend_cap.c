/* Spend caps; see spend.h. What is spent is what the ledger says, never a forecast. */
#include "model/spend_cap.h"

#include "base/clock.h"
#include "model/ledger.h"
#include "model/price.h"
#include "team.sql.h"
#include "web/session.h"

enum { MILLICENTS_PER_CENT = 1000, NEAR_PERCENT = 80 };

struct error *spend_cap_check(struct request *r, struct spend_cap *out)
{
    int64_t now_at = clock_now(), millicents;
    int64_t team_id = r->session->team_id;
    struct team_money_row team;
    struct error *e = sql_team_money(r->db, r->arena, team_id, &team);

    *out = (struct spend_cap){ .cap_cents = e ? 0 : team.cap_cents };
    if (e || !out->cap_cents)
        return e;
    e = ledger_cost(r->db, r->arena, team_id, clock_month_start(now_at), clock_month_end(now_at),
                    &millicents);
    if (e)
        return e;
    out->percent = millicents / (out->cap_cents * MILLICENTS_PER_CENT / 100);
    out->amount = price_amount(r->config, r->arena, millicents);
    out->cap = price_amount(r->config, r->arena, out->cap_cents * MILLICENTS_PER_CENT);
    if (out->percent < NEAR_PERCENT)
        return NULL;
    out->level = out->percent < 100 ? SPEND_NEAR : SPEND_FULL;
    if (out->level == SPEND_FULL)
        out->refusal =
            arena_printf(r->arena,
                         "Your team has spent its cap of %s for this month. An owner can raise the "
                         "cap under Costs; on %s it counts from zero again.",
                         out->cap, clock_day(r->arena, clock_month_end(now_at)));
    return NULL;
}
