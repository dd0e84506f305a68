/* People and their teams; see identity.h. How a person authenticates is not decided here. */
#include "model/identity.h"

#include "access_request.sql.h"
#include "adapter/idn.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/erasure.h"
#include "model/label.h"
#include "model/policy_text.h"
#include "person.sql.h"
#include "policy_ack.sql.h"
#include "policy_version.sql.h"
#include "session.sql.h"
#include "team.sql.h"

#include <string.h>
#include <strings.h>

const char *identity_email(struct arena *arena, const char *email)
{
    return email ? idn_email(arena, email) : NULL;
}

/* At most LIMIT_LABEL_CHARACTERS, and never half of one. */
static const char *label_cut(struct arena *arena, const char *text)
{
    char *cut = arena_copy(arena, text_trim(arena, text));

    for (size_t length = strlen(cut);
         text_length(cut) > LIMIT_LABEL_CHARACTERS || !text_is_utf8(cut, length);)
        cut[--length] = '\0';
    return cut;
}

const char *identity_name(struct arena *arena, const char *name, const char *email)
{
    const char *local = arena_copy_bytes(arena, email, strcspn(email, "@"));

    if (name && text_is_utf8(name, strlen(name))) {
        name = label_cut(arena, name);
        if (*name && !label_person_problem(arena, name))
            return name;
    }
    return label_cut(arena, label_person_problem(arena, local) ? email : local);
}

/* Without an account of the address: what `key` names is somebody else's until that is verified. */
static struct error *foreign_refuse(const struct context *context, const char *email,
                                    const char *key)
{
    struct person_by_identity_row person;
    struct error *e = sql_person_by_identity(context->db, context->arena, key, &person);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (e)
        return error_new(context->arena, ERROR_INPUT,
                         "%s has no account, and no account has the identity %s: leave out "
                         "--identity",
                         email, key);
    return error_new(context->arena, ERROR_INPUT,
                     "%s has no account, and %s belongs to %s. If you have verified that this is "
                     "the same person, use that address; a request is recorded under it with "
                     "request-add",
                     email, key, person.email);
}

struct error *identity_choose(const struct context *context, const char *email, const char *key,
                              bool with_closed, int64_t *out)
{
    struct person_by_email_rows rows;
    const char *all = "";
    size_t found = 0, named = 0;
    struct error *e = sql_person_by_email(context->db, context->arena, email, &rows);

    *out = 0;
    for (size_t i = 0; !e && i < rows.count; i++) {
        if (rows.row[i].closed_at && !with_closed)
            continue;
        all = arena_printf(context->arena, "%s%s%s", all, found ? ", " : "", rows.row[i].identity);
        found++;
        if (key && strcmp(key, rows.row[i].identity) != 0)
            continue;
        named++;
        *out = rows.row[i].id;
    }
    if (e || named == 1)
        return e;
    if (!found)
        return key ? foreign_refuse(context, email, key) : NULL;
    *out = 0;
    return error_new(context->arena, ERROR_INPUT, "%s: name one with --identity: %s",
                     named ? "several accounts have this email address"
                           : "no account with this email address has this identity",
                     all);
}

bool identity_email_is_allowed(const struct config *config, const char *email, bool is_verified)
{
    return is_verified || strcasecmp(email, config->operator_email) != 0;
}

bool identity_sign_up_is_open(const struct config *config, const char *email)
{
    bool is_known;

    return policy_condition(config, "controller", &is_known) ||
           strcasecmp(email, config->operator_email) == 0;
}

/* Who signs up agrees to the policy in force; without one there is nothing to agree to. */
static struct error *policy_agree(const struct context *context, int64_t person_id)
{
    struct policy_version_now_row now;
    struct error *e = sql_policy_version_now(context->db, context->arena, context->now_at, &now);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    return sql_policy_ack_add(context->db, context->arena, person_id, now.number, context->now_at);
}

static struct error *personal_team(const struct context *context, int64_t person_id,
                                   const char *name, int64_t *out)
{
    struct team_personal_row found;
    struct team_create_row made;
    struct error *e = sql_team_personal(context->db, context->arena, person_id, &found);

    if (!e)
        *out = found.id;
    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    e = sql_team_create(context->db, context->arena, name, &person_id, NULL, context->now_at,
                        &made);
    if (e)
        return e;
    *out = made.id;
    return sql_team_join(context->db, context->arena, made.id, person_id, MEMBERSHIP_ROLE_OWNER,
                         context->now_at);
}

