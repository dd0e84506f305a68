/*
 * "domicile-admin signin": prints a single-use link for identity = local; cgi/signin.c consumes it.
 */
#include "admin/admin.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/audit.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "model/signin_token.h"
#include "person.sql.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/*
 * In the operator's history, and in that of the person whom it lets the operator sign in as. Of
 * somebody who has never signed in there is nothing to refer to; of an account that is being
 * deleted the history may be gone before the person.
 */
static struct error *link_note(const struct context *context, const char *email, bool is_going)
{
    struct audit_entry entry = {
        .team_id = AUDIT_OPERATOR,
        .action = AUDIT_SIGNIN_LINK,
        .by_operator = true,
    };
    struct person_by_identity_row person = { .id = 0 };
    struct error *e = sql_person_by_identity(
        context->db, context->arena,
        arena_printf(context->arena, "local:%s", text_lower(context->arena, email)), &person);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    entry.person_id = person.id;
    e = audit_add(context, &entry);
    if (e || !person.id || is_going || strcasecmp(email, context->config->operator_email) == 0)
        return e;
    return audit_add_personal(context, &entry);
}

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
    int64_t until_at;
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
        e = signin_token_make(&context, email, &url, &until_at);
    if (!e)
        e = link_note(&context, email, closed.is_begun);
    if (!e)
        e = db_commit(admin->db, admin->arena);
    db_rollback(admin->db);
    if (e)
        return e;
    closed_warn(&closed);
    puts(url);
    return NULL;
}
