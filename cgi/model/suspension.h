/*
 * Suspensions: the admin keeps a person from signing in, or a team from running anything, with a
 * reason that they are told. Of a person, the sessions end and the VMs of the personal team are
 * stopped; of a team, its VMs. Nothing is deleted, nothing new is begun (restriction_check()), and
 * no VM ends by itself meanwhile: what would have been due then does not count when it is over.
 * Where somebody asks for a copy or the deletion of their data, the admin does it
 * (rights_request.h).
 *
 * Beginning and ending need an open write transaction; the caller wakes the worker after committing
 * it. Each of them twice does the same as once. Whom it is about is told by mail.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

#define SUSPENSION_CAUSE "Suspended by the admin" /* why VMs are stopped, in the activity */

/*
 * INPUT about the field "reason": there is none, or it is too long. CONFLICT: it is the admin's own
 * account, without which nobody could end it. NOT_FOUND: no such person.
 */
struct error *suspension_begin_person(const struct context *context, int64_t person_id,
                                      const char *reason);
struct error *suspension_end_person(const struct context *context, int64_t person_id);

struct error *suspension_begin_team(const struct context *context, int64_t team_id,
                                    const char *reason);
struct error *suspension_end_team(const struct context *context, int64_t team_id);

/*
 * Whether a person may sign in, in whichever way: session_sign_in() asks. FORBIDDEN, with the code
 * SUSPENSION_CODE and a message that says since when and why. Read-only.
 */
#define SUSPENSION_CODE "account_suspended"
struct error *suspension_check_sign_in(const struct context *context, int64_t person_id);
