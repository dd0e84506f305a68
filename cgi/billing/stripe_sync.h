/*
 * Which team an object at Stripe belongs to, and Stripe's invoices as our rows. Only fetched
 * objects are recorded, never the contents of an event; recording the same object twice changes
 * nothing.
 */
#pragma once

#include "billing/subscriptions.h"

/* Where an invoice has its subscription: the id, or the object if expanded. */
#define STRIPE_INVOICE_SUBSCRIPTION "parent.subscription_details.subscription"

/* The owning team: found by customer, else by the subscription at `path` ("": the object itself).
 * 0: not ours. */
struct error *stripe_sync_team(const struct context *context, const struct json *object,
                               const char *path, int64_t *out_team_id);

/* Whether the team that an object claims in the metadata that we set (NULL: none) is its owner (0:
 * no team). INPUT if it is another one, NOT_FOUND if no team owns it. */
struct error *stripe_sync_claim(const struct context *context, const char *claimed,
                                int64_t team_id);

/* Store an invoice, and compare what it charges for use with the ledger, if its subscription is
 * expanded. `*skip` as in subscriptions_record. Needs an open write transaction. */
struct error *stripe_sync_invoice(const struct context *context,
                                  const struct subscriptions *subscriptions,
                                  const struct json *invoice, const char **skip);

/* Store an invoice, no more. */
struct error *stripe_sync_invoice_row(const struct context *context, int64_t team_id,
                                      const struct json *invoice);
