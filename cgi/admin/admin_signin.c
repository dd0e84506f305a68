/*
 * "domicile-admin signin": prints a single-use link for identity = local; cgi/signin.c consumes it.
 */
#include "admin/admin.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "model/signin_token.h"

#include <stdio.h>
#include <string.h>

/* Beside the link, which alone is the standard output. */
static void closed_warn(const struct erasure_closed *closed)
{
    if (closed->words)
        fprintf(stderr, "%s%s\n", closed->words,
                closed->can_undo ? ""
                : closed->action ? " This link shows its deletion."
                                 : " This link does not open it.");
}

struct error *admin_signin(struct admin *admin)
{
    const char *email = identity_email(admin->arena, admin->argument);
    const char *url;
    struct erasure_closed closed;
    const struct context context =
        context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct error *e;

    if (strcmp(admin->config->identity, "local") != 0)
        return error_new(admin->arena, ERROR_CONFLICT,
                         "sign-in uses WorkOS (identity = workos in domicile.conf): links need "
                         "identity = local");
    if (!email)
        return error_new(admin->arena, ERROR_INPUT, "not an email address: %s", admin->argument);
    e = erasure_closed(
        &context, arena_printf(admin->arena, "local:%s", text_lower(admin->arena, email)), &closed);
    if (!e)
        e = db_begin(admin->db, admin->arena);
    if (!e)
        e = signin_token_give(&context, email, closed.is_begun, &url);
    if (!e)
        e = db_commit(admin->db, admin->arena);
    db_rollback(admin->db);
    if (e)
        return e;
    closed_warn(&closed);
    puts(url);
    return NULL;
}
