/* Spend caps; see spend_cap.h. Spending is taken from the ledger, never from a forecast. */
#include "model/spend_cap.h"

#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/label.h"
#include "model/ledger_month.h"
#include "model/notice.h"
#include "model/price.h"
#include "team.sql.h"

enum { MILLICENTS_PER_CENT = 1000, NEAR_PERCENT = 80, FULL_PERCENT = 100 };

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
    out->level = out->percent < FULL_PERCENT ? SPEND_NEAR : SPEND_FULL;
    if (out->level == SPEND_FULL)
        out->refusal =
            arena_printf(context->arena,
                         "Your team has reached its spending limit of %s for this month. An owner "
                         "can raise the limit in Costs. Spending resets on %s.",
                         out->cap, date_day(context->arena, date_month_end(now_at)));
    return NULL;
}

/* ---- telling the owners ---- */

static struct error *owners_tell(const struct context *context, int64_t team_id, const char *name,
                                 const struct spend_cap *cap)
{
    const bool is_full = cap->level == SPEND_FULL;
    struct arena *arena = context->arena;
    const struct mail mail = {
        .kind = is_full ? MAIL_KIND_SPEND_FULL : MAIL_KIND_SPEND_NEAR,
        .once = arena_printf(arena, "spend/%d/%lld/%s", is_full ? FULL_PERCENT : NEAR_PERCENT,
                             (long long)team_id, date_month_iso(arena, context->now_at)),
        .promise = label_in_mail(arena, name),
        .amount = cap->amount,
        .note = cap->cap,
        .url = arena_printf(arena, "%s/costs", context->config->public_url),
        .until_at = date_month_end(context->now_at),
    };
    const struct audit_entry entry = {
        .team_id = team_id,
        .action = is_full ? AUDIT_SPEND_FULL : AUDIT_SPEND_NEAR,
        .detail = arena_printf(arena, "%s of %s this month", cap->amount, cap->cap),
    };
    struct error *e = audit_add(context, &entry);

    return e ? e : notice_queue_owners(context, team_id, &mail);
}

/* Compared and noted in one transaction: twice does the same as once. */
static struct error *team_tell(const struct context *context, int64_t team_id,
                               const struct spend_cap *cap)
{
    const int64_t month_at = date_month_start(context->now_at);
    const int64_t percent = cap->level == SPEND_FULL ? FULL_PERCENT : NEAR_PERCENT;
    struct team_spend_told_row team;
    struct error *e = db_begin(context->db, context->arena);

    if (!e)
        e = sql_team_spend_told(context->db, context->arena, team_id, &team);
    if (!e && (team.spend_told_at != month_at || team.spend_told < percent)) {
        e = sql_team_set_spend_told(context->db, context->arena, team_id, month_at, percent);
        if (!e)
            e = owners_tell(context, team_id, team.name, cap);
    }
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e;
}

/* In memory of its own, which many teams would fill. */
static struct error *team_run(const struct context *context, int64_t team_id)
{
    struct context one = *context;
    struct spend_cap cap;
    struct error *e;

    one.arena = arena_new(LIMIT_SPEND_ARENA_BYTES);
    e = spend_cap_check(&one, team_id, &cap);
    if (!e && cap.level != SPEND_FREE)
        e = team_tell(&one, team_id, &cap);
    if (e)
        e = error_copy(context->arena, e);
    arena_free(one.arena);
    return e;
}

struct error *spend_cap_run(const struct context *context)
{
    struct team_capped_rows teams;
    struct error *e;

    if (!config_has_billing(context->config))
        return NULL;
    e = sql_team_capped(context->db, context->arena, &teams);
    for (size_t i = 0; !e && i < teams.count; i++) {
        struct error *failure = team_run(context, teams.row[i].id);

        /* The others have their turn. */
        if (failure)
            log_error("spend_cap", log_number("team", teams.row[i].id),
                      log_text("error", failure->text));
    }
    return e;
}
