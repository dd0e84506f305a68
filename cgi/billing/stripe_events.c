/*
 * Handlers for the types of Stripe events. The object named by an event is fetched: events are
 * delivered more than once, late and out of order, so only the current state of the object counts.
 * The first table entry that matches an event type applies.
 */
#include "base/array.h"
#include "billing/stripe_sync.h"
#include "main_constants.sql.h"
#include "model/event.h"
#include "model/money.h"
#include "remote/stripe.h"

#include "billing.sql.h"
#include "usage_report.sql.h"

#include <string.h>

/* Stripe, for events of its mode: test-mode events must not pay for anything. */
static struct error *stripe_of(const struct event *event, const struct stripe **out)
{
    struct error *e = NULL;

    *out = event->stripe;
    if (json_get_flag(event->body, "livemode") != stripe_is_live(*out))
        e = error_new(event->context.arena, ERROR_INPUT,
                      "event is for the other mode (test or live)");
    return e;
}

static struct error *mode_check(struct event *event)
{
    const struct stripe *stripe;

    return stripe_of(event, &stripe);
}

static const char *object_id(const struct event *event, const char *path, const char *prefix)
{
    return stripe_id_at(event->body, arena_printf(event->context.arena, "data.object.%s", path),
                        prefix);
}

static struct error *no_id(const struct event *event)
{
    return error_new(event->context.arena, ERROR_MALFORMED, "%s: no object id", event->type);
}

/* ---- Checkout ---- */

/* A Checkout session without a subscription is not one of ours. */
static struct error *checkout_fetch(struct event *event)
{
    const char *subscription_id = object_id(event, "subscription", "sub_");
    const struct stripe *stripe;
    struct error *e = stripe_of(event, &stripe);

    return e || !subscription_id ? e
                                 : stripe_subscription_get(stripe, event->context.arena,
                                                           subscription_id, &event->fetched);
}

static struct error *checkout_record(struct event *event)
{
    const char *reference = json_get_text(event->body, "data.object.client_reference_id");
    const struct json *subscription = event->fetched;
    const struct context *context = &event->context;
    int64_t team_id;
    struct error *e;

    if (!subscription) {
        event->skip = "Checkout session without a subscription";
        return NULL;
    }
    e = stripe_sync_team(context, subscription, "", &team_id);
    if (!e && team_id && reference &&
        strcmp(reference, arena_printf(event->context.arena, "%lld", (long long)team_id)) != 0)
        e = error_new(event->context.arena, ERROR_INPUT,
                      "Checkout session is for team %.20s, but its customer belongs to team %lld",
                      reference, (long long)team_id);
    return e ? e : stripe_sync_subscription(context, subscription, &event->skip);
}

static struct error *checkout_close(struct event *event)
{
    const char *session_id = object_id(event, "id", "cs_");
    const char *customer_id = object_id(event, "customer", "cus_");
    struct billing_by_customer_row row;
    struct error *e;

    if (!session_id || !customer_id)
        return no_id(event);
    e = sql_billing_by_customer(event->context.db, event->context.arena, customer_id, &row);
    if ((e && e->kind == ERROR_NOT_FOUND) ||
        (!e && (!row.checkout_id || strcmp(row.checkout_id, session_id) != 0))) {
        event->skip = "not the open Checkout session";
        return NULL;
    }
    return e ? e
             : sql_billing_set_checkout(event->context.db, event->context.arena, row.team_id, NULL);
}

/* ---- customers and subscriptions ---- */

static struct error *subscription_fetch(struct event *event)
{
    const char *id = object_id(event, "id", "sub_");
    const struct stripe *stripe;
    struct error *e = stripe_of(event, &stripe);

    if (!e && !id)
        e = no_id(event);
    return e ? e : stripe_subscription_get(stripe, event->context.arena, id, &event->fetched);
}

static struct error *subscription_record(struct event *event)
{
    const struct context *context = &event->context;

    return stripe_sync_subscription(context, event->fetched, &event->skip);
}

static struct error *customer_fetch(struct event *event)
{
    const char *id = object_id(event, "id", "cus_");
    const struct stripe *stripe;
    struct error *e = stripe_of(event, &stripe);

    if (!e && !id)
        e = no_id(event);
    return e ? e : stripe_customer_get(stripe, event->context.arena, id, &event->fetched);
}

/* Its subscription has ended with it. The id is kept for late events; the next Checkout finds that
 * the customer no longer exists, and creates a new one. */
