/* Stores Stripe's subscriptions and invoices; see stripe_sync.h. */
#include "billing/stripe_sync.h"

#include "base/clock.h"
#include "main_constants.sql.h"
#include "model/money.h"
#include "model/usage_cost.h"
#include "remote/stripe.h"

#include "billing.sql.h"
#include "billing_problem.sql.h"
#include "invoice.sql.h"

#include <string.h>

enum { MILLICENTS_A_CENT = 1000 };

static int64_t number_at(const struct json *json, const char *path)
{
    int64_t number = 0;

    return json_get_number(json, path, &number) ? number : 0;
}

static const int64_t *or_null(const int64_t *number)
{
    return *number ? number : NULL;
}

/* ---- owning team ---- */

struct error *stripe_sync_team(const struct context *context, const struct json *object,
                               const char *path, int64_t *out_team_id)
{
    const char *customer_id = stripe_id_at(object, "customer", "cus_");
    const char *subscription_id =
        *path ? stripe_id_at(object, path, "sub_") : stripe_id_at(object, "id", "sub_");
    struct billing_by_customer_row by_customer;
    struct billing_by_subscription_row by_subscription;
    struct error *e;

    *out_team_id = 0;
    if (customer_id) {
        e = sql_billing_by_customer(context->db, context->arena, customer_id, &by_customer);
        if (!e || e->kind != ERROR_NOT_FOUND) {
            *out_team_id = e ? 0 : by_customer.team_id;
            return e;
        }
    }
    if (!subscription_id)
        return NULL;
    e = sql_billing_by_subscription(context->db, context->arena, subscription_id, &by_subscription);
    *out_team_id = e ? 0 : by_subscription.team_id;
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* The team in its metadata, which we set, must match our row. */
static struct error *team_check(const struct context *context, const char *claimed, int64_t team_id,
                                const char **skip)
{
    if (team_id && claimed &&
        strcmp(claimed, arena_printf(context->arena, "%lld", (long long)team_id)) != 0)
        return error_new(context->arena, ERROR_INPUT,
                         "Stripe object is for team %.20s, but its customer belongs to team %lld",
                         claimed, (long long)team_id);
    if (!team_id && claimed)
        return error_new(context->arena, ERROR_NOT_FOUND, "no team has this Stripe customer");
    if (!team_id)
        *skip = "unknown customer";
    return NULL;
}

/* ---- subscriptions ---- */

/* An ended subscription stays ended, and an old one does not replace a new one. A second active one
 * may only be early: the end of the first is still to arrive, and this is retried. */
static struct error *subscription_fits(const struct context *context,
                                       const struct billing_get_row *row, const char *id,
                                       const char *status, const char **skip)
{
    bool is_same = row->subscription_id && strcmp(row->subscription_id, id) == 0;
    bool is_known;

    if (is_same && stripe_status_is_over(row->stripe_status))
        *skip = "the subscription has already ended";
    else if (!is_same && stripe_status_is_over(status))
        *skip = "older subscription, already ended";
    else if (!is_same && billing_trigger_of(status, &is_known) == BILLING_WAITS)
        *skip = "first payment not complete";
    else if (!is_same && row->subscription_id && !stripe_status_is_over(row->stripe_status))
        return error_new(context->arena, ERROR_CONFLICT,
                         "the team has two subscriptions at Stripe: end one there, then retry");
    return NULL;
}

static struct error *status_apply(const struct context *context, int64_t team_id,
                                  const char *status, const char *id, const char *stripe_status,
                                  int64_t trial_end_at)
{
    const char *problem_id = arena_printf(context->arena, "status-%s", id);
    bool is_known;
    enum billing_trigger event = billing_trigger_of(stripe_status, &is_known);
    struct error *e;

    if (is_known)
        e = sql_billing_problem_solve(context->db, context->arena, problem_id);
    else
        e = billing_problem_record(
            context, problem_id, &team_id,
            "Stripe gives the subscription a status that is not known here; it is "
            "treated as a late payment");
    if (!e)
        e = billing_transition_apply(context, team_id, status, event, trial_end_at);
    if (!e && strcmp(status, BILLING_STATUS_TRIAL) == 0 && event == BILLING_ON_TRIAL)
        e = sql_billing_set_until(context->db, context->arena, team_id, or_null(&trial_end_at));
    return e;
}

static struct error *subscription_save(const struct context *context, int64_t team_id,
                                       const struct json *subscription, const struct json *invoice)
{
    const struct json *item = json_first(json_get(subscription, "items.data"));
    int64_t ended_at = number_at(subscription, "ended_at");
    int64_t cancel_at = number_at(subscription, "cancel_at");
    int64_t trial_end_at = number_at(subscription, "trial_end");
    int64_t period_start_at = number_at(item, "current_period_start");
    int64_t period_end_at = number_at(item, "current_period_end");
    int64_t next_attempt_at = number_at(invoice, "next_payment_attempt");
    int64_t started_at = number_at(subscription, "start_date");

    return sql_billing_set_subscription(
        context->db, context->arena, team_id, json_get_text(subscription, "id"),
        json_get_text(subscription, "status"), started_at, or_null(&ended_at), or_null(&cancel_at),
        or_null(&trial_end_at), or_null(&period_start_at), or_null(&period_end_at),
        or_null(&next_attempt_at), started_at - started_at % AN_HOUR_S);
}

static struct error *invoice_save_row(const struct context *context, int64_t team_id,
                                      const struct json *invoice);

/* `invoice` is the latest one, if known. */
static struct error *subscription_record(const struct context *context,
                                         const struct json *subscription,
                                         const struct json *invoice, const char **skip)
{
    const char *id = stripe_id_at(subscription, "id", "sub_");
    const char *status = json_get_text(subscription, "status");
    const char *nothing = NULL;
    struct billing_get_row row;
    int64_t team_id;
    struct error *e = stripe_sync_team(context, subscription, "", &team_id);

    if (!e && (!id || !status || !number_at(subscription, "start_date")))
        e = error_new(context->arena, ERROR_MALFORMED, "Stripe subscription with missing fields");
    if (!e)
        e = team_check(context, json_get_text(subscription, "metadata.team_id"), team_id, &nothing);
    if (!e && !nothing)
        e = sql_billing_get(context->db, context->arena, team_id, &row);
    if (!e && !nothing)
        e = subscription_fits(context, &row, id, status, &nothing);
    if (e || nothing) {
        *skip = nothing ? nothing : *skip;
        return e;
    }
    e = subscription_save(context, team_id, subscription, invoice);
    if (!e && invoice)
        e = invoice_save_row(context, team_id, invoice);
    return e ? e
             : status_apply(context, team_id, row.status, id, status,
                            number_at(subscription, "trial_end"));
}

struct error *stripe_sync_subscription(const struct context *context,
                                       const struct json *subscription, const char **skip)
{
    const struct json *invoice = json_get(subscription, "latest_invoice");

    return subscription_record(context, subscription, json_get(invoice, "id") ? invoice : NULL,
                               skip);
}

/* ---- invoices ---- */

static struct error *invoice_save_row(const struct context *context, int64_t team_id,
                                      const struct json *invoice)
{
    const char *id = stripe_id_at(invoice, "id", "in_");
    const char *status = json_get_text(invoice, "status");
    const char *currency = json_get_text(invoice, "currency");

    if (!id || !status || !currency || strlen(currency) != 3)
        return error_new(context->arena, ERROR_MALFORMED, "Stripe invoice with missing fields");
    return sql_invoice_save(context->db, context->arena, team_id, number_at(invoice, "created"), id,
                            json_get_text(invoice, "number"), status, currency,
                            number_at(invoice, "total"), number_at(invoice, "amount_remaining"),
                            number_at(invoice, "period_start"), number_at(invoice, "period_end"));
}

/* The metered line item of the subscription. */
static const char *metered_item(const struct json *subscription)
{
    for (const struct json *item = json_first(json_get(subscription, "items.data")); item;
         item = json_next(item)) {
        const char *type = json_get_text(item, "price.recurring.usage_type");

        if (type && strcmp(type, "metered") == 0)
            return json_get_text(item, "id");
    }
    return NULL;
}

static const struct json *usage_line(const struct json *invoice, const char *item_id)
{
    for (const struct json *line = json_first(json_get(invoice, "lines.data")); line;
         line = json_next(line)) {
        const char *item =
            json_get_text(line, "parent.subscription_item_details.subscription_item");

        if (item && item_id && strcmp(item, item_id) == 0)
            return line;
    }
    return NULL;
}

/* Whether Stripe charges the same amount as the ledger. Nothing is charged during a trial. */
static struct error *usage_compare(const struct context *context, int64_t team_id,
                                   const struct json *invoice, const struct json *subscription)
{
    const struct json *line = usage_line(invoice, metered_item(subscription));
    const char *id = json_get_text(invoice, "id"), *status = json_get_text(invoice, "status");
    const char *problem_id = arena_printf(context->arena, "invoice-%s", id);
    int64_t from_at = number_at(line, "period.start"), until_at = number_at(line, "period.end");
    int64_t charged_cents = number_at(line, "amount"), cost_millicents, cost_cents;
    struct error *e;

    if (!line || strcmp(status, "draft") == 0 || from_at < number_at(subscription, "trial_end"))
        return NULL;
    e = usage_cost(context->db, context->arena, team_id, from_at, until_at, &cost_millicents);
    cost_cents = (cost_millicents + MILLICENTS_A_CENT / 2) / MILLICENTS_A_CENT;
    if (!e)
        e = sql_invoice_set_usage(context->db, context->arena, team_id, id, charged_cents,
                                  cost_cents);
    if (e || charged_cents == cost_cents)
        return e ? e : sql_billing_problem_solve(context->db, context->arena, problem_id);
    return billing_problem_record(
        context, problem_id, &team_id,
        arena_printf(context->arena, "invoice %s charges %lld cents for use, the ledger says %lld",
                     id, (long long)charged_cents, (long long)cost_cents));
}

struct error *stripe_sync_invoice(const struct context *context, const struct json *invoice,
                                  const char **skip)
{
    static const char PATH[] = "parent.subscription_details.subscription";
    const struct json *subscription = json_get(invoice, PATH);
    const char *latest = stripe_id_at(subscription, "latest_invoice", "in_");
    const char *id = json_get_text(invoice, "id"), *ignored = NULL;
    bool is_latest = latest && id && strcmp(latest, id) == 0;
    int64_t team_id;
    struct error *e = stripe_sync_team(context, invoice, PATH, &team_id);

    if (!e)
        e = team_check(context,
                       json_get_text(invoice, "parent.subscription_details.metadata.team_id"),
                       team_id, skip);
    if (e || !team_id)
        return e;
    e = invoice_save_row(context, team_id, invoice);
    if (!e && json_get(subscription, "id"))
        e = subscription_record(context, subscription, is_latest ? invoice : NULL, &ignored);
    return e ? e : usage_compare(context, team_id, invoice, subscription);
}
