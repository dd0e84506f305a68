/* "domicile-admin signin": a single-use link of the local identity; signin.c (in cgi/) takes it. */
#include "admin.h"

#include "../lib/clock.h"
#include "../lib/crypto.h"
#include "../lib/limit.h"
#include "../lib/text.h"

#include "signin_link.sql.h"

#include <stdio.h>
#include <string.h>

struct error *admin_signin(struct admin *admin)
{
    const char *token = crypto_token(admin->arena);
    const char *email = text_lower(admin->arena, admin->argument);
    unsigned char hash[CRYPTO_HASH_BYTES];
    int64_t now = clock_now();
    struct error *e;

    if (strcmp(admin->config->identity, "local") != 0)
        return error_new(
            admin->arena, ERROR_CONFLICT,
            "people sign in with WorkOS here (identity = workos in domicile.conf): links "
            "are for identity = local");
    if (!text_is_email(email))
        return error_new(admin->arena, ERROR_INPUT, "this is no e-mail address: %s",
                         admin->argument);
    crypto_sha256(token, strlen(token), hash);
    e = signin_link_create(admin->db, admin->arena, (struct bytes){ hash, sizeof hash }, email, now,
                           now + LIMIT_SIGNIN_LINK_S);
    if (!e)
        printf("%s/signin/link?token=%s\n", admin->config->public_url, token);
    return e;
}
