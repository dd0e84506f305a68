/*
 * Restriction of processing (GDPR Art. 18), which a person begins and ends on the account page.
 * While it lasts, rows stay as they are: the VMs of the personal team are stopped, the person
 * begins nothing new in any team, requests are not counted, and no browser is remembered. What
 * reduces data is allowed: stopping, destroying, deleting. What billing and the law require is
 * recorded.
 *
 * All need an open write transaction, but restriction_check().
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

/* Twice does the same as once. */
struct error *restriction_begin(const struct context *context, int64_t person_id);
struct error *restriction_end(const struct context *context, int64_t person_id);

/*
 * CONFLICT with a message: code "account_restricted", the actor's person is restricted;
 * "team_closed", the team is about to be deleted; SUSPENSION_CODE or "team_suspended", the person
 * or the team is suspended (suspension.h), also when the software acts.
 */
struct error *restriction_check(const struct context *context, const struct actor *actor);

/* For the worker's schedule: stops VMs that could not be stopped when the restriction or a
 * suspension began, or when their team was closed, as those that were being created. */
struct error *restriction_run(const struct context *context);
