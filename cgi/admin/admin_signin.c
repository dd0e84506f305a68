/*
 * "domicile-admin signin": prints a single-use link for identity = local; cgi/signin.c consumes it.
 */
#include "admin/admin.h"

#include "base/clock.h"
#include "model/identity.h"
#include "model/signin_token.h"

#include <stdio.h>
#include <string.h>

struct error *admin_signin(struct admin *admin)
{
    const char *email = identity_email(admin->arena, admin->argument);
    const char *url;
    int64_t until_at;
    const struct context context =
        context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct error *e;

    if (strcmp(admin->config->identity, "local") != 0)
        return error_new(admin->arena, ERROR_CONFLICT,
                         "sign-in uses WorkOS (identity = workos in domicile.conf): links need "
                         "identity = local");
    if (!email)
        return error_new(admin->arena, ERROR_INPUT, "not an email address: %s", admin->argument);
    e = signin_token_make(&context, email, &url, &until_at);
    if (!e)
        puts(url);
    return e;
}
