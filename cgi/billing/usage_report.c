/* Usage reports to Stripe's meter; see usage_report.h. Two phases, with no transaction open while a
 * report is sent. */
#include "billing/usage_report.h"

#include "adapter/crypto.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "main_constants.sql.h"
#include "model/billing_status_change.h"
#include "model/outbound.h"
#include "model/usage_cost.h"
#include "remote/stripe.h"

#include "billing.sql.h"
#include "billing_problem.sql.h"
#include "usage_report.sql.h"

#include <string.h>

enum {
    HOURS_PER_BATCH = 200,
    REPORTS_PER_BATCH = 50,
    COMPARED_DAYS = 3,
    FIRST_PAUSE_S = 5,
};

static struct error *transaction_end(const struct context *context, struct error *e)
{
    if (!e)
        e = db_commit(context->db, context->arena);
    if (e)
        db_rollback(context->db);
    return e;
}

/* ---- storing ---- */

static const char *identifier(struct arena *arena, int64_t team_id, int64_t hour_at)
{
    return arena_printf(arena, "use-%lld-%s", (long long)team_id, date_hour_digits(arena, hour_at));
}

/* An hour without usage is not reported. */
static struct error *hour_store(const struct context *context, int64_t team_id, int64_t hour_at)
{
    int64_t value;
    struct error *e =
        usage_cost(context->db, context->arena, team_id, hour_at, hour_at + AN_HOUR_S, &value);

    if (e || value <= 0)
        return e;
    return sql_usage_report_add(context->db, context->arena, team_id, hour_at,
                                identifier(context->arena, team_id, hour_at), value,
                                context->now_at);
}

/* In a transaction: store the closed hours of one team, up to the limit per transaction. */
static struct error *team_store(const struct context *context,
                                const struct billing_metered_row *team)
{
    int64_t end_at = context->now_at - LIMIT_METER_LAG_S, hour_at = team->metered_until_at;
    struct error *e = NULL;

    if (team->ended_at && team->ended_at < end_at)
        end_at = team->ended_at;
    for (int i = 0; !e && i < HOURS_PER_BATCH && hour_at + AN_HOUR_S <= end_at; i++) {
        e = hour_store(context, team->team_id, hour_at);
        hour_at += AN_HOUR_S;
    }
    if (e || hour_at == team->metered_until_at)
        return e;
    return sql_billing_set_metered(context->db, context->arena, team->team_id, hour_at);
}

struct error *usage_report_write(const struct context *context)
{
    struct billing_metered_row team = { .team_id = 0 };
    struct error *e = NULL;

