/*
 * Jobs about billing: what the owners of a team, or the system, ask of Stripe. The worker does them
 * (billing/billing_request.c), since it alone has key and network; a page waits for the result.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

#define BILLING_JOB_CHECKOUT "checkout" /* a payment page that begins a subscription */
#define BILLING_JOB_PORTAL   "portal"
#define BILLING_JOB_CARD     "card"
#define BILLING_JOB_CANCEL   "cancel"  /* at the end of the period */
#define BILLING_JOB_RESUME   "resume"  /* take a cancellation back */
#define BILLING_JOB_INVOICE  "invoice" /* the page of an invoice */
#define BILLING_JOB_PDF      "pdf"     /* its document */
#define BILLING_JOB_END      "end"     /* end a subscription now; never given up */

/*
 * Queue a job of `kind` and set `*out_id`, which names it in links and to Stripe. `object_id` is
 * the invoice or the subscription at Stripe; NULL for kinds that are about the team itself. Needs
 * an open write transaction; whoever commits it wakes the worker.
 */
struct error *billing_job_queue(const struct context *context, const struct actor *actor,
                                const char *kind, const char *object_id, const char **out_id);