/* FORBIDDEN: it stays closed. */
static struct error *account_open(const struct context *context, const char *identity_key,
                                  int64_t person_id, const char **out_notice)
{
    struct erasure_closed closed;
    bool is_undone;
    struct error *e = erasure_undo(context, person_id, &is_undone);

    if (!e && !is_undone)
        e = erasure_closed(context, identity_key, &closed);
    if (!e && !is_undone)
        return error_refuse(context->arena, ERROR_FORBIDDEN, IDENTITY_CLOSED, NULL, "%s",
                            closed.told);
    *out_notice = "The deletion of your account is cancelled. Your VMs are stopped.";
    return e;
}

struct error *identity_person(const struct context *context, const struct identity *identity,
                              int64_t *out_person_id, int64_t *out_team_id, const char **out_notice)
{
    struct person_by_identity_row found;
    struct person_create_row made;
    struct error *e = sql_person_by_identity(context->db, context->arena, identity->key, &found);

    *out_notice = NULL;
    if (!e && found.closed_at) {
        e = account_open(context, identity->key, found.id, out_notice);
        if (e)
            return e;
    }
    if (!e) {
        *out_person_id = found.id;
        if (strcmp(found.email, identity->email) != 0)
            e = sql_person_set_email(context->db, context->arena, found.id, identity->email);
    } else if (e->kind == ERROR_NOT_FOUND) {
        e = sql_person_create(context->db, context->arena, identity->key, identity->email,
                              identity->name, context->now_at, &made);
        *out_person_id = e ? 0 : made.id;
        if (!e)
            e = policy_agree(context, made.id);
        if (!e)
            e = sql_access_request_done(context->db, context->arena, identity->email);
    }
    return e ? e : personal_team(context, *out_person_id, identity->name, out_team_id);
}

/* In the team's history: the provider says who is in it, and as what. */
static struct error *member_note(const struct context *context, enum audit_action action,
                                 int64_t team_id, int64_t person_id, const char *detail)
{
    return audit_add(context, &(struct audit_entry){ .team_id = team_id,
                                                     .action = action,
                                                     .person_id = person_id,
                                                     .by_system = true,
                                                     .detail = detail });
}

static struct error *member_set(const struct context *context, int64_t team_id, int64_t person_id,
                                const char *role)
{
    struct team_role_row known;
    struct error *e = sql_team_role(context->db, context->arena, team_id, person_id, &known);
    bool is_new = e && e->kind == ERROR_NOT_FOUND;

    if ((e && !is_new) || (!is_new && strcmp(known.role, role) == 0))
        return e;
    e = sql_team_join(context->db, context->arena, team_id, person_id, role, context->now_at);
    if (e)
        return e;
    return is_new ? member_note(context, AUDIT_MEMBER_ADD, team_id, person_id, role)
                  : member_note(context, AUDIT_MEMBER_ROLE, team_id, person_id,
                                arena_printf(context->arena, "%s \u2192 %s", known.role, role));
}

struct error *identity_leave(const struct context *context, int64_t person_id, int64_t team_id)
{
    struct team_role_row known;
    struct error *e = sql_team_role(context->db, context->arena, team_id, person_id, &known);

    if (!e)
        e = sql_team_leave(context->db, context->arena, team_id, person_id);
    if (!e)
        e = sql_session_delete_of_member(context->db, context->arena, person_id, team_id);
    return e ? e : member_note(context, AUDIT_MEMBER_REMOVE, team_id, person_id, known.role);
}

struct error *identity_join(const struct context *context, int64_t person_id,
                            const char *organization_id, const char *name, const char *role,
                            int64_t *out_team_id)
{
    struct team_by_organization_row found;
    struct team_create_row made;
    struct error *e =
        sql_team_by_organization(context->db, context->arena, organization_id, &found);

    if (!e) {
        *out_team_id = found.id;
    } else if (e->kind == ERROR_NOT_FOUND) {
        e = sql_team_create(context->db, context->arena, name, NULL, organization_id,
                            context->now_at, &made);
        *out_team_id = e ? 0 : made.id;
    }
    return e ? e : member_set(context, *out_team_id, person_id, role);
}
