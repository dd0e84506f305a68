/* Stripe objects, one call each; see stripe.h. The only file with paths and parameter names. */
#include "remote/stripe.h"

#include "remote/stripe_call.h"

#include <string.h>

static const char *number(struct arena *arena, int64_t value)
{
    return arena_printf(arena, "%lld", (long long)value);
}

static const char *path_of(struct arena *arena, const char *folder, const char *id)
{
    return arena_printf(arena, "%s/%s", folder, id);
}

/* An object by an external id, which must not lead to another path. */
static struct error *object_get(const struct stripe *stripe, struct arena *arena,
                                const char *folder, const char *id, const char *expand,
                                const struct json **out)
{
    const struct stripe_field fields[] = { { "expand[0]", expand }, { .name = NULL } };
    const struct stripe_call call = { .method = "GET",
                                      .path = path_of(arena, folder, id),
                                      .fields = expand ? fields : NULL };

    if (!stripe_is_id(id, ""))
        return error_new(arena, ERROR_INPUT, "Stripe: %s: invalid id", folder);
    return stripe_send(stripe, arena, &call, out);
}

/* ---- prices ---- */

/* Whether the price charges the configured amount. */
static struct error *price_check(const struct stripe *stripe, struct arena *arena,
                                 const char *lookup_key, const struct json *price,
                                 const char *amount)
{
    const char *currency = json_get_text(price, "currency");
    const char *decimal = json_get_text(price, "unit_amount_decimal");

    if (!price)
        return error_new(arena, ERROR_INPUT,
                         "Stripe has no price %s: run \"domicile-admin stripe-setup\"", lookup_key);
    if (!currency || strcmp(currency, stripe_currency(stripe)) != 0 || !decimal ||
        strcmp(decimal, amount) != 0 || !stripe_is_id(json_get_text(price, "id"), "price_"))
        return error_new(arena, ERROR_INPUT,
                         "Stripe's price %s is not %s cents in %s: run \"domicile-admin "
                         "stripe-setup\"",
                         lookup_key, amount, stripe_currency(stripe));
    return NULL;
}

static const struct json *price_find(const struct json *list, const char *lookup_key)
{
    for (const struct json *price = json_first(json_get(list, "data")); price;
         price = json_next(price)) {
        const char *key = json_get_text(price, "lookup_key");

        if (key && strcmp(key, lookup_key) == 0)
            return price;
    }
    return NULL;
}

struct error *stripe_prices_get(const struct stripe *stripe, struct arena *arena,
                                struct stripe_prices *out)
{
    static const struct stripe_field fields[] = { { "lookup_keys[0]", STRIPE_METER },
                                                  { "lookup_keys[1]", STRIPE_BASE },
                                                  { "active", "true" },
                                                  { .name = NULL } };
    static const struct stripe_call call = { .method = "GET",
                                             .path = "/v1/prices",
                                             .fields = fields };
    int64_t base_cents = stripe_base_cents(stripe);
    const struct json *list, *usage, *base;
    struct error *e = stripe_send(stripe, arena, &call, &list);

    if (e)
        return e;
    usage = price_find(list, STRIPE_METER);
    base = price_find(list, STRIPE_BASE);
    e = price_check(stripe, arena, STRIPE_METER, usage, STRIPE_UNIT_CENTS);
    if (!e && base_cents)
        e = price_check(stripe, arena, STRIPE_BASE, base, number(arena, base_cents));
    if (e)
        return e;
    *out = (struct stripe_prices){
        .usage = json_get_text(usage, "id"),
        .meter_id = stripe_id_at(usage, "recurring.meter", "mtr_"),
        .base = base_cents ? json_get_text(base, "id") : NULL,
    };
    return out->meter_id
               ? NULL
               : error_new(arena, ERROR_INPUT, "Stripe's price %s has no meter", STRIPE_METER);
}

struct error *stripe_meter_get(const struct stripe *stripe, struct arena *arena,
                               const char **out_id)
{
    static const struct stripe_field fields[] = { { "lookup_keys[0]", STRIPE_METER },
                                                  { "active", "true" },
                                                  { .name = NULL } };
    static const struct stripe_call call = { .method = "GET",
                                             .path = "/v1/prices",
                                             .fields = fields };
    const struct json *list;
    struct error *e = stripe_send(stripe, arena, &call, &list);

    if (e)
        return e;
    *out_id = stripe_id_at(price_find(list, STRIPE_METER), "recurring.meter", "mtr_");
    return *out_id ? NULL
                   : error_new(arena, ERROR_INPUT,
                               "Stripe has no price " STRIPE_METER
                               " with a meter: run \"domicile-admin stripe-setup\"");
}

