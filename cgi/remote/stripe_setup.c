/*
 * The product catalogue at Stripe: one meter, and a product with one price for usage and, if the
 * configuration has a base price, another. Existing objects that match are left alone, so it is
 * idempotent.
 */
#include "adapter/crypto.h"
#include "remote/stripe_call.h"

#include <string.h>

static const struct stripe_field METER[] = {
    { "display_name", "Domicile: use of VMs" },
    { "event_name", STRIPE_METER },
    { "default_aggregation[formula]", "sum" },
    { "customer_mapping[type]", "by_id" },
    { "customer_mapping[event_payload_key]", "stripe_customer_id" },
    { "value_settings[event_payload_key]", "value" },
    { .name = NULL },
};

/* `*out_id` is NULL if there is none. */
static struct error *meter_find(const struct stripe *stripe, struct arena *arena,
                                const char **out_id)
{
    static const struct stripe_field fields[] = { { "status", "active" },
                                                  { "limit", "100" },
                                                  { .name = NULL } };
    static const struct stripe_call call = { .method = "GET",
                                             .path = "/v1/billing/meters",
                                             .fields = fields };
    const struct json *list;
    struct error *e = stripe_send(stripe, arena, &call, &list);

    *out_id = NULL;
    for (const struct json *meter = e ? NULL : json_first(json_get(list, "data")); meter;
         meter = json_next(meter)) {
        const char *name = json_get_text(meter, "event_name");

        if (name && strcmp(name, STRIPE_METER) == 0)
            *out_id = stripe_id_at(meter, "id", "mtr_");
    }
    return e;
}

/* A new key per call: an object created earlier may have been changed since. */
static struct error *make(const struct stripe *stripe, struct arena *arena, const char *path,
                          const struct stripe_field *fields, const char *prefix,
                          const char **out_id)
{
    const struct stripe_call call = {
        .method = "POST", .path = path, .fields = fields, .idempotency_key = crypto_id(arena)
    };
    const struct json *reply;
    struct error *e = stripe_send(stripe, arena, &call, &reply);

    if (e)
        return e;
    *out_id = stripe_id_at(reply, "id", prefix);
    return *out_id ? NULL : error_new(arena, ERROR_UPSTREAM, "Stripe: %s: no id", path);
}

static struct error *meter_ensure(const struct stripe *stripe, struct arena *arena,
                                  const char **out_id)
{
    struct error *e = meter_find(stripe, arena, out_id);

    if (e || *out_id)
        return e;
    return make(stripe, arena, "/v1/billing/meters", METER, "mtr_", out_id);
}

/* A price is immutable: a new one takes over the lookup key, with its own product. */
static struct error *price_make(const struct stripe *stripe, struct arena *arena,
                                const char *lookup_key, const char *product, const char *amount,
                                const char *meter_id, const char **out_id)
{
    const struct stripe_field fields[] = {
        { "currency", stripe_currency(stripe) },
        { "unit_amount_decimal", amount },
        { "recurring[interval]", "month" },
        { "recurring[usage_type]", meter_id ? "metered" : NULL },
        { "recurring[meter]", meter_id },
        { "lookup_key", lookup_key },
        { "transfer_lookup_key", "true" },
        { "tax_behavior", "exclusive" },
        { "product_data[name]", product },
        { .name = NULL },
    };

    return make(stripe, arena, "/v1/prices", fields, "price_", out_id);
}

struct error *stripe_setup(const struct stripe *stripe, struct arena *arena,
                           struct stripe_prices *out)
{
    int64_t base_cents = stripe_base_cents(stripe);
    struct error *e = stripe_prices_get(stripe, arena, out);

    if (!e || e->kind != ERROR_INPUT)
        return e;
    e = meter_ensure(stripe, arena, &out->meter_id);
    if (!e)
        e = price_make(stripe, arena, STRIPE_METER, "Use of VMs", STRIPE_UNIT_CENTS, out->meter_id,
                       &out->usage);
    if (!e && base_cents)
        e = price_make(stripe, arena, STRIPE_BASE, "Base price",
                       arena_printf(arena, "%lld", (long long)base_cents), NULL, &out->base);
    return e ? e : stripe_prices_get(stripe, arena, out);
}
