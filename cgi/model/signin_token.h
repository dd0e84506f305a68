/* Creates sign-in links (identity = local), for the operator and for mails. */
#pragma once

#include "model/context.h"
#include "operator_people.sql.h"

/*
 * Create a single-use link that signs in `email` (lower case), valid until `*out_until_at`. The
 * database stores only the hash of its token; the link itself exists only in `*out_url`.
 */
struct error *signin_token_make(const struct context *context, const char *email,
                                const char **out_url, int64_t *out_until_at);

/*
 * Whether the admin is offered a link of that account: not with WorkOS, nor of one that no link
 * opens (closed or suspended), nor of their own.
 */
bool signin_token_is_offered(const struct config *config,
                             const struct operator_people_get_row *person);

/*
 * signin_token_make() for the operator to pass on, by command or from a person's page. It is in the
 * operator's history, and in that of the person whom it lets the operator sign in as. Of somebody
 * who has never signed in there is nothing to refer to; of an account that is being deleted
 * (`is_going`) the history may be gone before the person.
 */
struct error *signin_token_give(const struct context *context, const char *email, bool is_going,
                                const char **out_url);
