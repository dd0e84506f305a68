/*
 * "domicile-admin signin": prints a single-use link for identity = local; cgi/signin.c consumes it.
 */
#include "admin/admin.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "model/signin_token.h"
#include "person.sql.h"

#include <stdio.h>
#include <string.h>

/* Of somebody who has never signed in there is nothing to refer to. */
static struct error *link_note(struct admin *admin, const char *email)
{
    struct person_by_identity_row person = { .id = 0 };
    struct error *e = sql_person_by_identity(
        admin->db, admin->arena,
        arena_printf(admin->arena, "local:%s", text_lower(admin->arena, email)), &person);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    return admin_note(admin, AUDIT_SIGNIN_LINK, NULL, person.id);
}

/* Beside the link, which alone is the standard output. */
static struct error *closed_warn(const struct context *context, const char *email)
{
    struct erasure_closed closed;
    struct error *e = erasure_closed(
        context, arena_printf(context->arena, "local:%s", text_lower(context->arena, email)),
        &closed);

    if (!e && closed.words)
        fprintf(stderr, "%s%s\n", closed.words,
                closed.can_undo ? ""
                : closed.action ? " This link shows its deletion."
                                : " This link does not open it.");
    return e;
}

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
        e = link_note(admin, email);
    if (!e)
        e = closed_warn(&context, email);
    if (!e)
        puts(url);
    return e;
}
