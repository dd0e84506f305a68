/*
 * "domicile-admin billing" and "stripe-setup": the teams' billing status, inconsistencies, and the
 * catalogue at Stripe.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/date.h"
#include "remote/stripe.h"

#include "billing.sql.h"
#include "billing_problem.sql.h"

#include <stdio.h>

/* The events that Stripe must send; see stripe_events.c. */
static const char *const EVENTS[] = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.expired",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.created",
    "invoice.finalized",
    "invoice.finalization_failed",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
};

static const char *const THIN_EVENTS[] = { "v1.billing.meter.error_report_triggered",
                                           "v1.billing.meter.no_meter_found" };

static struct error *line_write(struct admin *admin, const struct json_field *fields, size_t count)
{
    const char *text;
    struct error *e = json_object_write(admin->arena, fields, count, &text);

    if (!e)
        puts(text);
    return e;
}

static struct error *team_write(struct admin *admin, const struct billing_list_row *row)
{
    const struct json_field fields[] = {
        json_text("kind", "team"),
        json_number("team_id", row->team_id),
        json_text("team", row->team),
        json_text("status", row->status),
        json_number("status_at", row->status_at),
        json_number("until_at", row->until_at),
        json_text("stripe_status", row->stripe_status),
        json_text("customer", row->customer_id),
        json_text("subscription", row->subscription_id),
        json_number("open_pushes", row->open_pushes),
    };

    if (admin->is_json)
        return line_write(admin, fields, COUNT(fields));
    printf("%6lld  %-24s  %-10s  %-12s  %-28s  %6lld\n", (long long)row->team_id, row->team,
           row->status, row->stripe_status ? row->stripe_status : "",
           row->subscription_id ? row->subscription_id : "", (long long)row->open_pushes);
    return NULL;
}

static struct error *problem_write(struct admin *admin, const struct billing_problem_list_row *row)
{
    const struct json_field fields[] = {
        json_text("kind", "problem"),         json_text("id", row->id),
        json_number("team_id", row->team_id), json_text("team", row->team),
        json_number("seen_at", row->seen_at), json_text("what", row->what),
    };

    if (admin->is_json)
        return line_write(admin, fields, COUNT(fields));
    printf("%s  %s%s%s\n", date_iso(admin->arena, row->seen_at), row->team, *row->team ? ": " : "",
           row->what);
    return NULL;
}

struct error *admin_billing(struct admin *admin)
{
    struct billing_list_rows teams;
    struct billing_problem_list_rows problems;
    struct error *e = sql_billing_list(admin->db, admin->arena, &teams);

    if (!e)
        e = sql_billing_problem_list(admin->db, admin->arena, "", "", 0, INT64_MAX, &problems);
    if (!e && !admin->is_json)
        printf("%6s  %-24s  %-10s  %-12s  %-28s  %6s\n", "ID", "TEAM", "STATUS", "AT STRIPE",
               "SUBSCRIPTION", "UNSENT");
    for (size_t i = 0; !e && i < teams.count; i++)
        e = team_write(admin, &teams.row[i]);
    if (!e && !admin->is_json)
        printf("\n%s\n", problems.count ? "Inconsistencies:" : "No inconsistencies.");
    for (size_t i = 0; !e && i < problems.count; i++)
        e = problem_write(admin, &problems.row[i]);
    return e;
}

static void events_print(const char *const *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("    %s\n", events[i]);
}

struct error *admin_stripe_setup(struct admin *admin)
{
    struct stripe_prices prices;
    struct stripe *stripe;
    struct error *e = stripe_open(admin->arena, admin->config, &stripe);

    if (!e)
        e = stripe_setup(stripe, admin->arena, &prices);
    if (e)
        return e;
    printf("At Stripe (%s):\n  meter  %s\n  use    %s\n  base   %s\n",
           stripe_is_live(stripe) ? "live" : "test", prices.meter_id, prices.usage,
           prices.base ? prices.base : "none (base_cents = 0)");
    printf(
        "\nTo do in the Stripe dashboard, once for test and once for live:\n"
        "- Save a customer portal configuration that allows updating payment method and address,\n"
        "  and canceling at the end of the period.\n"
        "- Add a webhook endpoint %s/webhooks/stripe, API version " STRIPE_VERSION ", for:\n",
        admin->config->public_url);
    events_print(EVENTS, COUNT(EVENTS));
    puts("- Add an event destination with the same URL and thin payloads, for:");
    events_print(THIN_EVENTS, COUNT(THIN_EVENTS));
    puts("- Put their signing secrets into secrets/stripe-webhook, one per line.");
    return NULL;
}
