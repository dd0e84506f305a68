/* Creates sign-in links (identity = local), for the operator and for mails. */
#pragma once

#include "model/context.h"

/*
 * Create a single-use link that signs in `email` (lower case), valid until `*out_until_at`. The
 * database stores only the hash of its token; the link itself exists only in `*out_url`.
 */
struct error *signin_token_make(const struct context *context, const char *email,
                                const char **out_url, int64_t *out_until_at);

/*
 * The same for the operator to pass on, by command or from a person's page. It is in the operator's
 * history, and in that of the person whom it lets the operator sign in as. Of somebody who has
 * never signed in there is nothing to refer to; of an account that is being deleted (`is_going`)
 * the history may be gone before the person.
 */
struct error *signin_token_give(const struct context *context, const char *email, bool is_going,
                                const char **out_url);
