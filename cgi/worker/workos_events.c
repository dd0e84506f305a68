/*
 * Effects of WorkOS events: names, teams, roles and sessions follow WorkOS.
 *
 * Events arrive in any order. Each carries the whole object with its updated_at; the newest version
 * received of each object is recorded (workos_object), an older one changes nothing, and what was
 * deleted stays deleted.
 */
#include "base/array.h"
#include "base/date.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/erasure.h"
#include "model/event.h"
#include "model/identity.h"
#include "remote/workos.h"

#include "person.sql.h"
#include "session.sql.h"
#include "team.sql.h"
#include "workos_object.sql.h"

#include <string.h>

/* ---- versions ---- */

static struct error *field_text(struct event *event, const char *path, const char **out)
{
    *out = json_get_text(event->body, path);
    if (*out && **out)
        return NULL;
    return error_new(event->context.arena, ERROR_INPUT, "the event has no \"%s\"", path);
}

static const char older[] = "an older state than the one that is known";
static const char deleted[] = "it was deleted since";

/*
 * Is the event's object ("data") newer than the recorded version? If so it is recorded; if not,
 * event->skip gives the reason. `*out_id` is the object's id.
 */
static struct error *version_take(struct event *event, bool is_deletion, const char **out_id)
{
    struct db *db = event->context.db;
    struct workos_object_get_row known = { .updated_at_ms = 0 };
    const char *updated_at;
    int64_t updated_at_ms;
    struct error *e = field_text(event, "data.id", out_id);

    if (!e)
        e = field_text(event, "data.updated_at", &updated_at);
    if (!e && !date_iso_read(updated_at, &updated_at_ms))
        e = error_new(event->context.arena, ERROR_INPUT, "data.updated_at is no time");
    if (e)
        return e;
    e = sql_workos_object_get(db, event->context.arena, *out_id, &known);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (known.is_deleted && !is_deletion)
        event->skip = deleted;
    else if (updated_at_ms < known.updated_at_ms && !is_deletion)
        event->skip = older;
    if (event->skip)
        return NULL;
    return sql_workos_object_put(db, event->context.arena, *out_id, updated_at_ms, is_deletion,
                                 event->context.now_at);
}

/* ---- users ---- */

static const char *identity_key(struct event *event, const char *user_id)
{
    return arena_printf(event->context.arena, "workos:%s", user_id);
}

/* `*out` is unchanged when there is no such account. */
static struct error *person_find(struct event *event, const char *user_id, bool *is_there,
                                 struct person_by_identity_row *out)
{
    struct error *e = sql_person_by_identity(event->context.db, event->context.arena,
                                             identity_key(event, user_id), out);

    *is_there = !e;
    return e && e->kind != ERROR_NOT_FOUND ? e : NULL;
}

/* A name that was chosen here is kept until it is changed at WorkOS. */
static struct error *name_follow(struct event *event, int64_t person_id, const char *known,
                                 const char *name)
{
    struct db *db = event->context.db;
    struct error *e;

    if (known && strcmp(known, name) == 0)
        return NULL;
    e = sql_person_set_workos_name(db, event->context.arena, person_id, name);
    return e ? e : sql_person_rename(db, event->context.arena, person_id, name);
}

/*
 * The account that matches the user object, created if new. event->skip is set when that is not
 * possible.
 */
static struct error *person_follow(struct event *event, const struct json *object,
                                   int64_t *out_person_id)
{
    struct person_by_identity_row known = { .workos_name = NULL };
    struct identity identity;
    struct workos_user user;
    const char *notice;
    int64_t team_id;
    bool is_there;
    struct error *e;

    if (!workos_user_read(event->context.arena, object, &user))
        return error_new(event->context.arena, ERROR_INPUT, "not a user as WorkOS describes one");
    identity.key = identity_key(event, user.id);
    identity.email = identity_email(event->context.arena, user.email);
    if (!identity.email ||
        !identity_email_is_allowed(event->context.config, identity.email, user.is_email_verified)) {
        event->skip = "its email address cannot be used";
        return NULL;
    }
    identity.name = identity_name(event->context.arena, user.name, identity.email);
    e = person_find(event, user.id, &is_there, &known);
    if (!e && is_there && known.closed_at)
        event->skip = "the account is closed";
    if (!e && !is_there && !identity_sign_up_is_open(event->context.config, identity.email))
        event->skip = "sign-up is closed: [privacy] controller, address or country is not set";
    if (e || event->skip)
        return e;
    e = identity_person(&event->context, &identity, out_person_id, &team_id, &notice);
    return e ? e : name_follow(event, *out_person_id, known.workos_name, identity.name);
}

