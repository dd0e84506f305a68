/*
 * Handlers for the types of Stripe events. Events are delivered more than once, late and out of
 * order, so only the current state at Stripe counts: the object that an event names is fetched, and
 * for what concerns a subscription, all that the team has. The first table entry that matches an
 * event type applies.
 */
#include "base/array.h"
#include "billing/stripe_sync.h"
#include "main_constants.sql.h"
#include "model/event.h"
#include "model/money.h"
#include "remote/stripe.h"

#include "billing.sql.h"
#include "billing_problem.sql.h"
#include "usage_report.sql.h"

#include <string.h>

/* Test-mode events must not pay for anything. */
static struct error *mode_check(struct event *event)
{
    if (json_get_flag(event->body, "livemode") == stripe_is_live(event->stripe))
        return NULL;
    return error_new(event->context.arena, ERROR_INPUT,
                     "event is for the other mode (test or live)");
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

/* ---- a team's subscriptions ---- */

/* 0: no team. */
static struct error *team_fetch(struct event *event, int64_t team_id)
{
    struct subscriptions *subscriptions = arena_alloc(event->context.arena, sizeof *subscriptions);

    if (!team_id)
        return NULL;
    event->subscriptions = subscriptions;
    return subscriptions_fetch(&event->context, event->stripe, team_id, subscriptions);
}

static struct error *subscriptions_write(struct event *event)
{
    if (event->subscriptions)
        return subscriptions_record(&event->context, event->subscriptions, &event->skip);
    event->skip = "unknown customer";
    return NULL;
}

static struct error *subscription_fetch(struct event *event)
{
    const struct json *object = json_get(event->body, "data.object");
    int64_t team_id = 0;
    struct error *e = mode_check(event);

    if (!e && !object_id(event, "id", "sub_"))
        e = no_id(event);
    if (!e)
        e = stripe_sync_team(&event->context, object, "", &team_id);
    /* One that claims another team is a problem of the team that has the customer. */
    if (!e && !team_id)
        e = stripe_sync_claim(&event->context, json_get_text(object, "metadata.team_id"), 0);
    return e ? e : team_fetch(event, team_id);
}

/* ---- Checkout ---- */

/* Without our metadata the reference is that of another product's Checkout session. */
static struct error *checkout_fetch(struct event *event)
{
    const struct json *session = json_get(event->body, "data.object");
    const char *claimed = json_get_text(session, "metadata.team_id");
    int64_t team_id = 0;
    struct error *e = mode_check(event);

    if (!e)
        e = stripe_sync_team(&event->context, session, "subscription", &team_id);
    if (!e)
        e = stripe_sync_claim(&event->context, claimed, team_id);
    if (!e && claimed)
        e = stripe_sync_claim(&event->context, json_get_text(session, "client_reference_id"),
                              team_id);
    return e ? e : team_fetch(event, team_id);
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

/* ---- customers ---- */

static struct error *customer_fetch(struct event *event)
{
    const char *id = object_id(event, "id", "cus_");
    struct billing_by_customer_row row = { .team_id = 0 };
    struct error *e = mode_check(event);

    if (!e && !id)
        e = no_id(event);
    if (!e)
        e = stripe_customer_get(event->stripe, event->context.arena, id, &event->fetched);
    if (!e)
        e = sql_billing_by_customer(event->context.db, event->context.arena, id, &row);
    if (e && e->kind == ERROR_NOT_FOUND && event->fetched)
        return NULL;
    return e ? e : team_fetch(event, row.team_id);
}

/* Its subscription has ended with it. The id is kept for late events; the next Checkout finds that
 * the customer no longer exists, and creates a new one. */
static struct error *customer_end(struct event *event)
{
    struct error *e = NULL;

    if (!json_get_flag(event->fetched, "deleted")) {
        event->skip = "the customer still exists";
        return NULL;
    }
    if (event->subscriptions)
        e = billing_note(&event->context, event->subscriptions->team_id, event->id,
                         "Customer deleted at Stripe", NULL, NULL);
    return e ? e : subscriptions_write(event);
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
    int64_t team_id = 0;
    struct error *e = mode_check(event);

    if (!e && !id)
        e = no_id(event);
    if (!e)
        e = stripe_invoice_get(event->stripe, event->context.arena, id, &event->fetched);
    if (!e)
        e = stripe_sync_team(&event->context, event->fetched, STRIPE_INVOICE_SUBSCRIPTION,
                             &team_id);
    return e ? e : team_fetch(event, team_id);
}

static struct error *invoice_record(struct event *event)
{
    const char *ignored;
    struct error *e;

    if (!event->subscriptions) {
        event->skip = "unknown customer";
        return NULL;
    }
    e = stripe_sync_invoice(&event->context, event->subscriptions, event->fetched, &event->skip);
    return e ? e : subscriptions_record(&event->context, event->subscriptions, &ignored);
}

static const char *amount_at(const struct event *event, const struct json *object, const char *path)
{
    const char *currency = json_get_text(object, "currency");

    return money_text(event->context.config, event->context.arena, json_number_at(object, path),
                      currency ? currency : "?");
}

/* Whether the invoice was stored, and has this status. */
static bool is_stored_as(const struct event *event, const char *status)
{
    const char *found = json_get_text(event->fetched, "status");

    return !event->skip && found && strcmp(found, status) == 0;
}

/* Add a line about an invoice to the billing page, once per occasion. */
static struct error *invoice_note(struct event *event, const char *occasion, const char *what,
                                  const char *amount)
{
    return billing_note(
        &event->context, event->subscriptions->team_id,
        arena_printf(event->context.arena, "%s-%s", occasion, json_get_text(event->fetched, "id")),
        what, amount, NULL);
}

static struct error *paid_record(struct event *event)
{
    struct error *e = invoice_record(event);

