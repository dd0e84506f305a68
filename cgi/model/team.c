/* The people of a team; see team.h. */
#include "model/team.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "model/audit.h"
#include "model/erasure_key.h"
#include "model/label.h"
#include "model/mail_queue.h"
#include "model/restriction.h"
#include "model/role.h"
#include "model/vm_keys.h"

#include "invite.sql.h"
#include "session.sql.h"
#include "team.sql.h"

#include <string.h>

struct error *team_is_ours(const struct context *context)
{
    return strcmp(context->config->identity, "local") == 0
               ? NULL
               : error_new(context->arena, ERROR_NOT_FOUND, "WorkOS decides who is in which team");
}

static struct error *conflict(const struct context *context, const char *code, const char *message)
{
    return error_refuse(context->arena, ERROR_CONFLICT, code, NULL, "%s", message);
}

static struct error *change_check(const struct context *context, const struct actor *actor)
{
    struct error *e = team_is_ours(context);

    return e ? e : restriction_check(context, actor);
}

/*
 * What somebody did to somebody else are two entries with the same object, so that each of the two
 * can be forgotten.
 */
static struct error *note(const struct context *context, enum audit_action action,
                          const struct actor *actor, int64_t person_id, const char *detail)
{
    struct audit_entry entry = {
        .team_id = actor->team_id,
        .action = action,
        .object = crypto_id(context->arena),
        .detail = detail,
        .person_id = actor->person_id,
    };
    struct error *e = audit_add(context, &entry);

    if (e || person_id == actor->person_id)
        return e;
    entry.person_id = person_id;
    entry.by_system = true;
    return audit_add(context, &entry);
}

static struct error *tell(const struct context *context, const char *kind, int64_t team_id,
                          const struct team_person_row *person, const char *role)
{
    struct team_get_row team;
    struct error *e = sql_team_get(context->db, context->arena, team_id, &team);

    if (e)
        return e;
    return mail_queue(
        context->db, context->arena,
        &(struct mail){
            .kind = kind,
            .to = person->email,
            .once = arena_printf(context->arena, "%s/%s", kind, crypto_id(context->arena)),
            .promise = label_in_mail(context->arena, team.name),
            .note = role,
            .url = arena_printf(context->arena, "%s/teams", context->config->public_url),
            .at = context->now_at,
        },
        context->now_at);
}

/* ---- teams ---- */

/* Whatever becomes of the team that the person looks at. */
static struct error *maker_check(const struct context *context, int64_t person_id)
{
    struct actor actor = { .person_id = person_id };
    struct team_personal_row own;
    struct error *e = sql_team_personal(context->db, context->arena, person_id, &own);

    if (e)
        return e;
    actor.team_id = own.id;
    return change_check(context, &actor);
}

struct error *team_make(const struct context *context, const struct actor *actor, const char *name,
                        int64_t *out_team_id)
{
    struct team_of_person_rows teams;
    struct team_create_row made;
    size_t owned = 0;
    struct error *e = maker_check(context, actor->person_id);

    if (!e)
        e = sql_team_of_person(context->db, context->arena, actor->person_id, &teams);
    for (size_t i = 0; !e && i < teams.count; i++)
        owned += role_may(teams.row[i].role, RIGHT_OWN);
    if (!e && owned >= LIMIT_TEAMS_OWNED)
        return error_refuse(context->arena, ERROR_CONFLICT, "too_many_teams", "name",
                            "You own %zu teams already, which is the limit.", owned);
    if (!e)
        e = sql_team_create(context->db, context->arena, name, NULL, NULL, context->now_at, &made);
    if (e)
        return e;
    *out_team_id = made.id;
    e = sql_team_join(context->db, context->arena, made.id, actor->person_id, MEMBERSHIP_ROLE_OWNER,
                      context->now_at);
    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = made.id,
                                                         .action = AUDIT_TEAM_MAKE,
                                                         .person_id = actor->person_id });
}

struct error *team_add(const struct context *context, int64_t team_id, int64_t person_id,
                       const char *role, const char *invite_id)
{
    struct error *e =
        sql_team_join(context->db, context->arena, team_id, person_id, role, context->now_at);

    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = team_id,
                                                         .action = AUDIT_MEMBER_ADD,
                                                         .object = invite_id,
                                                         .person_id = person_id,
                                                         .detail = role });
}

/* ---- roles ---- */

struct error *team_person_check(const struct context *context, const struct team_person_row *person)
{
    if (!role_may(person->role, RIGHT_OWN))
        return NULL;
    if (person->is_own)
        return conflict(context, "personal_team",
                        "A personal team can\u2019t be left or handed over.");
    if (!person->other_owners)
        return conflict(context, "last_owner",
                        "This is the team\u2019s only owner. Hand the team over first, or delete "
                        "it.");
    return NULL;
}

static struct error *person_find(const struct context *context, const struct actor *actor,
                                 int64_t person_id, struct team_person_row *out)
{
    struct error *e = change_check(context, actor);

    return e ? e : sql_team_person(context->db, context->arena, actor->team_id, person_id, out);
}