    while (!e) {
        arena_reset(context->arena);
        e = sql_billing_metered(context->db, context->arena, team.team_id, &team);
        if (e || team.metered_until_at + AN_HOUR_S + LIMIT_METER_LAG_S > context->now_at)
            continue;
        e = db_begin(context->db, context->arena);
        if (!e)
            e = transaction_end(context, team_store(context, &team));
    }
    return e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* ---- sending ---- */

static struct error *report_set(const struct context *context,
                                const struct usage_report_due_row *report, const char *state,
                                const char *reason)
{
    if (reason)
        log_error("meter", log_text("identifier", report->identifier), log_text("state", state),
                  log_text("reason", reason));
    return sql_usage_report_set(context->db, context->arena, report->team_id, report->hour_at,
                                state, reason);
}

/* What Stripe has counted in one hour; 0 if nothing. */
static int64_t hour_count(const struct json *summaries, int64_t hour_at)
{
    int64_t total = 0, value, start_at;

    for (const struct json *it = json_first(json_get(summaries, "data")); it; it = json_next(it)) {
        if (json_get_number(it, "start_time", &start_at) && start_at == hour_at &&
            json_get_number(it, "aggregated_value", &value))
            total += value;
    }
    return total;
}

/* Sent so long ago that sending it again might count twice: check what Stripe has recorded. */
static struct error *report_check(const struct context *context, const struct stripe *stripe,
                                  const struct usage_report_due_row *report)
{
    const struct json *summaries;
    struct stripe_prices prices;
    int64_t counted;
    struct error *e = stripe_prices_get(stripe, context->arena, &prices);

    if (!e)
        e = stripe_meter_summary(stripe, context->arena, prices.meter_id, report->customer_id,
                                 report->hour_at, report->hour_at + AN_HOUR_S, &summaries);
    if (e)
        return e;
    counted = hour_count(summaries, report->hour_at);
    if (counted == report->value)
        return report_set(context, report, USAGE_REPORT_STATE_CONFIRMED, NULL);
    if (counted == 0)
        return sql_usage_report_again(context->db, context->arena, report->team_id,
                                      report->hour_at);
    return report_set(context, report, USAGE_REPORT_STATE_DIFFERENT,
                      arena_printf(context->arena, "Stripe counts %lld", (long long)counted));
}

/* Exponential backoff with jitter, so that reports that failed together are not retried
 * together. */
static int64_t pause_s(int64_t attempts)
{
    int64_t length_s =
        backoff_ms(attempts + 1, FIRST_PAUSE_S * 1000, LIMIT_METER_BACKOFF_S * 1000) / 1000;
    uint16_t part;

    crypto_random(&part, sizeof part);
    return length_s / 2 + length_s * part / (2 * UINT16_MAX) + 1;
}

static struct error *report_send(const struct context *context, const struct stripe *stripe,
                                 const struct usage_report_due_row *report)
{
    /* The last second of the hour, as a subscription may have started within it. A key per
     * attempt: Stripe replays its first response to a key, even a failure. Deduplication is by
     * identifier. */
    int64_t at = report->hour_at + AN_HOUR_S - 1;
    const char *key =
        arena_printf(context->arena, "%s-%lld", report->identifier, (long long)report->attempts);
    struct error *e = stripe_meter_event(stripe, context->arena, key, report->identifier,
                                         report->customer_id, report->value, at);

    if (!e)
        return report_set(context, report, USAGE_REPORT_STATE_CONFIRMED, NULL);
    if (e->kind == ERROR_INPUT || e->kind == ERROR_NOT_FOUND)
        return report_set(context, report, USAGE_REPORT_STATE_FAILED, e->text);
    return e;
}

/* On error the row is unchanged: it is due again after its delay. */
static struct error *report_process(const struct context *context, const struct stripe *stripe,
                                    const struct usage_report_due_row *report)
{
    bool is_blind = report->sent_at && context->now_at - report->sent_at > LIMIT_METER_BLIND_S;
    struct error *e;

    if (report->hour_at < context->now_at - LIMIT_METER_OLD_S)
        return report_set(context, report, USAGE_REPORT_STATE_FAILED, "older than Stripe takes");
    if (is_blind)
        return report_check(context, stripe, report);
    e = sql_usage_report_try(context->db, context->arena, report->team_id, report->hour_at,
                             context->now_at, context->now_at + pause_s(report->attempts));
    return e ? e : report_send(context, stripe, report);
}

struct error *usage_report_send(const struct context *context, const struct stripe *stripe)
{
    struct usage_report_due_rows reports;
    struct error *e;

    do {
        arena_reset(context->arena);
        e = sql_usage_report_due(context->db, context->arena, context->now_at, REPORTS_PER_BATCH,
                                 &reports);
        for (size_t i = 0; !e && i < reports.count; i++) {
            e = report_process(context, stripe, &reports.row[i]);
            outbound_write(context, reports.row[i].team_id);
        }
    } while (!e && reports.count);
    return e;
}

/* ---- comparing ---- */

static int64_t reported(const struct usage_report_list_rows *rows, int64_t hour_at,
                        const struct usage_report_list_row **out)
{
    *out = NULL;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->row[i].hour_at == hour_at)
            *out = &rows->row[i];
    }
    return *out ? (*out)->value : 0;
}

