/* The two sign-in mails: the requested link, and the notification of a new browser. */
#pragma once

#include "model/context.h"

/*
 * A sign-in link for `email` was requested. It is queued if the address is known and has not
 * exceeded its rate limit; the caller must not reveal which to the visitor. `invite_hash`: of the
 * invite whose link this browser has opened, which allows an unknown address (invite.h), or empty.
 * Needs an open write transaction; the caller wakes the worker after committing it.
 */
struct error *signin_mail_request(const struct context *context, const char *email,
                                  struct bytes invite_hash);

/*
 * `person_id` has just signed in with `browser` ("Firefox on Linux"), in the session with the
 * handle `session`. Queues a mail if the browser is new to an account that is not new itself. Needs
 * an open write transaction.
 */
struct error *signin_mail_note(const struct context *context, int64_t person_id,
                               const char *browser, const char *session);