static struct error *role_put(const struct context *context, const struct actor *actor,
                              int64_t person_id, const struct team_person_row *person,
                              const char *role)
{
    const char *change = arena_printf(context->arena, "%s \u2192 %s", person->role, role);
    struct error *e = sql_team_join(context->db, context->arena, actor->team_id, person_id, role,
                                    context->now_at);

    if (!e && !role_may(role, RIGHT_OWN))
        e = sql_invite_revoke_made(context->db, context->arena, actor->team_id, person_id);
    if (!e)
        e = sql_invite_mails_drop(context->db, context->arena);
    if (!e)
        e = note(context, AUDIT_MEMBER_ROLE, actor, person_id, change);
    return e || person_id == actor->person_id
               ? e
               : tell(context, MAIL_KIND_ROLE_CHANGED, actor->team_id, person, role);
}

struct error *team_role_set(const struct context *context, const struct actor *actor,
                            int64_t person_id, const char *role)
{
    struct team_person_row person;
    struct error *e = person_find(context, actor, person_id, &person);

    if (!e && !role_may(role, RIGHT_SEE))
        e = error_refuse(context->arena, ERROR_INPUT, "unknown_role", "role", "Choose a role.");
    if (e || strcmp(person.role, role) == 0)
        return e;
    e = team_person_check(context, &person);
    return e ? e : role_put(context, actor, person_id, &person, role);
}

struct error *team_hand_over(const struct context *context, const struct actor *actor,
                             int64_t person_id)
{
    struct team_person_row from, to;
    struct error *e = person_find(context, actor, actor->person_id, &from);

    if (!e)
        e = person_find(context, actor, person_id, &to);
    if (!e && (person_id == actor->person_id || to.is_away))
        e = error_refuse(context->arena, ERROR_INPUT, "unknown_person", "person",
                         "Choose a person of the team who can sign in.");
    if (!e && from.is_own)
        e = conflict(context, "personal_team",
                     "A personal team can\u2019t be left or handed over.");
    if (!e && !role_may(to.role, RIGHT_OWN))
        e = role_put(context, actor, person_id, &to, MEMBERSHIP_ROLE_OWNER);
    return e ? e : role_put(context, actor, actor->person_id, &from, MEMBERSHIP_ROLE_MEMBER);
}

/* ---- leaving ---- */

static struct error *session_leave(const struct context *context, struct bytes id_hash,
                                   const struct team_personal_row *own, const char *notice)
{
    unsigned char *secret = arena_alloc(context->arena, CRYPTO_SECRET_BYTES);

    crypto_random(secret, CRYPTO_SECRET_BYTES);
    return sql_session_switch(
        context->db, context->arena, id_hash, id_hash, crypto_id(context->arena),
        (struct bytes){ secret, CRYPTO_SECRET_BYTES }, own->id ? &own->id : NULL, notice);
}

/* Their browsers go on in their own team. */
static struct error *sessions_leave(const struct context *context, int64_t team_id,
                                    int64_t person_id)
{
    struct session_of_member_rows sessions;
    struct team_personal_row own = { .id = 0 };
    struct team_get_row team;
    const char *notice;
    struct error *e = sql_team_personal(context->db, context->arena, person_id, &own);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    e = sql_team_get(context->db, context->arena, team_id, &team);
    if (!e)
        e = sql_session_of_member(context->db, context->arena, person_id, team_id, &sessions);
    if (e)
        return e;
    notice = arena_printf(context->arena, "You are no longer in team %s.", team.name);
    for (size_t i = 0; !e && i < sessions.count; i++)
        e = session_leave(context, sessions.row[i].id_hash, &own, notice);
    return e;
}

static struct error *keys_delete(const struct context *context, const struct actor *actor,
                                 int64_t person_id)
{
    struct team_keys_of_rows keys;
    struct error *e =
        sql_team_keys_of(context->db, context->arena, actor->team_id, person_id, &keys);
    const char **ids;

    if (e || !keys.count)
        return e;
    ids = arena_array(context->arena, keys.count, sizeof *ids);
    for (size_t i = 0; !e && i < keys.count; i++) {
        ids[i] = keys.row[i].id;
        e = vm_keys_remove_everywhere(context, actor, keys.row[i].fingerprint);
    }
    return e ? e : erasure_keys_begin(context, actor, ids, keys.count);
}

struct error *team_end_person(const struct context *context, const struct actor *actor,
                              int64_t person_id, bool with_keys)
{
    bool is_self = person_id == actor->person_id;
    struct team_person_row person;
    struct error *e = team_is_ours(context);

    if (!e)
        e = sql_team_person(context->db, context->arena, actor->team_id, person_id, &person);
    if (!e)
        e = team_person_check(context, &person);
    if (!e && with_keys)
        e = keys_delete(context, actor, person_id);
    if (!e)
        e = sql_team_leave(context->db, context->arena, actor->team_id, person_id);
    if (!e)
        e = sql_invite_revoke_made(context->db, context->arena, actor->team_id, person_id);
    if (!e)
        e = sql_invite_mails_drop(context->db, context->arena);
    if (!e)
        e = sessions_leave(context, actor->team_id, person_id);
    if (!e)
        e = note(context, is_self ? AUDIT_MEMBER_LEAVE : AUDIT_MEMBER_REMOVE, actor, person_id,
                 person.role);
    return e || is_self
               ? e
               : tell(context, MAIL_KIND_MEMBER_REMOVED, actor->team_id, &person, person.role);
}
