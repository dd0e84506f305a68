/* Mails of deletions; see erasure_mail.h. */
#include "model/erasure_mail.h"

#include "base/clock.h"
#include "model/label.h"
#include "model/mail_queue.h"

#include "main_constants.sql.h"

#include "erasure.sql.h"
#include "person.sql.h"

#include <string.h>

static const char *page_url(const struct context *context, const char *path)
{
    return arena_printf(context->arena, "%s%s", context->config->public_url, path);
}

/* 0: it begins at once. */
static int64_t until(const struct context *context)
{
    int64_t days = context->config->closed_days;

    return days ? context->now_at + days * A_DAY_S : 0;
}

static bool is_by(const struct erasure_request *request, const char *who)
{
    return strcmp(request->requested_by, who) == 0;
}

/* ---- the person ---- */

static struct error *person_tell(const struct context *context,
                                 const struct erasure_request *request, const char *token)
{
    bool is_own = is_by(request, ERASURE_REQUESTED_BY_PERSON);
    const char *kind = is_own ? MAIL_KIND_ACCOUNT_DELETION : MAIL_KIND_ACCOUNT_CLOSED;
    struct erasure_of_person_row row;
    struct person_get_row person;
    struct error *e = sql_erasure_of_person(context->db, context->arena, request->person_id, &row);

    if (!e)
        e = sql_person_get(context->db, context->arena, request->person_id, &person);
    if (e)
        return e;
    return mail_queue(
        context->db, context->arena,
        &(struct mail){
            .kind = kind,
            .to = person.email,
            .once = arena_printf(context->arena, "%s/%s", kind, row.id),
            .url = token ? page_url(context, erasure_path(context->arena, token)) : NULL,
            .note = is_own ? NULL
                    : is_by(request, ERASURE_REQUESTED_BY_IDENTITY)
                        ? "at the service that you sign in with"
                        : "by the admin",
            .at = context->now_at,
            .until_at = row.due_at > context->now_at ? row.due_at : 0,
        },
        context->now_at);
}

/* ---- a team ---- */

/*
 * Once a day, however often it is undone and requested again. Where it begins at once, the mail
 * would be the last place with the team's name. The page of an account's deletion is for its owner.
 */
static struct error *members_tell(const struct context *context,
                                  const struct erasure_request *request, int64_t team_id,
                                  const char *name, const char *token)
{
    bool is_own = !request->person_id && is_by(request, ERASURE_REQUESTED_BY_PERSON);
    struct mail mail = {
        .kind = is_own ? MAIL_KIND_TEAM_DELETION : MAIL_KIND_TEAM_CLOSED,
        .promise = until(context) ? label_in_mail(context->arena, name) : NULL,
        .url = page_url(context,
                        request->person_id ? "/account" : erasure_path(context->arena, token)),
        .at = context->now_at,
        .until_at = until(context),
    };
    struct erasure_members_rows members;
    struct error *e = sql_erasure_members(context->db, context->arena, team_id, &members);

    for (size_t i = 0; !e && i < members.count; i++) {
        mail.to = members.row[i].email;
        mail.once =
            arena_printf(context->arena, "%s/%lld/%lld/%lld", mail.kind, (long long)team_id,
                         (long long)(context->now_at / A_DAY_S), (long long)members.row[i].id);
        e = mail_queue(context->db, context->arena, &mail, context->now_at);
    }
    return e;
}

/* Not of a personal team, which is nobody else's. */
static struct error *team_tell(const struct context *context, const struct erasure_request *request,
                               int64_t team_id, const char *token)
{
    struct erasure_lost_team_row team;
    struct error *e = sql_erasure_lost_team(context->db, context->arena, team_id, 0, &team);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    return members_tell(context, request, team_id, team.name, token);
}

struct error *erasure_tell(const struct context *context, const struct erasure_request *request,
                           const char *token)
{
    struct error *e =
        request->person_id && !request->number ? person_tell(context, request, token) : NULL;

    for (size_t i = 0; !e && token && i < request->team_count; i++)
        e = team_tell(context, request, request->team_ids[i], token);
    return e;
}

/* ---- undone ---- */

static struct error *person_tell_undone(const struct context *context, const char *id,
                                        int64_t person_id)
{
    struct person_get_row person;
    struct error *e = sql_person_get(context->db, context->arena, person_id, &person);

    return e ? e
             : mail_queue(context->db, context->arena,
                          &(struct mail){
                              .kind = MAIL_KIND_ACCOUNT_KEPT,
                              .to = person.email,
                              .once = arena_printf(context->arena, "account_kept/%s", id),
                              .url = page_url(context, "/account"),
                              .at = context->now_at,
                          },
                          context->now_at);
}

static struct error *members_tell_undone(const struct context *context, const char *id,
                                         int64_t team_id, int64_t person_id)
{
    struct erasure_lost_team_row team;
    struct erasure_members_rows members;
    struct error *e = sql_erasure_lost_team(context->db, context->arena, team_id, 0, &team);

    if (e) /* a personal team has no other members */
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    e = sql_erasure_members(context->db, context->arena, team_id, &members);
    for (size_t i = 0; !e && i < members.count; i++) {
        const struct mail mail = {
            .kind = MAIL_KIND_TEAM_KEPT,
            .to = members.row[i].email,
            .once = arena_printf(context->arena, "team_kept/%s/%lld/%lld", id, (long long)team_id,
                                 (long long)members.row[i].id),
            .promise = label_in_mail(context->arena, team.name),
            .note = person_id ? "the team\u2019s owner" : "one of the team\u2019s owners",
            .url = page_url(context, "/account"),
            .at = context->now_at,
        };

        e = mail_queue(context->db, context->arena, &mail, context->now_at);
    }
    return e;
}

struct error *erasure_tell_undone(const struct context *context, const char *id, int64_t person_id)
{
    struct erasure_teams_rows teams;
    struct error *e = sql_erasure_teams(context->db, context->arena, id, &teams);

    if (!e && person_id)
        e = person_tell_undone(context, id, person_id);
    for (size_t i = 0; !e && i < teams.count; i++)
        e = members_tell_undone(context, id, teams.row[i].team_id, person_id);
    return e;
}