/* Not by the id of the price: an earlier one of the same amount charges the same. */
static bool is_usage_price(const struct stripe *stripe, const char *meter_id,
                           const struct json *price)
{
    const char *meter = json_get_text(price, "recurring.meter");
    const char *amount = json_get_text(price, "unit_amount_decimal");
    const char *currency = json_get_text(price, "currency");

    return meter && amount && currency && strcmp(meter, meter_id) == 0 &&
           strcmp(amount, STRIPE_UNIT_CENTS) == 0 && strcmp(currency, stripe_currency(stripe)) == 0;
}

const struct json *stripe_usage_item(const struct stripe *stripe, const char *meter_id,
                                     const struct json *subscription)
{
    const struct json *item = json_first(json_get(subscription, "items.data"));

    while (item && !is_usage_price(stripe, meter_id, json_get(item, "price")))
        item = json_next(item);
    return item;
}

const struct json *stripe_usage_line(const struct json *invoice)
{
    for (const struct json *line = json_first(json_get(invoice, "lines.data")); line;
         line = json_next(line)) {
        const char *amount = json_get_text(line, "pricing.unit_amount_decimal");

        if (amount && strcmp(amount, STRIPE_UNIT_CENTS) == 0)
            return line;
    }
    return NULL;
}

/* ---- customers ---- */

struct error *stripe_customer_create(const struct stripe *stripe, struct arena *arena,
                                     const char *key, const char *email, const char *name,
                                     int64_t team_id, const char **out_id)
{
    const struct stripe_field fields[] = { { "email", email },
                                           { "name", name },
                                           { "metadata[team_id]", number(arena, team_id) },
                                           { .name = NULL } };
    const struct stripe_call call = {
        .method = "POST", .path = "/v1/customers", .fields = fields, .idempotency_key = key
    };
    const struct json *reply;
    struct error *e = stripe_send(stripe, arena, &call, &reply);

    if (e)
        return e;
    *out_id = stripe_id_at(reply, "id", "cus_");
    return *out_id ? NULL : error_new(arena, ERROR_UPSTREAM, "Stripe: customer without an id");
}

struct error *stripe_customer_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                  const struct json **out)
{
    return object_get(stripe, arena, "/v1/customers", id, NULL, out);
}

struct error *stripe_customer_delete(const struct stripe *stripe, struct arena *arena,
                                     const char *id)
{
    const struct stripe_call call = { .method = "DELETE",
                                      .path = path_of(arena, "/v1/customers", id) };
    const struct json *reply;
    struct error *e = stripe_send(stripe, arena, &call, &reply);

    if (!e && !json_get_flag(reply, "deleted"))
        e = error_new(arena, ERROR_UPSTREAM, "Stripe: the customer is not deleted");
    return e;
}

/* ---- Checkout and the portal ---- */

struct error *stripe_checkout_create(const struct stripe *stripe, struct arena *arena,
                                     const struct stripe_checkout *checkout,
                                     const struct json **out)
{
    const char *team_id = number(arena, checkout->team_id);
    const char *base = checkout->prices->base;
    int64_t trial_at = checkout->trial_end_at;
    const char *back = stripe_return_url(stripe);
    const struct stripe_field fields[] = {
        { "mode", "subscription" },
        { "customer", checkout->customer_id },
        { "client_reference_id", team_id },
        { "line_items[0][price]", checkout->prices->usage },
        { "line_items[1][price]", base },
        { "line_items[1][quantity]", base ? "1" : NULL },
        { "metadata[team_id]", team_id },
        { "subscription_data[metadata][team_id]", team_id },
        { "subscription_data[trial_end]", trial_at ? number(arena, trial_at) : NULL },
        { "subscription_data[billing_cycle_anchor]",
          checkout->anchor_at ? number(arena, checkout->anchor_at) : NULL },
        { "payment_method_collection", "always" },
        { "billing_address_collection", "required" },
        { "customer_update[address]", "auto" },
        { "customer_update[name]", "auto" },
        { "expires_at", number(arena, checkout->expires_at) },
        { "success_url", arena_printf(arena, "%s/return", back) },
        { "cancel_url", back },
        { .name = NULL },
    };
    const struct stripe_call call = { .method = "POST",
                                      .path = "/v1/checkout/sessions",
                                      .fields = fields,
                                      .idempotency_key = checkout->key };

    return stripe_send(stripe, arena, &call, out);
}

struct error *stripe_checkout_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                  const struct json **out)
{
    return object_get(stripe, arena, "/v1/checkout/sessions", id, NULL, out);
}

struct error *stripe_portal_create(const struct stripe *stripe, struct arena *arena,
                                   const char *key, const char *customer_id, const char *flow,
                                   const char **out_url)
{
    const struct stripe_field fields[] = { { "customer", customer_id },
                                           { "return_url", stripe_return_url(stripe) },
                                           { "flow_data[type]", flow },
                                           { .name = NULL } };
    const struct stripe_call call = { .method = "POST",
                                      .path = "/v1/billing_portal/sessions",
                                      .fields = fields,
                                      .idempotency_key = key };
    const struct json *reply;
    struct error *e = stripe_send(stripe, arena, &call, &reply);

    if (e)
        return e;
    *out_url = json_get_text(reply, "url");
    return *out_url ? NULL
                    : error_new(arena, ERROR_UPSTREAM, "Stripe: portal session without a URL");
}

