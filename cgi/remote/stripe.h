/*
 * Stripe client: typed calls, one request each. Prices and the meter are found by lookup key, so
 * the configuration contains no ids. Documentation: https://docs.stripe.com/api
 *
 * Errors: RATE (429: retry later, more slowly), UPSTREAM (no response, or an error on Stripe's
 * side), NOT_FOUND (no such object), CONFLICT (the idempotency key was used with other parameters),
 * INPUT (permanently refused), INTERNAL (the API key lacks permission). Their texts contain
 * Stripe's error code and request id, and nothing of what was sent.
 */
#pragma once

#include "adapter/config.h"
#include "adapter/json.h"
#include "base/error.h"

/* The API version of objects and events, independent of the account's default. */
#define STRIPE_VERSION "2026-10-28.endive"

/* The metered price, by its lookup key, and its meter, by the name of its events. */
#define STRIPE_METER "domicile_usage"

struct stripe;

/* Reads secrets/stripe-api-key. INPUT or INTERNAL if the configuration is incomplete. */
struct error *stripe_open(struct arena *arena, const struct config *config, struct stripe **out);

/* Whether the key is for live mode. Events of the other mode are ignored. */
bool stripe_is_live(const struct stripe *stripe);

/* Whether it is an object id: `prefix` ("sub_") followed by [A-Za-z0-9_-], safe to use in a
 * path. */
bool stripe_is_id(const char *text, const char *prefix);

/* The id at `path`, which holds either the id or the expanded object. NULL: none. */
const char *stripe_id_at(const struct json *json, const char *path, const char *prefix);

/* The prices of a subscription. */
struct stripe_prices {
    const char *usage;    /* metered, in units of 1/1000 cent */
    const char *meter_id; /* the meter of that price */
    const char *base;     /* flat; NULL if base_cents is 0 */
};

/* INPUT if one is missing or does not match the configuration. */
struct error *stripe_prices_get(const struct stripe *stripe, struct arena *arena,
                                struct stripe_prices *out);

/* The meter of the metered price, whatever else its state. INPUT if there is no such price. */
struct error *stripe_meter_get(const struct stripe *stripe, struct arena *arena,
                               const char **out_id);

/* The subscription's item that charges use: metered by that meter, at our price. NULL: none. */
const struct json *stripe_usage_item(const struct stripe *stripe, const char *meter_id,
                                     const struct json *subscription);

/* The line of an invoice of such a subscription that charges use, by its price. NULL: none. */
const struct json *stripe_usage_line(const struct json *invoice);

/* `key` below is always an idempotency key: it identifies one operation across retries. */

struct error *stripe_customer_create(const struct stripe *stripe, struct arena *arena,
                                     const char *key, const char *email, const char *name,
                                     int64_t team_id, const char **out_id);
struct error *stripe_customer_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                  const struct json **out);

/* Delete a customer for good; NOT_FOUND: there is none. Invoices stay at Stripe. */
struct error *stripe_customer_delete(const struct stripe *stripe, struct arena *arena,
                                     const char *id);

struct stripe_checkout {
    const char *key;
    const char *customer_id;
    int64_t team_id;
    const struct stripe_prices *prices;
    int64_t expires_at;   /* of the session */
    int64_t trial_end_at; /* 0: no trial */
    int64_t anchor_at;    /* when the first period ends; 0 with a trial */
};

/* A Checkout session: "id", and the "url" for the browser while "status" is "open". */
struct error *stripe_checkout_create(const struct stripe *stripe, struct arena *arena,
                                     const struct stripe_checkout *checkout,
                                     const struct json **out);
struct error *stripe_checkout_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                  const struct json **out);

/* `flow` is "payment_method_update", or NULL for the start page of the portal. */
struct error *stripe_portal_create(const struct stripe *stripe, struct arena *arena,
                                   const char *key, const char *customer_id, const char *flow,
                                   const char **out_url);

/* A subscription with its latest invoice expanded. */
struct error *stripe_subscription_get(const struct stripe *stripe, struct arena *arena,
                                      const char *id, const struct json **out);

/* Cancel it at the end of the period, or undo that. */
struct error *stripe_subscription_cancel(const struct stripe *stripe, struct arena *arena,
                                         const char *key, const char *id, bool is_to_end,
                                         const struct json **out);

/* Cancel it immediately, with a final invoice. */
struct error *stripe_subscription_end(const struct stripe *stripe, struct arena *arena,
                                      const char *id, const struct json **out);

/* All that have not ended, newest first, with their latest invoices expanded; "data" is the list.
 * UPSTREAM if there are more than one response holds. */
struct error *stripe_subscription_list(const struct stripe *stripe, struct arena *arena,
                                       const char *customer_id, const struct json **out);

/* The most recent ones, newest first; "data" is the list. */
struct error *stripe_invoice_list(const struct stripe *stripe, struct arena *arena,
                                  const char *customer_id, const struct json **out);

/* An invoice with its subscription expanded. */
struct error *stripe_invoice_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                 const struct json **out);

/* A dispute with its charge expanded. */
struct error *stripe_dispute_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                 const struct json **out);

/* `identifier` counts once, however often it is sent within 24 hours. */
struct error *stripe_meter_event(const struct stripe *stripe, struct arena *arena, const char *key,
                                 const char *identifier, const char *customer_id, int64_t value,
                                 int64_t at);

/* What Stripe has counted in [from_at, until_at), by hour; "data" is the list. */
struct error *stripe_meter_summary(const struct stripe *stripe, struct arena *arena,
                                   const char *meter_id, const char *customer_id, int64_t from_at,
                                   int64_t until_at, const struct json **out);

/* Fetch an event of which only the id was delivered. */
struct error *stripe_thin_event_get(const struct stripe *stripe, struct arena *arena,
                                    const char *id, const struct json **out);

/* Create the meter, products and prices that are missing or do not match the configuration. */
struct error *stripe_setup(const struct stripe *stripe, struct arena *arena,
                           struct stripe_prices *out);
