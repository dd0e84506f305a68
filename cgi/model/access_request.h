/*
 * Requests for an account by people who have none (access_requests = on): listed for the admin, who
 * invites or declines. Either ends the request; what is invited to is an invite like any other
 * (invite.h).
 *
 * Those that write need an open write transaction; the caller wakes the worker after committing.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

/* Whether the sign-in page lets people ask. As long as nobody new may sign up, it does not. */
bool access_request_is_open(const struct config *config);

/*
 * Somebody with this address (identity_email()) asks for an account, and says why. Nothing that the
 * caller sees depends on whether the address has an account or has asked before. CONFLICT, with a
 * message: too many people have asked.
 */
struct error *access_request_make(const struct context *context, const char *email,
                                  const char *note);

/*
 * Invite who asked, by mail (invite_account()), which ends the request. `*out_email` is the
 * address. NOT_FOUND: there is none. CONFLICT, with a message: nobody can be invited now.
 */
struct error *access_request_invite(const struct context *context, const struct actor *actor,
                                    const char *id, const char **out_email);

/* Delete one. NOT_FOUND: there is none. */
struct error *access_request_decline(const struct context *context, const char *id,
                                     int64_t operator_id);