static struct error *user_changed(struct event *event)
{
    const char *id;
    int64_t person_id;
    struct error *e = version_take(event, false, &id);

    if (e || event->skip)
        return e;
    return person_follow(event, json_get(event->body, "data"), &person_id);
}

static struct error *user_deleted(struct event *event)
{
    struct erasure_request request = { .requested_by = ERASURE_REQUESTED_BY_IDENTITY };
    struct person_by_identity_row person;
    const char *id, *token;
    bool is_there;
    struct error *e = version_take(event, true, &id);

    if (!e)
        e = person_find(event, id, &is_there, &person);
    if (e)
        return e;
    if (!is_there) {
        event->skip = "nobody here is known by it";
        return NULL;
    }
    request.person_id = person.id;
    return erasure_request(&event->context, &request, &token);
}

/* ---- sessions ---- */

/* Also before its sign-in is recorded here: the deletion is remembered (signin.c checks for it). */
static struct error *session_revoked(struct event *event)
{
    struct session_of_workos_row session;
    const char *id;
    struct error *e = version_take(event, true, &id);

    if (!e)
        e = sql_session_of_workos(event->context.db, event->context.arena, id, &session);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    e = sql_session_delete_of_workos(event->context.db, event->context.arena, id);
    return e ? e
             : audit_add_personal(&event->context,
                                  &(struct audit_entry){ .action = AUDIT_SESSION_END,
                                                         .person_id = session.person_id,
                                                         .by_system = true });
}

/* ---- organizations ---- */

static struct error *team_find(struct event *event, const char *organization_id, bool *is_there,
                               struct team_by_organization_row *out)
{
    struct error *e =
        sql_team_by_organization(event->context.db, event->context.arena, organization_id, out);

    *is_there = !e;
    return e && e->kind != ERROR_NOT_FOUND ? e : NULL;
}

/* Teams are created when their first member joins. */
static const char no_team[] = "no team here mirrors it";

static struct error *organization_changed(struct event *event)
{
    struct team_by_organization_row team;
    const char *id, *name;
    bool is_there;
    struct error *e = version_take(event, false, &id);

    if (e || event->skip)
        return e;
    e = field_text(event, "data.name", &name);
    if (!e)
        e = team_find(event, id, &is_there, &team);
    if (!e && !is_there)
        event->skip = no_team;
    return e || event->skip ? e
                            : sql_team_rename(event->context.db, event->context.arena, team.id,
                                              identity_name(event->context.arena, name, id));
}

static struct error *organization_deleted(struct event *event)
{
    struct db *db = event->context.db;
    struct erasure_request request = { .requested_by = ERASURE_REQUESTED_BY_IDENTITY };
    struct team_by_organization_row team;
    const char *id, *token;
    bool is_there;
    struct error *e = version_take(event, true, &id);

    if (!e)
        e = team_find(event, id, &is_there, &team);
    if (!e && !is_there)
        event->skip = no_team;
    if (e || event->skip)
        return e;
    request.team_ids = &team.id;
    request.team_count = 1;
    e = sql_session_delete_of_team(db, event->context.arena, team.id);
    if (!e)
        e = erasure_request(&event->context, &request, &token); /* tells who is in it */
    return e ? e : sql_team_leave_all(db, event->context.arena, team.id);
}

/* ---- memberships ---- */

/* The user and the team of a membership event. */
static struct error *membership_read(struct event *event, const char **user_id,
                                     const char **organization_id)
{
    struct error *e = field_text(event, "data.user_id", user_id);

    return e ? e : field_text(event, "data.organization_id", organization_id);
}

static bool is_active(const struct event *event)
{
    const char *status = json_get_text(event->body, "data.status");

    return status && strcmp(status, "active") == 0;
}

/* An event about a user who has never signed in, or a team that is new here: WorkOS is queried. */
static struct error *membership_act(struct event *event)
{
    struct person_by_identity_row person;
    struct team_by_organization_row team;
    const char *user_id, *organization_id;
    bool is_there;
    struct error *e = membership_read(event, &user_id, &organization_id);

