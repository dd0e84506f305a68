/*
 * Stores Stripe's subscriptions and invoices as our rows. Only fetched objects are recorded, never
 * the contents of an event; recording the same object twice changes nothing.
 */
#pragma once

#include "adapter/json.h"
#include "model/billing_status_change.h"

/*
 * Needs an open write transaction. `*skip` is set to a reason if there was nothing to do, else
 * unchanged. INPUT if the object cannot belong to the team that has its customer, NOT_FOUND if it
 * claims to be ours and no team has it, CONFLICT if the team has another active subscription.
 */
struct error *stripe_sync_subscription(const struct context *context,
                                       const struct json *subscription, const char **skip);

/* The same for an invoice, including its subscription. */
struct error *stripe_sync_invoice(const struct context *context, const struct json *invoice,
                                  const char **skip);

/* The owning team: found by customer, else by the subscription at `path` ("": the object itself).
 * 0: not ours. */
struct error *stripe_sync_team(const struct context *context, const struct json *object,
                               const char *path, int64_t *out_team_id);