    if (e || !is_stored_as(event, "paid") || !json_number_at(event->fetched, "amount_paid"))
        return e;
    return invoice_note(event, "paid", "Payment received",
                        amount_at(event, event->fetched, "amount_paid"));
}

/* Reported once per invoice, however often the charge is retried; not if it has been paid
 * meanwhile. */
static struct error *failed_record(struct event *event)
{
    const char *amount = amount_at(event, event->fetched, "amount_remaining");
    const struct context *context = &event->context;
    struct billing_get_row account;
    struct mail mail;
    struct error *e = invoice_record(event);

    if (e || !is_stored_as(event, "open"))
        return e;
    e = invoice_note(event, "failed", "Payment failed", amount);
    if (!e)
        e = sql_billing_get(context->db, context->arena, event->subscriptions->team_id, &account);
    if (e)
        return e;
    mail = (struct mail){ .kind = "payment_failed",
                          .once = json_get_text(event->fetched, "id"),
                          .amount = amount,
                          .at = event->context.now_at,
                          .until_at = strcmp(account.status, BILLING_STATUS_PAST_DUE) == 0
                                          ? account.until_at
                                          : 0 };
    return billing_mail(context, event->subscriptions->team_id, &mail);
}

static struct error *unfinished_record(struct event *event)
{
    const struct context *context = &event->context;
    struct error *e = invoice_record(event);

    if (e || event->skip)
        return e;
    return billing_problem_record(
        context,
        arena_printf(event->context.arena, "unfinished-%s", json_get_text(event->fetched, "id")),
        &event->subscriptions->team_id,
        "Stripe could not finalize an invoice: see the Stripe dashboard", NULL);
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
                        "Refunded", amount, NULL);
}

static struct error *dispute_fetch(struct event *event)
{
    const char *id = object_id(event, "id", "");
    struct error *e = mode_check(event);

    if (!e && !id)
        e = no_id(event);
    return e ? e : stripe_dispute_get(event->stripe, event->context.arena, id, &event->fetched);
}

/* The outcomes, which are final; all other values are stages of an open dispute. */
static const char *const OUTCOMES[][2] = {
    { "won", "Dispute won" },
    { "lost", "Dispute lost" },
    { "warning_closed", "Dispute closed" },
    { "prevented", "Dispute closed" },
};

static const char *outcome_of(const struct json *dispute)
{
    const char *status = json_get_text(dispute, "status");

    for (size_t i = 0; status && i < COUNT(OUTCOMES); i++) {
        if (strcmp(OUTCOMES[i][0], status) == 0)
            return OUTCOMES[i][1];
    }
    return NULL;
}

/* The operator's concern while it is open. The team's page keeps both its beginning and its end. */
static struct error *dispute_record(struct event *event)
{
    const struct context *context = &event->context;
    const struct json *dispute = event->fetched;
    const char *outcome = outcome_of(dispute), *amount = amount_at(event, dispute, "amount");
    const char *problem_id =
        arena_printf(context->arena, "dispute-%s", json_get_text(dispute, "id"));
    const char *what = outcome ? outcome : "Payment disputed";
    int64_t team_id;
    struct error *e = stripe_sync_team(context, json_get(dispute, "charge"), "-", &team_id);

    if (!e && !team_id)
        event->skip = "unknown customer";
    if (e || !team_id)
        return e;
    e = billing_note(context, team_id, arena_printf(context->arena, "%s %s", problem_id, what),
                     what, amount, NULL);
    if (e || outcome)
        return e ? e : sql_billing_problem_solve(context->db, context->arena, problem_id);
    return billing_problem_record(
        context, problem_id, &team_id,
        arena_printf(context->arena, "a payment of %s is disputed: respond in Stripe's dashboard",
                     amount),
        NULL);
}

/* ---- use ---- */

static struct error *thin_fetch(struct event *event)
{
    struct error *e = mode_check(event);

    return e ? e
             : stripe_thin_event_get(event->stripe, event->context.arena, event->id,
                                     &event->fetched);
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
                                summary ? summary : event->type),
                   NULL);
}

const struct event_rule STRIPE_RULES[] = {
    { "checkout.session.completed", checkout_fetch, subscriptions_write },
    { "checkout.session.async_payment_succeeded", checkout_fetch, subscriptions_write },
    { "checkout.session.expired", mode_check, checkout_close },
    { "customer.subscription.", subscription_fetch, subscriptions_write },
    { "customer.deleted", customer_fetch, customer_end },
    { "customer.", mode_check, nothing_kept },
    { "invoice.upcoming", mode_check, nothing_kept },
    { "invoice.deleted", mode_check, nothing_kept },
    { "invoice.paid", invoice_fetch, paid_record },
    { "invoice.payment_failed", invoice_fetch, failed_record },
    { "invoice.finalization_failed", invoice_fetch, unfinished_record },
    { "invoice.", invoice_fetch, invoice_record },
    { "charge.refunded", mode_check, refund_record },
    { "charge.dispute.", dispute_fetch, dispute_record },
    { "v1.billing.meter.error_report_triggered", thin_fetch, meter_record },
    { "v1.billing.meter.no_meter_found", thin_fetch, meter_record },
};
const size_t STRIPE_RULE_COUNT = COUNT(STRIPE_RULES);
