/* Use at Stripe's meter; see usage_report.h. Take, act, record: no transaction is open while it is
 * sent.
 */
#include "billing/usage_report.h"

#include "adapter/crypto.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "main_constants.sql.h"
#include "model/billing_status_change.h"
#include "model/usage_cost.h"
#include "remote/stripe.h"

#include "billing.sql.h"
#include "billing_problem.sql.h"
#include "usage_report.sql.h"

#include <string.h>

enum {
    HOURS_AT_ONCE = 200,
    MOST_AT_ONCE = 50,
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

/* ---- writing down ---- */

static const char *identifier(struct arena *arena, int64_t team_id, int64_t hour_at)
{
    return arena_printf(arena, "use-%lld-%s", (long long)team_id, date_hour_digits(arena, hour_at));
}

/* Nothing used is nothing to hand in. */
static struct error *hour_write(const struct context *context, int64_t team_id, int64_t hour_at)
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

/* In a transaction: the hours of one team that have closed, as many as one transaction takes. */
static struct error *team_write(const struct context *context,
                                const struct billing_metered_row *team)
{
    int64_t end_at = context->now_at - LIMIT_METER_LAG_S, hour_at = team->metered_until_at;
    struct error *e = NULL;

    if (team->ended_at && team->ended_at < end_at)
        end_at = team->ended_at;
    for (int i = 0; !e && i < HOURS_AT_ONCE && hour_at + AN_HOUR_S <= end_at; i++) {
        e = hour_write(context, team->team_id, hour_at);
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
            e = transaction_end(context, team_write(context, &team));
    }
    return e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* ---- sending ---- */

static struct error *push_set(const struct context *context,
                              const struct usage_report_due_row *push, const char *state,
                              const char *reason)
{
    if (reason)
        log_error("meter", log_text("identifier", push->identifier), log_text("state", state),
                  log_text("reason", reason));
    return sql_usage_report_set(context->db, context->arena, push->team_id, push->hour_at, state,
                                reason);
}

/* What Stripe has counted in one hour; 0 when it has nothing. */
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

/* It was sent so long ago that sending it again might count it twice: what has Stripe got? */
static struct error *push_look(const struct context *context, const struct stripe *stripe,
                               const struct usage_report_due_row *push)
{
    const struct json *summaries;
    struct stripe_prices prices;
    int64_t counted;
    struct error *e = stripe_prices_get(stripe, context->arena, &prices);

    if (!e)
        e = stripe_meter_summary(stripe, context->arena, prices.meter_id, push->customer_id,
                                 push->hour_at, push->hour_at + AN_HOUR_S, &summaries);
    if (e)
        return e;
    counted = hour_count(summaries, push->hour_at);
    if (counted == push->value)
        return push_set(context, push, USAGE_REPORT_STATE_CONFIRMED, NULL);
    if (counted == 0)
        return sql_usage_report_again(context->db, context->arena, push->team_id, push->hour_at);
    return push_set(context, push, USAGE_REPORT_STATE_DIFFERENT,
                    arena_printf(context->arena, "Stripe counts %lld", (long long)counted));
}

/* Longer and longer, and never twice the same, so that what failed together does not come back
 * together. */
static int64_t pause_s(int64_t attempts)
{
    int64_t length_s =
        backoff_ms(attempts + 1, FIRST_PAUSE_S * 1000, LIMIT_METER_BACKOFF_S * 1000) / 1000;
    uint16_t part;

    crypto_random(&part, sizeof part);
    return length_s / 2 + length_s * part / (2 * UINT16_MAX) + 1;
}

static struct error *push_send(const struct context *context, const struct stripe *stripe,
                               const struct usage_report_due_row *push)
{
    /* The hour's last second: a subscription may have begun within the hour. A key for each try:
     * Stripe repeats its first answer to a key, a failure as well. The identifier counts. */
    int64_t at = push->hour_at + AN_HOUR_S - 1;
    const char *key =
        arena_printf(context->arena, "%s-%lld", push->identifier, (long long)push->attempts);
    struct error *e = stripe_meter_event(stripe, context->arena, key, push->identifier,
                                         push->customer_id, push->value, at);

    if (!e)
        return push_set(context, push, USAGE_REPORT_STATE_CONFIRMED, NULL);
    if (e->kind == ERROR_INPUT || e->kind == ERROR_NOT_FOUND)
        return push_set(context, push, USAGE_REPORT_STATE_FAILED, e->text);
    return e;
}

/* An error leaves the row as it is: it is due again after its pause. */
static struct error *push_work(const struct context *context, const struct stripe *stripe,
                               const struct usage_report_due_row *push)
{
    bool is_blind = push->sent_at && context->now_at - push->sent_at > LIMIT_METER_BLIND_S;
    struct error *e;

    if (push->hour_at < context->now_at - LIMIT_METER_OLD_S)
        return push_set(context, push, USAGE_REPORT_STATE_FAILED, "older than Stripe takes");
    if (is_blind)
        return push_look(context, stripe, push);
    e = sql_usage_report_try(context->db, context->arena, push->team_id, push->hour_at,
                             context->now_at, context->now_at + pause_s(push->attempts));
    return e ? e : push_send(context, stripe, push);
}

struct error *usage_report_send(const struct context *context, const struct stripe *stripe)
{
    struct usage_report_due_rows pushes;
    struct error *e;

    do {
        arena_reset(context->arena);
        e = sql_usage_report_due(context->db, context->arena, context->now_at, MOST_AT_ONCE,
                                 &pushes);
        for (size_t i = 0; !e && i < pushes.count; i++)
            e = push_work(context, stripe, &pushes.row[i]);
    } while (!e && pushes.count);
    return e;
}

/* ---- comparing ---- */

static int64_t pushed(const struct usage_report_list_rows *rows, int64_t hour_at,
                      const struct usage_report_list_row **out)
{
    *out = NULL;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->row[i].hour_at == hour_at)
            *out = &rows->row[i];
    }
    return *out ? (*out)->value : 0;
}

/* In a transaction. How many hours differ; rows say so from now on, or no longer. */
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
        int64_t ours = pushed(&rows, hour_at, &row);

        *differences += counted != ours;
        if (!row || strcmp(row->state, USAGE_REPORT_STATE_FAILED) == 0)
            continue;
        if (counted != ours && strcmp(row->state, USAGE_REPORT_STATE_CONFIRMED) == 0)
            e = sql_usage_report_set(
                context->db, context->arena, team_id, hour_at, "different",
                arena_printf(context->arena, "Stripe counts %lld", (long long)counted));
        else if (counted == ours && strcmp(row->state, USAGE_REPORT_STATE_DIFFERENT) == 0)
            e = sql_usage_report_set(context->db, context->arena, team_id, hour_at, "confirmed",
                                     NULL);
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
        e = billing_problem_text(
            context, problem_id, &team_id,
            arena_printf(context->arena,
                         "Stripe counts other use than the ledger in %lld hours of "
                         "the %d days before %s",
                         (long long)differences, COMPARED_DAYS,
                         date_iso(context->arena, until_at)));
    else if (!e)
        e = sql_billing_problem_solve(context->db, context->arena, problem_id);
    return e ? e : sql_billing_set_compared(context->db, context->arena, team_id, context->now_at);
}

/* Whole days that ended at least half a day ago: Stripe counts with a delay. */
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
    }
    return e->kind == ERROR_NOT_FOUND ? NULL : e;
}
