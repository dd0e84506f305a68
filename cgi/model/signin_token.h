/* Makes sign-in links (identity = local): for the operator's command line and for mails. */
#pragma once

#include "model/context.h"

/*
 * A link that signs `email` (in small letters) in once, until `*out_until_at`. The database keeps
 * the hash of its token; the link itself is nowhere but in `*out_url`.
 */
struct error *signin_token_make(const struct context *context, const char *email,
                                const char **out_url, int64_t *out_until_at);
