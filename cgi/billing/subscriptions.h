/*
 * A team's subscriptions at Stripe: fetched together and judged together. What an event or a
 * response says about one of them never decides alone, because another may have taken its place.
 */
#pragma once

#include "adapter/json.h"
#include "model/billing_status_change.h"
#include "remote/stripe.h"

/* As fetched; in the context's arena. */
struct subscriptions {
    const struct stripe *stripe;
    int64_t team_id;
    const char *team;          /* the same as our metadata has it */
    const char *meter_id;      /* the meter of use */
    const char *stored_id;     /* of the one in our row; NULL: none yet */
    bool has_stored_ended;     /* according to our row, which is final */
    const struct json *living; /* array, newest first: those that have not ended */
    const struct json *stored; /* the one in our row, if neither ended nor living; NULL: none */
};

/*
 * Ask Stripe, with no transaction open and with stripe_sync_lock held until the result is recorded.
 * A customer deleted at Stripe has no subscriptions. Errors: those of stripe.h.
 */
struct error *subscriptions_fetch(const struct context *context, const struct stripe *stripe,
                                  int64_t team_id, struct subscriptions *out);

/*
 * Store the one that counts, apply the billing status that follows from it, and record what is
 * wrong with the others. Only those with our metered price and the team's id count, and the one
 * stored already; of several, the one in the best standing. An ended one stays ended. Recording the
 * same data twice changes nothing. `*skip` is set to a reason if there was nothing to store, else
 * unchanged. Needs an open write transaction.
 */
struct error *subscriptions_record(const struct context *context,
                                   const struct subscriptions *subscriptions, const char **skip);

/* Those that run and count, one after the other; `previous` is NULL for the first. NULL: no more.
 */
const struct json *subscriptions_next(const struct subscriptions *subscriptions,
                                      const struct json *previous);
