/*
 * The one place that changes billing.status: what the table in model/billing_status.c says follows
 * from an event, with the note on the billing page and the mail to the owners.
 */
#pragma once

#include "model/billing_status.h"
#include "model/context.h"
#include "model/mail_queue.h"

/*
 * From asking Stripe how something stands to writing it down: one thread of the worker at a time.
 * Else an answer could be written over one that was given later.
 */
void stripe_sync_lock(void);
void stripe_sync_unlock(void);

/* The team's status, now `status`, has met `event`; `trial_end_at` matters for a trial. Needs an
 * open write transaction in which `status` was read. */
struct error *billing_transition_apply(const struct context *context, int64_t team_id,
                                       const char *status, enum billing_trigger event,
                                       int64_t trial_end_at);

/* The team is closed: its subscription is to be ended at Stripe, if it has one. Needs an open write
 * transaction. */
struct error *billing_close(const struct context *context, int64_t team_id);

/* A line on the billing page; `once` names the occasion. Needs an open write transaction. */
struct error *billing_note(const struct context *context, int64_t team_id, const char *once,
                           const char *what, const char *detail, const int64_t *person_id);

/* `mail` (without `to`) to all owners, once for each occasion. Needs an open write transaction. */
struct error *billing_mail(const struct context *context, int64_t team_id, const struct mail *mail);

/* Something that does not add up, for the operator; `id` names it. Needs an open transaction. */
struct error *billing_problem_text(const struct context *context, const char *id,
                                   const int64_t *team_id, const char *what);
