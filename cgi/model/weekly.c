/* The weekly summary; see weekly.h. */
#include "model/weekly.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "main_constants.sql.h"
#include "model/label.h"
#include "model/ledger.h"
#include "model/notice.h"
#include "model/price.h"
#include "model/spend_cap.h"

#include "notice.sql.h"
#include "team.sql.h"

#include <string.h>

enum { HOUR = 6, WEEK_S = 7 * A_DAY_S, TENTHS = 10 };

/* ---- when ---- */

int64_t weekly_due_at(int64_t now_at)
{
    return date_week_start(now_at - HOUR * AN_HOUR_S) + HOUR * AN_HOUR_S;
}

static struct error *summary_queue(const struct context *context, int64_t person_id, int64_t due_at)
{
    const int64_t until_at = date_week_start(due_at);
    const struct mail mail = {
        .kind = MAIL_KIND_WEEKLY_SUMMARY,
        .once = arena_printf(context->arena, "weekly/%lld/%lld", (long long)person_id,
                             (long long)due_at),
        .change_id = arena_printf(context->arena, "%lld", (long long)person_id),
        .url = arena_printf(context->arena, "%s/vms", context->config->public_url),
        .at = until_at - WEEK_S,
        .until_at = until_at,
    };
    struct error *e = db_begin(context->db, context->arena);

    if (!e)
        e = notice_queue(context, person_id, &mail);
    if (e && e->kind == ERROR_INPUT)
        e = NULL; /* an address that no mail reaches */
    if (!e)
        e = sql_notice_weekly_done(context->db, context->arena, person_id, due_at);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

struct error *weekly_run(const struct context *context)
{
    const int64_t due_at = weekly_due_at(context->now_at);
    struct notice_weekly_due_rows people;
    struct error *e;

    if (!config_has_mail(context->config))
        return NULL;
    e = sql_notice_weekly_due(context->db, context->arena, due_at, LIMIT_WEEKLY_BATCH, &people);
    for (size_t i = 0; !e && i < people.count; i++) {
        struct error *failure = summary_queue(context, people.row[i].person_id, due_at);

        /* The others have their turn. */
        if (failure)
            log_error("weekly", log_text("error", failure->text));
    }
    return e;
}

/* ---- what ---- */

struct usage {
    struct price_list_rows prices;
    struct ledger_sum cost;
    int64_t running_s;
};

static bool interval_add(void *context, const struct ledger_interval *interval)
{
    struct usage *usage = context;

    if (strcmp(interval->use.state, LEDGER_STATE_RUNNING) == 0)
        usage->running_s += interval->until_at - interval->from_at;
    ledger_sum_add(&usage->cost, &usage->prices, &interval->use, interval->from_at,
                   interval->until_at);
    return true;
}

static struct error *usage_read(const struct context *context, int64_t team_id, int64_t until_at,
                                struct weekly_team *out)
{
    struct usage usage = { .running_s = 0 };
    const struct ledger_walk walk = {
        .team_id = team_id,
        .from_at = until_at - WEEK_S,
        .until_at = until_at,
        .visit = interval_add,
        .context = &usage,
    };
    struct error *e = sql_price_list(context->db, context->arena, &usage.prices);
    int64_t tenths;

    if (!e)
        e = ledger_walk(context->db, context->arena, &walk);
    if (!e)
        e = ledger_sum_check(context->arena, &usage.cost);
    if (e)
        return e;
    tenths = (usage.running_s * TENTHS + AN_HOUR_S / 2) / AN_HOUR_S;
    out->hours = arena_printf(context->arena, "%lld.%lld h", (long long)(tenths / TENTHS),
                              (long long)(tenths % TENTHS));
    if (config_has_billing(context->config))
        out->cost =
            price_amount(context->config, context->arena, ledger_sum_millicents(&usage.cost));
    return NULL;
}

static struct error *warning_read(const struct context *context, int64_t team_id,
                                  struct weekly_team *out)
{
    struct spend_cap cap;
    struct error *e = spend_cap_check(context, team_id, &cap);

    if (!e && cap.level != SPEND_FREE)
        out->warning =
            arena_printf(context->arena, "%s of the spending limit of %s is used this month",
                         cap.amount, cap.cap);
    return e;
}

static struct error *team_read(const struct context *context, const struct team_of_person_row *team,
                               int64_t until_at, struct weekly_team *out)
{
    struct notice_week_row week;
    struct error *e = sql_notice_week(context->db, context->arena, team->team_id, until_at - WEEK_S,
                                      until_at, &week);

    if (e)
        return e;
    *out = (struct weekly_team){
        .name = label_in_mail(context->arena, team->name),
        .vms = week.vms,
        .failed = week.failed,
        .silent = week.silent,
        .created = week.created,
        .destroyed = week.destroyed,
        .snapshots = week.snapshots,
        .snapshot_gb = week.snapshot_gb,
    };
    e = usage_read(context, team->team_id, until_at, out);
    return e ? e : warning_read(context, team->team_id, out);
}

static struct error *teams_read(const struct context *context, int64_t person_id, int64_t until_at,
                                struct weekly *out)
{
    struct team_of_person_rows teams;
    struct error *e = sql_team_of_person(context->db, context->arena, person_id, &teams);

    if (e)
        return e;
    out->teams.row = arena_array(context->arena, teams.count, sizeof *out->teams.row);
    for (size_t i = 0; !e && i < teams.count; i++) {
        if (teams.row[i].is_closed)
            continue;
        if (out->teams.count == LIMIT_WEEKLY_TEAMS)
            out->more++;
        else
            e = team_read(context, &teams.row[i], until_at, &out->teams.row[out->teams.count++]);
    }
    return e;
}

struct error *weekly_read(const struct context *context, int64_t person_id, int64_t until_at,
                          struct weekly *out)
{
    struct notice_weekly_of_row own;
    struct error *e = sql_notice_weekly_of(context->db, context->arena, person_id, &own);

    if (e)
        return e;
    *out = (struct weekly){
        .unsubscribe_url = arena_printf(context->arena, "%s/unsubscribe/%s",
                                        context->config->public_url, own.token),
    };
    return teams_read(context, person_id, until_at, out);
}