/* ---- subscriptions ---- */

struct error *stripe_subscription_get(const struct stripe *stripe, struct arena *arena,
                                      const char *id, const struct json **out)
{
    return object_get(stripe, arena, "/v1/subscriptions", id, "latest_invoice", out);
}

struct error *stripe_subscription_cancel(const struct stripe *stripe, struct arena *arena,
                                         const char *key, const char *id, bool is_to_end,
                                         const struct json **out)
{
    const struct stripe_field fields[] = { { "cancel_at_period_end", is_to_end ? "true" : "false" },
                                           { "expand[0]", "latest_invoice" },
                                           { .name = NULL } };
    const struct stripe_call call = { .method = "POST",
                                      .path = path_of(arena, "/v1/subscriptions", id),
                                      .fields = fields,
                                      .idempotency_key = key };

    return stripe_send(stripe, arena, &call, out);
}

struct error *stripe_subscription_end(const struct stripe *stripe, struct arena *arena,
                                      const char *id, const struct json **out)
{
    static const struct stripe_field fields[] = { { "invoice_now", "true" },
                                                  { "expand[0]", "latest_invoice" },
                                                  { .name = NULL } };
    const struct stripe_call call = { .method = "DELETE",
                                      .path = path_of(arena, "/v1/subscriptions", id),
                                      .fields = fields };

    return stripe_send(stripe, arena, &call, out);
}

static struct error *list_get(const struct stripe *stripe, struct arena *arena, const char *path,
                              const char *customer_id, const char *expand, const struct json **out)
{
    const struct stripe_field fields[] = {
        { "customer", customer_id }, { "limit", "20" }, { "expand[0]", expand }, { .name = NULL }
    };
    const struct stripe_call call = { .method = "GET", .path = path, .fields = fields };

    return stripe_send(stripe, arena, &call, out);
}

struct error *stripe_subscription_list(const struct stripe *stripe, struct arena *arena,
                                       const char *customer_id, const struct json **out)
{
    /* Without a status Stripe lists all that are not canceled. */
    struct error *e =
        list_get(stripe, arena, "/v1/subscriptions", customer_id, "data.latest_invoice", out);

    return e || !json_get_flag(*out, "has_more")
               ? e
               : error_new(arena, ERROR_UPSTREAM, "Stripe: a customer with too many subscriptions");
}

/* ---- invoices ---- */

struct error *stripe_invoice_list(const struct stripe *stripe, struct arena *arena,
                                  const char *customer_id, const struct json **out)
{
    return list_get(stripe, arena, "/v1/invoices", customer_id, NULL, out);
}

struct error *stripe_invoice_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                 const struct json **out)
{
    return object_get(stripe, arena, "/v1/invoices", id, "parent.subscription_details.subscription",
                      out);
}

struct error *stripe_dispute_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                 const struct json **out)
{
    return object_get(stripe, arena, "/v1/disputes", id, "charge", out);
}

/* ---- use ---- */

struct error *stripe_meter_event(const struct stripe *stripe, struct arena *arena, const char *key,
                                 const char *identifier, const char *customer_id, int64_t value,
                                 int64_t at)
{
    const struct stripe_field fields[] = { { "event_name", STRIPE_METER },
                                           { "payload[stripe_customer_id]", customer_id },
                                           { "payload[value]", number(arena, value) },
                                           { "identifier", identifier },
                                           { "timestamp", number(arena, at) },
                                           { .name = NULL } };
    const struct stripe_call call = { .method = "POST",
                                      .path = "/v1/billing/meter_events",
                                      .fields = fields,
                                      .idempotency_key = key };
    const struct json *reply;

    return stripe_send(stripe, arena, &call, &reply);
}

struct error *stripe_meter_summary(const struct stripe *stripe, struct arena *arena,
                                   const char *meter_id, const char *customer_id, int64_t from_at,
                                   int64_t until_at, const struct json **out)
{
    const struct stripe_field fields[] = { { "customer", customer_id },
                                           { "start_time", number(arena, from_at) },
                                           { "end_time", number(arena, until_at) },
                                           { "value_grouping_window", "hour" },
                                           { "limit", "100" },
                                           { .name = NULL } };
    const struct stripe_call call = {
        .method = "GET",
        .path = arena_printf(arena, "/v1/billing/meters/%s/event_summaries", meter_id),
        .fields = fields,
    };

    return stripe_send(stripe, arena, &call, out);
}

struct error *stripe_thin_event_get(const struct stripe *stripe, struct arena *arena,
                                    const char *id, const struct json **out)
{
    return object_get(stripe, arena, "/v2/core/events", id, NULL, out);
}
