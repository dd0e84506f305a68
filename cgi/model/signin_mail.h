/* The two mails of a sign-in: the link that somebody asks for, and word of a new browser. */
#pragma once

#include "model/context.h"

/*
 * A link to `email` was requested. One is queued if the address is known here and has not had too
 * many; the caller must not let the visitor see which. Needs an open write transaction; the worker
 * is to be woken afterwards.
 */
struct error *signin_mail_ask(const struct context *context, const char *email);

/*
 * `person_id` has just signed in with `browser` ("Firefox on Linux"), in the session with the
 * handle `session`. Queues a mail if the browser is new to an account that is not new itself. Needs
 * an open write transaction.
 */
struct error *signin_mail_note(const struct context *context, int64_t person_id,
                               const char *browser, const char *session);