static struct error *customer_end(struct event *event)
{
    const char *id = stripe_id_at(event->fetched, "id", "cus_");
    const struct context *context = &event->context;
    struct billing_by_customer_row row;
    struct billing_get_row account;
    struct error *e;

    if (!json_get_flag(event->fetched, "deleted")) {
        event->skip = "the customer still exists";
        return NULL;
    }
    e = id ? sql_billing_by_customer(context->db, context->arena, id, &row) : no_id(event);
    if (e && e->kind == ERROR_NOT_FOUND) {
        event->skip = "unknown customer";
        return NULL;
    }
    if (!e)
        e = sql_billing_get(context->db, context->arena, row.team_id, &account);
    if (!e && account.subscription_id && !stripe_status_is_over(account.stripe_status))
        e = sql_billing_set_over(context->db, context->arena, row.team_id, context->now_at);
    if (!e)
        e = billing_note(context, row.team_id, event->id, "customer deleted at Stripe", NULL, NULL);
    return e ? e : billing_transition_apply(context, row.team_id, account.status, BILLING_OVER, 0);
}

static struct error *nothing_kept(struct event *event)
{
    event->skip = "not stored here";
    return NULL;
}

/* ---- invoices and payments ---- */

static struct error *invoice_fetch(struct event *event)
{
    const char *id = object_id(event, "id", "in_");
    const struct stripe *stripe;
    struct error *e = stripe_of(event, &stripe);

    if (!e && !id)
        e = no_id(event);
    return e ? e : stripe_invoice_get(stripe, event->context.arena, id, &event->fetched);
}

static struct error *invoice_record(struct event *event)
{
    const struct context *context = &event->context;

    return stripe_sync_invoice(context, event->fetched, &event->skip);
}

static const char *amount_at(const struct event *event, const struct json *object, const char *path)
{
    const char *currency = json_get_text(object, "currency");
    int64_t amount_cents = 0;

    json_get_number(object, path, &amount_cents);
    return money_text(event->context.config, event->context.arena, amount_cents,
                      currency ? currency : "?");
}

/* Add a line about an invoice to the billing page, once per occasion. 0: not ours. */
static struct error *invoice_note(struct event *event, const char *occasion, const char *what,
                                  const char *amount, int64_t *team_id)
{
    const struct context *context = &event->context;
    struct error *e = stripe_sync_team(context, event->fetched, "-", team_id);

    if (e || !*team_id)
        return e;
    return billing_note(
        context, *team_id,
        arena_printf(event->context.arena, "%s-%s", occasion, json_get_text(event->fetched, "id")),
        what, amount, NULL);
}

static struct error *paid_record(struct event *event)
{
    const char *status = json_get_text(event->fetched, "status");
    int64_t team_id, paid_cents = 0;
    struct error *e = invoice_record(event);

    json_get_number(event->fetched, "amount_paid", &paid_cents);
    if (e || event->skip || !status || strcmp(status, "paid") != 0 || !paid_cents)
        return e;
    return invoice_note(event, "paid", "paid", amount_at(event, event->fetched, "amount_paid"),
                        &team_id);
}

/* Reported once per invoice, however often the charge is retried; not if it has been paid
 * meanwhile. */
static struct error *failed_record(struct event *event)
{
    const char *status = json_get_text(event->fetched, "status");
    const char *amount = amount_at(event, event->fetched, "amount_remaining");
    const struct context *context = &event->context;
    struct billing_get_row account;
    struct mail mail;
    int64_t team_id = 0;
    struct error *e = invoice_record(event);

    if (e || event->skip || !status || strcmp(status, "open") != 0)
        return e;
    e = invoice_note(event, "failed", "payment failed", amount, &team_id);
    if (!e && team_id)
        e = sql_billing_get(context->db, context->arena, team_id, &account);
    if (e || !team_id)
        return e;
    mail = (struct mail){ .kind = "payment_failed",
                          .once = json_get_text(event->fetched, "id"),
                          .amount = amount,
                          .at = event->context.now_at,
                          .until_at = strcmp(account.status, BILLING_STATUS_PAST_DUE) == 0
                                          ? account.until_at
                                          : 0 };
    return billing_mail(context, team_id, &mail);
}

static struct error *unfinished_record(struct event *event)
{
    const struct context *context = &event->context;
    int64_t team_id;
    struct error *e = invoice_record(event);

