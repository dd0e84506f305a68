/*
 * A person changes the e-mail address that they sign in with (identity = local). Two links go out:
 * the one to the new address confirms that it is read, the one to the current address that the
 * change is wanted. Each is used by pressing a button on its page, in any order, within
 * LIMIT_EMAIL_CHANGE_S; with the second the address is changed. Until then nothing is. The link to
 * the current address can also end it.
 *
 * Whether an address is somebody else's is told to its mailbox alone: whoever asks for it gets the
 * same answer as for a free one, and waits in vain.
 *
 * Those that write need an open write transaction; the caller wakes the worker after committing.
 */
#pragma once

#include "model/context.h"

#include <stdbool.h>

/*
 * Request the change to `email` (identity_email()), in place of an earlier request. INPUT or
 * CONFLICT with a message, about the field "email".
 */
struct error *email_change_request(const struct context *context, int64_t person_id,
                                   const char *email);

/* End it, also if there is none. */
struct error *email_change_cancel(const struct context *context, int64_t person_id);

/*
 * The worker is about to send a mail of `kind` for the change `id`: make its link. The database
 * has its hash alone. NOT_FOUND: it has ended. A kind without a link leaves all as it is.
 */
struct error *email_change_link(const struct context *context, const char *kind, const char *id,
                                const char **out_url, int64_t *out_until_at);

/* What a link is about. */
struct email_change {
    int64_t person_id;
    const char *identity, *old_email, *new_email;
    int64_t expires_at;
    bool is_new;                           /* it was sent to the new address */
    bool is_confirmed, is_other_confirmed; /* this link was used, and the other one */
};

/* NOT_FOUND: no link, or one that has expired or whose change has ended. */
struct error *email_change_find(const struct context *context, const char *token,
                                struct email_change *out);

enum email_change_end {
    EMAIL_CHANGE_WAITS, /* for the other link */
    EMAIL_CHANGE_DONE,
    EMAIL_CHANGE_TAKEN, /* somebody has the address meanwhile: ended, nothing was changed */
};

/*
 * The button below a link was pressed. When both were, the address is changed: other sessions than
 * the one of `session_hash` (empty: all) and links to the former address end, and both addresses
 * are told.
 */
struct error *email_change_confirm(const struct context *context, const struct email_change *change,
                                   struct bytes session_hash, enum email_change_end *out);

/*
 * At once, by the operator, who has made sure who asks. INPUT: somebody else has the address, or it
 * is the operator's. CONFLICT: the account is closed.
 */
struct error *email_change_by_operator(const struct context *context, int64_t person_id,
                                       const char *email);