    if (e || !event->workos || !is_active(event))
        return e;
    e = person_find(event, user_id, &is_there, &person);
    if (!e && !is_there)
        e = workos_user_get(event->workos, event->context.arena, user_id, &event->fetched);
    if (!e)
        e = team_find(event, organization_id, &is_there, &team);
    if (!e && !is_there)
        e = workos_organization_name(event->workos, event->context.arena, organization_id,
                                     &event->fetched_name);
    /* Deleted in the meantime: record finds no user or no team to join. */
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

static struct error *membership_end(struct event *event, const char *id)
{
    struct db *db = event->context.db;
    struct team_member_by_workos_row member;
    struct error *e = sql_team_member_by_workos(db, event->context.arena, id, &member);

    if (e && e->kind == ERROR_NOT_FOUND) {
        event->skip = "no membership here mirrors it";
        return NULL;
    }
    return e ? e : identity_leave(&event->context, member.person_id, member.team_id);
}

/* A membership created by a sign-in does not have its WorkOS id yet. */
static struct error *membership_name(struct event *event, const char *id)
{
    struct person_by_identity_row person;
    struct team_by_organization_row team;
    const char *user_id, *organization_id;
    bool has_person, has_team;
    struct error *e = membership_read(event, &user_id, &organization_id);

    if (!e)
        e = person_find(event, user_id, &has_person, &person);
    if (!e)
        e = team_find(event, organization_id, &has_team, &team);
    if (e || !has_person || !has_team)
        return e;
    return sql_team_name_workos_membership(event->context.db, event->context.arena, team.id,
                                           person.id, id);
}

static struct error *membership_join(struct event *event, const char *id)
{
    struct db *db = event->context.db;
    struct person_by_identity_row person;
    struct team_by_organization_row team = { .name = NULL };
    const char *user_id, *organization_id;
    const char *role = json_get_text(event->body, "data.role.slug");
    int64_t person_id, team_id;
    bool has_person, has_team;
    struct error *e = membership_read(event, &user_id, &organization_id);

    if (!e)
        e = person_find(event, user_id, &has_person, &person);
    if (!e)
        e = team_find(event, organization_id, &has_team, &team);
    person_id = !e && has_person ? person.id : 0;
    if (!e && !has_person && event->fetched)
        e = person_follow(event, event->fetched, &person_id);
    if (e || event->skip)
        return e;
    if (!person_id || (has_person && person.closed_at) || (!has_team && !event->fetched_name)) {
        event->skip = "the person or the team is not here, and WorkOS does not know them either";
        return NULL;
    }
    e = identity_join(
        &event->context, person_id, organization_id,
        has_team ? team.name
                 : identity_name(event->context.arena, event->fetched_name, organization_id),
        workos_role_is_owner(role) ? MEMBERSHIP_ROLE_OWNER : MEMBERSHIP_ROLE_MEMBER, &team_id);
    return e ? e : sql_team_set_workos_membership(db, event->context.arena, team_id, person_id, id);
}

static struct error *membership_changed(struct event *event)
{
    const char *id;
    struct error *e = version_take(event, false, &id);

    if (e || event->skip)
        return e;
    if (is_active(event))
        return membership_join(event, id);
    e = membership_name(event, id);
    return e ? e : membership_end(event, id);
}

static struct error *membership_deleted(struct event *event)
{
    const char *id;
    struct error *e = version_take(event, true, &id);

    if (!e)
        e = membership_name(event, id);
    return e ? e : membership_end(event, id);
}

const struct event_rule WORKOS_RULES[] = {
    { "user.created", NULL, user_changed },
    { "user.updated", NULL, user_changed },
    { "user.deleted", NULL, user_deleted },
    { "session.revoked", NULL, session_revoked },
    { "organization.created", NULL, organization_changed },
    { "organization.updated", NULL, organization_changed },
    { "organization.deleted", NULL, organization_deleted },
    { "organization_membership.created", membership_act, membership_changed },
    { "organization_membership.updated", membership_act, membership_changed },
    { "organization_membership.deleted", NULL, membership_deleted },
};
const size_t WORKOS_RULE_COUNT = COUNT(WORKOS_RULES);
