/*
 * Requests for an account by people who have none (access_requests = on): listed for the admin, who
 * invites or declines. Who was invited may request a sign-in link, which makes the account.
 *
 * Those that write need an open write transaction; the caller wakes the worker after committing.
 */
#pragma once

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

/* NOT_FOUND: there is none that waits. */
struct error *access_request_invite(const struct context *context, const char *id,
                                    int64_t operator_id);

/* Delete one, also of somebody who was invited and has no account yet. NOT_FOUND: there is none. */
struct error *access_request_decline(const struct context *context, const char *id,
                                     int64_t operator_id);

/* Whether who has this address was invited. */
struct error *access_request_is_invited(const struct context *context, const char *email,
                                        bool *out);
