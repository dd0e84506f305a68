/*
 * The only place that changes billing.status: applies the transition that the table in
 * model/billing_status.c defines for an event, and adds the note on the billing page and the mail
 * to the owners.
 */
#pragma once

#include "model/billing_status.h"
#include "model/context.h"
#include "model/mail_queue.h"

/*
 * Held from fetching state from Stripe until it is recorded, by one thread of the worker at a time.
 * Otherwise an older response could overwrite a newer one.
 */
void stripe_sync_lock(void);
void stripe_sync_unlock(void);

/* Apply `event` to the team, whose status is now `status`; `trial_end_at` matters for a trial.
 * Needs an open write transaction in which `status` was read. */
struct error *billing_transition_apply(const struct context *context, int64_t team_id,
                                       const char *status, enum billing_trigger event,
                                       int64_t trial_end_at);

/* The team is closed: queue the end of its Stripe subscription, if it has one. Needs an open write
 * transaction. */
struct error *billing_close(const struct context *context, int64_t team_id);

/* Add a line to the billing page; `once` is its deduplication key. Needs an open write
 * transaction. */
struct error *billing_note(const struct context *context, int64_t team_id, const char *once,
                           const char *what, const char *detail, const int64_t *person_id);

/* Queue `mail` (without `to`) to all owners, once per occasion. Needs an open write transaction. */
struct error *billing_mail(const struct context *context, int64_t team_id, const struct mail *mail);

/* Record an inconsistency for the operator; `id` identifies it. `owner_what` says the same to the
 * team's owners on their billing page; NULL: they need not know. Needs an open transaction. */
struct error *billing_problem_record(const struct context *context, const char *id,
                                     const int64_t *team_id, const char *what,
                                     const char *owner_what);