    if (!e && !event->skip)
        e = stripe_sync_team(context, event->fetched, "-", &team_id);
    if (e || event->skip || !team_id)
        return e;
    return billing_problem_record(
        context,
        arena_printf(event->context.arena, "unfinished-%s", json_get_text(event->fetched, "id")),
        &team_id, "Stripe could not finalize an invoice: see the Stripe dashboard");
}

/* Refunds are cumulative: the amount refunded so far identifies the occasion. */
static struct error *refund_record(struct event *event)
{
    const struct json *charge = json_get(event->body, "data.object");
    const char *amount = amount_at(event, charge, "amount_refunded");
    const struct context *context = &event->context;
    int64_t team_id;
    struct error *e = stripe_sync_team(context, charge, "-", &team_id);

    if (!e && !team_id)
        event->skip = "unknown customer";
    if (e || !team_id)
        return e;
    return billing_note(context, team_id,
                        arena_printf(event->context.arena, "refund-%s-%s",
                                     stripe_id_at(charge, "id", "ch_"), amount),
                        "refunded", amount, NULL);
}

static struct error *dispute_record(struct event *event)
{
    const struct context *context = &event->context;
    const char *id = object_id(event, "id", "");

    if (!id)
        return no_id(event);
    return billing_problem_record(context, arena_printf(event->context.arena, "dispute-%s", id),
                                  NULL, "a payment is disputed: see Stripe's dashboard");
}

/* ---- use ---- */

static struct error *thin_fetch(struct event *event)
{
    const struct stripe *stripe;
    struct error *e = stripe_of(event, &stripe);

    return e ? e : stripe_thin_event_get(stripe, event->context.arena, event->id, &event->fetched);
}

/* The samples contain identifiers of our usage reports. */
static struct error *samples_record(struct event *event, const struct json *type)
{
    const char *code = json_get_text(type, "code");
    struct error *e = NULL;

    for (const struct json *it = json_first(json_get(type, "sample_errors")); it && !e;
         it = json_next(it)) {
        const char *name = json_get_text(it, "request.identifier");
        struct usage_report_by_identifier_row report;

        e = name ? sql_usage_report_by_identifier(event->context.db, event->context.arena, name,
                                                  &report)
                 : NULL;
        if (!e && name)
            e = sql_usage_report_set(event->context.db, event->context.arena, report.team_id,
                                     report.hour_at, "failed",
                                     code ? code : "refused by the meter");
        else if (e && e->kind == ERROR_NOT_FOUND)
            e = NULL; /* usage reported to the same account by another system */
    }
    return e;
}

static struct error *meter_record(struct event *event)
{
    const char *summary = json_get_text(event->fetched, "data.developer_message_summary");
    const struct context *context = &event->context;
    struct error *e = NULL;

    for (const struct json *type = json_first(json_get(event->fetched, "data.reason.error_types"));
         type && !e; type = json_next(type))
        e = samples_record(event, type);
    return e ? e
             : billing_problem_record(
                   context, arena_printf(event->context.arena, "meter-%s", event->id), NULL,
                   arena_printf(event->context.arena, "Stripe's meter refused use: %.200s",
                                summary ? summary : event->type));
}

const struct event_rule STRIPE_RULES[] = {
    { "checkout.session.completed", checkout_fetch, checkout_record },
    { "checkout.session.async_payment_succeeded", checkout_fetch, checkout_record },
    { "checkout.session.expired", mode_check, checkout_close },
    { "customer.subscription.", subscription_fetch, subscription_record },
    { "customer.deleted", customer_fetch, customer_end },
    { "customer.", mode_check, nothing_kept },
    { "invoice.upcoming", mode_check, nothing_kept },
    { "invoice.deleted", mode_check, nothing_kept },
    { "invoice.paid", invoice_fetch, paid_record },
    { "invoice.payment_failed", invoice_fetch, failed_record },
    { "invoice.finalization_failed", invoice_fetch, unfinished_record },
    { "invoice.", invoice_fetch, invoice_record },
    { "charge.refunded", mode_check, refund_record },
    { "charge.dispute.", mode_check, dispute_record },
    { "v1.billing.meter.error_report_triggered", thin_fetch, meter_record },
    { "v1.billing.meter.no_meter_found", thin_fetch, meter_record },
};
const size_t STRIPE_RULE_COUNT = COUNT(STRIPE_RULES);
