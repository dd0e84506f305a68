/* Creates sign-in links (identity = local), for the operator's command line and for mails. */
#pragma once

#include "model/context.h"

/*
 * Create a single-use link that signs in `email` (lower case), valid until `*out_until_at`. The
 * database stores only the hash of its token; the link itself exists only in `*out_url`.
 */
struct error *signin_token_make(const struct context *context, const char *email,
                                const char **out_url, int64_t *out_until_at);
