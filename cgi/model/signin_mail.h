/* The two mails of a sign-in: the link that somebody asks for, and word of a new browser. */
#pragma once

#include "web/request.h"

/*
 * Somebody wants a link to `email`. One is queued if the address is known here and has not had too
 * many; who asks learns nothing of that, and a write takes its time in either case. Needs a
 * session. The worker is to be woken afterwards.
 */
struct error *signin_mail_ask(struct request *r, const char *email);

/*
 * `person_id` has just signed in with this browser (r->session is the new one); the sign-in began
 * at `begun_at`. Queues a mail if the browser is new to an account that is not new itself. Needs an
 * open write transaction.
 */
struct error *signin_mail_note(struct request *r, int64_t person_id, int64_t begun_at);
