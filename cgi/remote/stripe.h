/*
 * What we say to Stripe: typed calls, each one request. Prices and the meter are found by their
 * lookup keys, so the configuration names none of them. Documentation: https://docs.stripe.com/api
 *
 * Errors: RATE (429: later, and slower), UPSTREAM (no answer, or Stripe's own trouble), NOT_FOUND
 * (no such object), CONFLICT (the idempotency key stands for other parameters), INPUT (refused for
 * good), INTERNAL (the key does not allow it). Their texts hold Stripe's error code and request id,
 * and nothing of what was sent.
 */
#pragma once

#include "adapter/config.h"
#include "adapter/json.h"
#include "base/error.h"

/* Objects and events look as they do in this version, whatever the account's own is. */
#define STRIPE_VERSION "2026-10-28.endive"

struct stripe;

/* Reads secrets/stripe-api-key. INPUT or INTERNAL when something in the configuration is missing.
 */
struct error *stripe_open(struct arena *arena, const struct config *config, struct stripe **out);

/* Does the key move real money? Events of the other mode are not ours. */
bool stripe_is_live(const struct stripe *stripe);

/* An id of an object: `prefix` ("sub_") and then [A-Za-z0-9_-], so that it can stand in a path. */
bool stripe_is_id(const char *text, const char *prefix);

/* The id at `path`, whether it stands there as a text or as the whole object. NULL: none. */
const char *stripe_id_at(const struct json *json, const char *path, const char *prefix);

/* What a subscription consists of. */
struct stripe_prices {
    const char *usage;    /* metered, 1/1000 cent a unit */
    const char *meter_id; /* behind it */
    const char *base;     /* flat; NULL when base_cents is 0 */
};

/* INPUT when one is missing, or charges something else than the configuration says. */
struct error *stripe_prices_get(const struct stripe *stripe, struct arena *arena,
                                struct stripe_prices *out);

/* Each `key` below is an idempotency key: it names one deed, whenever it is tried. */

struct error *stripe_customer_create(const struct stripe *stripe, struct arena *arena,
                                     const char *key, const char *email, const char *name,
                                     int64_t team_id, const char **out_id);
struct error *stripe_customer_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                  const struct json **out);

struct stripe_checkout {
    const char *key;
    const char *customer_id;
    int64_t team_id;
    const struct stripe_prices *prices;
    int64_t expires_at;   /* of the page */
    int64_t trial_end_at; /* 0: no trial */
    int64_t anchor_at;    /* when the first period ends; 0 with a trial */
};

/* A session: "id", and "url" for the browser while its "status" is "open". */
struct error *stripe_checkout_create(const struct stripe *stripe, struct arena *arena,
                                     const struct stripe_checkout *checkout,
                                     const struct json **out);
struct error *stripe_checkout_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                  const struct json **out);

/* `flow` is "payment_method_update", or NULL for the portal's first page. */
struct error *stripe_portal_create(const struct stripe *stripe, struct arena *arena,
                                   const char *key, const char *customer_id, const char *flow,
                                   const char **out_url);

/* A subscription with its latest invoice in it. */
struct error *stripe_subscription_get(const struct stripe *stripe, struct arena *arena,
                                      const char *id, const struct json **out);

/* End it with the period, or take that back. */
struct error *stripe_subscription_cancel(const struct stripe *stripe, struct arena *arena,
                                         const char *key, const char *id, bool is_to_end,
                                         const struct json **out);

/* End it at once, with a last invoice. */
struct error *stripe_subscription_end(const struct stripe *stripe, struct arena *arena,
                                      const char *id, const struct json **out);

/* The newest, newest first, ended ones as well; "data" is the list. */
struct error *stripe_subscription_list(const struct stripe *stripe, struct arena *arena,
                                       const char *customer_id, const struct json **out);
struct error *stripe_invoice_list(const struct stripe *stripe, struct arena *arena,
                                  const char *customer_id, const struct json **out);

/* An invoice with its subscription in it. */
struct error *stripe_invoice_get(const struct stripe *stripe, struct arena *arena, const char *id,
                                 const struct json **out);

/* `identifier` counts once, however often it is sent within 24 hours. */
struct error *stripe_meter_event(const struct stripe *stripe, struct arena *arena, const char *key,
                                 const char *identifier, const char *customer_id, int64_t value,
                                 int64_t at);

/* What Stripe has counted in [from_at, until_at), by the hour; "data" is the list. */
struct error *stripe_meter_summary(const struct stripe *stripe, struct arena *arena,
                                   const char *meter_id, const char *customer_id, int64_t from_at,
                                   int64_t until_at, const struct json **out);

/* An event of which only the name was sent. */
struct error *stripe_thin_event_get(const struct stripe *stripe, struct arena *arena,
                                    const char *id, const struct json **out);

/* Make meter, products and prices where they are missing or charge something else. */
struct error *stripe_setup(const struct stripe *stripe, struct arena *arena,
                           struct stripe_prices *out);