/* In a transaction. Counts the hours that differ and updates the state of their rows. */
static struct error *hours_compare(const struct context *context, int64_t team_id, int64_t from_at,
                                   int64_t until_at, const struct json *summaries,
                                   int64_t *differences)
{
    struct usage_report_list_rows rows;
    const struct usage_report_list_row *row;
    struct error *e =
        sql_usage_report_list(context->db, context->arena, team_id, from_at, until_at, &rows);

    *differences = 0;
    for (int64_t hour_at = from_at; !e && hour_at < until_at; hour_at += AN_HOUR_S) {
        int64_t counted = hour_count(summaries, hour_at);
        int64_t ours = reported(&rows, hour_at, &row);

        *differences += counted != ours;
        if (!row || strcmp(row->state, USAGE_REPORT_STATE_FAILED) == 0)
            continue;
        if (counted != ours && strcmp(row->state, USAGE_REPORT_STATE_CONFIRMED) == 0)
            e = sql_usage_report_set(
                context->db, context->arena, team_id, hour_at, USAGE_REPORT_STATE_DIFFERENT,
                arena_printf(context->arena, "Stripe counts %lld", (long long)counted));
        else if (counted == ours && strcmp(row->state, USAGE_REPORT_STATE_DIFFERENT) == 0)
            e = sql_usage_report_set(context->db, context->arena, team_id, hour_at,
                                     USAGE_REPORT_STATE_CONFIRMED, NULL);
    }
    return e;
}

static struct error *comparison_write(const struct context *context, int64_t team_id,
                                      int64_t from_at, const struct json *summaries)
{
    const char *problem_id = arena_printf(context->arena, "use-%lld", (long long)team_id);
    int64_t until_at = from_at + COMPARED_DAYS * A_DAY_S, differences;
    struct error *e = hours_compare(context, team_id, from_at, until_at, summaries, &differences);

    if (!e && differences)
        e = billing_problem_record(
            context, problem_id, &team_id,
            arena_printf(context->arena,
                         "Stripe counts other use than the ledger in %lld hours of "
                         "the %d days before %s",
                         (long long)differences, COMPARED_DAYS, date_iso(context->arena, until_at)),
            NULL);
    else if (!e)
        e = sql_billing_problem_solve(context->db, context->arena, problem_id);
    return e ? e : sql_billing_set_compared(context->db, context->arena, team_id, context->now_at);
}

/* Whole days that ended at least half a day ago: Stripe aggregates with a delay. */
static struct error *team_compare(const struct context *context, const struct stripe *stripe,
                                  const struct billing_metered_row *team)
{
    int64_t until_at = context->now_at - A_DAY_S / 2;
    int64_t from_at = until_at - until_at % A_DAY_S - COMPARED_DAYS * A_DAY_S;
    const struct json *summaries;
    struct stripe_prices prices;
    struct error *e = stripe_prices_get(stripe, context->arena, &prices);

    if (!e)
        e = stripe_meter_summary(stripe, context->arena, prices.meter_id, team->customer_id,
                                 from_at, from_at + COMPARED_DAYS * A_DAY_S, &summaries);
    if (!e)
        e = db_begin(context->db, context->arena);
    return e ? e
             : transaction_end(context,
                               comparison_write(context, team->team_id, from_at, summaries));
}

struct error *usage_report_compare(const struct context *context, const struct stripe *stripe)
{
    struct billing_metered_row team = { .team_id = 0 };
    struct error *e = NULL;

    while (!e) {
        arena_reset(context->arena);
        e = sql_billing_metered(context->db, context->arena, team.team_id, &team);
        if (!e && team.compared_at + LIMIT_COMPARE_EVERY_S <= context->now_at)
            e = team_compare(context, stripe, &team);
        outbound_write(context, team.team_id);
    }
    return e->kind == ERROR_NOT_FOUND ? NULL : e;
}
