/*
 * Billing jobs: what a team's owners, or the system, request from Stripe. The worker runs them
 * (billing/billing_request.c), because only it has the API key and network access; a page waits for
 * the result.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

#define BILLING_JOB_CHECKOUT "checkout" /* a payment page that starts a subscription */
#define BILLING_JOB_PORTAL   "portal"
#define BILLING_JOB_CARD     "card"
#define BILLING_JOB_CANCEL   "cancel"  /* at the end of the period */
#define BILLING_JOB_RESUME   "resume"  /* undo a cancellation */
#define BILLING_JOB_INVOICE  "invoice" /* the hosted invoice page */
#define BILLING_JOB_PDF      "pdf"     /* the invoice as PDF */
#define BILLING_JOB_END      "end"     /* end a subscription now; retried until it succeeds */

/*
 * Queue a job of `kind` and set `*out_id`, which identifies it in links and to Stripe. `object_id`
 * is the invoice or the subscription at Stripe; NULL for kinds that concern the team itself. Needs
 * an open write transaction; the caller wakes the worker after committing it.
 */
struct error *billing_job_queue(const struct context *context, const struct actor *actor,
                                const char *kind, const char *object_id, const char **out_id);
