/*
 * What Stripe says of subscriptions and invoices, as our rows. What is recorded was fetched, never
 * taken from an event; recording the same twice changes nothing.
 */
#pragma once

#include "adapter/json.h"
#include "model/billing_status_change.h"

/*
 * In an open write transaction. `*skip` says in words why there was nothing to do, else it stays.
 * INPUT when the object cannot belong to the team that has its customer, NOT_FOUND when it says
 * that it is ours and no team knows it, CONFLICT when the team has another subscription that lives.
 */
struct error *stripe_sync_subscription(const struct context *context,
                                       const struct json *subscription, const char **skip);

/* The same for an invoice, and for the subscription in it. */
struct error *stripe_sync_invoice(const struct context *context, const struct json *invoice,
                                  const char **skip);

/* Whose is it? By its customer, else by the subscription at `path` ("": itself). 0: not ours. */
struct error *stripe_sync_team(const struct context *context, const struct json *object,
                               const char *path, int64_t *out_team_id);
