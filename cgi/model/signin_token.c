/* Creates sign-in links; see signin_token.h. They are redeemed in cgi/signin.c. */
#include "model/signin_token.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "signin_link.sql.h"

#include <string.h>

struct error *signin_token_make(const struct context *context, const char *email,
                                const char **out_url, int64_t *out_until_at)
{
    const char *token = crypto_token(context->arena);
    unsigned char hash[CRYPTO_HASH_BYTES];
    int64_t now_at = context->now_at;

    crypto_sha256(token, strlen(token), hash);
    *out_url =
        arena_printf(context->arena, "%s/signin/link?token=%s", context->config->public_url, token);
    *out_until_at = now_at + LIMIT_SIGNIN_LINK_S;
    return sql_signin_link_create(context->db, context->arena, (struct bytes){ hash, sizeof hash },
                                  email, now_at, *out_until_at);
}
