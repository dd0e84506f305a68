/* The team of an object at Stripe, and Stripe's invoices; see stripe_sync.h. */
#include "billing/stripe_sync.h"

#include "model/usage_cost.h"
#include "remote/stripe.h"

#include "billing.sql.h"
#include "billing_problem.sql.h"
#include "invoice.sql.h"

#include <string.h>

enum { MILLICENTS_A_CENT = 1000 };

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

struct error *stripe_sync_claim(const struct context *context, const char *claimed, int64_t team_id)
{
    if (!claimed ||
        (team_id && strcmp(claimed, arena_printf(context->arena, "%lld", (long long)team_id)) == 0))
        return NULL;
    if (!team_id)
        return error_new(context->arena, ERROR_NOT_FOUND, "no team has this Stripe customer");
    return error_new(context->arena, ERROR_INPUT,
                     "Stripe object is for team %.20s, but its customer belongs to team %lld",
                     claimed, (long long)team_id);
}

/* ---- invoices ---- */

struct error *stripe_sync_invoice_row(const struct context *context, int64_t team_id,
                                      const struct json *invoice)
{
    const char *id = stripe_id_at(invoice, "id", "in_");
    const char *status = json_get_text(invoice, "status");
    const char *currency = json_get_text(invoice, "currency");

    if (!id || !status || !currency || strlen(currency) != 3)
        return error_new(context->arena, ERROR_MALFORMED, "Stripe invoice with missing fields");
    return sql_invoice_save(
        context->db, context->arena, team_id, json_number_at(invoice, "created"), id,
        json_get_text(invoice, "number"), status, currency, json_number_at(invoice, "total"),
        json_number_at(invoice, "amount_remaining"), json_number_at(invoice, "period_start"),
        json_number_at(invoice, "period_end"));
}

/* What an invoice charges for the use of a period. */
struct usage {
    int64_t from_at, until_at, charged_cents;
};

/* The invoice of a period without a line for use charges nothing for it: the item was missing in
 * the subscription. False: nothing to compare, as in a free trial, or not known. */
static bool usage_find(const struct json *invoice, struct usage *out)
{
    const struct json *subscription = json_get(invoice, STRIPE_INVOICE_SUBSCRIPTION);
    const struct json *line = stripe_usage_line(invoice);
    const struct json *period = line ? json_get(line, "period") : invoice;
    const char *reason = json_get_text(invoice, "billing_reason");

    *out = (struct usage){
        .from_at = json_number_at(period, line ? "start" : "period_start"),
        .until_at = json_number_at(period, line ? "end" : "period_end"),
        .charged_cents = json_number_at(line, "amount"),
    };
    return json_get(subscription, "id") &&
           (line || (reason && strcmp(reason, "subscription_cycle") == 0)) &&
           out->from_at >= json_number_at(subscription, "trial_end");
}

/* Whether Stripe charges the same amount as the ledger. */
static struct error *usage_compare(const struct context *context, int64_t team_id,
                                   const struct json *invoice, const struct usage *usage)
{
    const char *id = json_get_text(invoice, "id");
    const char *problem_id = arena_printf(context->arena, "invoice-%s", id);
    int64_t cost_millicents, cost_cents;
    struct error *e = usage_cost(context->db, context->arena, team_id, usage->from_at,
                                 usage->until_at, &cost_millicents);

    if (e)
        return e;
    cost_cents = (cost_millicents + MILLICENTS_A_CENT / 2) / MILLICENTS_A_CENT;
    e = sql_invoice_set_usage(context->db, context->arena, team_id, id, usage->charged_cents,
                              cost_cents);
    if (e || usage->charged_cents == cost_cents)
        return e ? e : sql_billing_problem_solve(context->db, context->arena, problem_id);
    return billing_problem_record(
        context, problem_id, &team_id,
        arena_printf(context->arena, "invoice %s charges %lld cents for use, the ledger says %lld",
                     id, (long long)usage->charged_cents, (long long)cost_cents),
        NULL);
}

/* Of a subscription for another product that the same customer has at Stripe. */
static bool is_foreign(const struct subscriptions *subscriptions, const struct json *invoice)
{
    const char *id = stripe_id_at(invoice, STRIPE_INVOICE_SUBSCRIPTION, "sub_");

    return id && !json_get_text(invoice, "parent.subscription_details.metadata.team_id") &&
           (!subscriptions->stored_id || strcmp(id, subscriptions->stored_id) != 0);
}

struct error *stripe_sync_invoice(const struct context *context,
                                  const struct subscriptions *subscriptions,
                                  const struct json *invoice, const char **skip)
{
    const char *status = json_get_text(invoice, "status");
    int64_t team_id = subscriptions->team_id;
    struct usage usage;
    struct error *e = stripe_sync_claim(
        context, json_get_text(invoice, "parent.subscription_details.metadata.team_id"), team_id);

    if (!e && is_foreign(subscriptions, invoice)) {
        *skip = "invoice of another product";
        return NULL;
    }
    if (!e)
        e = stripe_sync_invoice_row(context, team_id, invoice);
    if (e || strcmp(status, "draft") == 0 || !usage_find(invoice, &usage))
        return e;
    return usage_compare(context, team_id, invoice, &usage);
}
