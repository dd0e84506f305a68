/* Invites into a team; see invite.h. */
#include "model/invite.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/identity.h"
#include "model/label.h"
#include "model/mail_queue.h"
#include "model/restriction.h"
#include "model/role.h"
#include "model/team.h"

#include "invite.sql.h"
#include "person.sql.h"
#include "team.sql.h"

#include <string.h>

static struct error *refuse(const struct context *context, enum error_kind kind, const char *code,
                            const char *field, const char *message)
{
    return error_refuse(context->arena, kind, code, field, "%s", message);
}

/* ---- making one ---- */

/* Those who are invited may be new here (identity_sign_up_is_open). */
static struct error *inviter_check(const struct context *context, const struct actor *actor,
                                   struct person_get_row *person)
{
    struct error *e = team_is_ours(context);

    if (!e)
        e = sql_person_get(context->db, context->arena, actor->person_id, person);
    if (!e && !identity_sign_up_is_open(context->config, person->email))
        e = refuse(context, ERROR_CONFLICT, "sign_up_closed", "email",
                   "Nobody can be invited yet: the policies of this server don\u2019t name who is "
                   "responsible for it. Its admin can change that.");
    return e;
}

static struct error *limits_check(const struct context *context, const struct actor *actor,
                                  const char *email)
{
    struct invite_count_row count;
    struct error *e = sql_invite_count(
        context->db, context->arena, actor->team_id, actor->person_id, email, context->now_at,
        context->now_at - AN_HOUR_S, context->now_at - A_DAY_S, &count);

    if (!e && count.people >= LIMIT_TEAM_PEOPLE)
        e = error_refuse(context->arena, ERROR_CONFLICT, "team_full", "email",
                         "A team can have %d people, with open invites.", LIMIT_TEAM_PEOPLE);
    if (e || !email ||
        (count.hour_mails < LIMIT_INVITE_MAILS_PER_HOUR &&
         count.team_day < LIMIT_INVITES_PER_ADDRESS && count.total_day < LIMIT_INVITED_PER_ADDRESS))
        return e;
    return refuse(context, ERROR_CONFLICT, "too_many_invites", "email",
                  "Too many invites for now. Try again later, or copy a link instead.");
}

/* The people of the team are known to its owners. */
static struct error *known_check(const struct context *context, const struct actor *actor,
                                 const char *email)
{
    struct team_people_rows people;
    struct error *e =
        sql_team_people(context->db, context->arena, actor->team_id, LIMIT_TEAM_PEOPLE, &people);

    for (size_t i = 0; !e && i < people.count; i++) {
        if (strcmp(people.row[i].email, email) == 0)
            e = refuse(context, ERROR_INPUT, "known", "email",
                       "This person is in the team already.");
    }
    return e;
}

/* `team` NULL: an account. */
static struct error *invite_mail(const struct context *context, const char *team,
                                 const struct person_get_row *person, const char *email,
                                 const char *id)
{
    return mail_queue(context->db, context->arena,
                      &(struct mail){
                          .kind = MAIL_KIND_INVITED,
                          .to = email,
                          .once = arena_printf(context->arena, "%s/%s", MAIL_KIND_INVITED, id),
                          .promise = team ? label_in_mail(context->arena, team) : NULL,
                          .note = label_in_mail(context->arena, person->name),
                          .change_id = id,
                          .is_transient = true, /* the address may be nobody's here */
                          .at = context->now_at,
                      },
                      context->now_at);
}

static const char *url_of(const struct context *context, const char *token)
{
    return arena_printf(context->arena, "%s/signin/invite?token=%s", context->config->public_url,
                        token);
}

static struct error *invite_put(const struct context *context, const struct actor *actor,
                                const struct person_get_row *person, const char *email,
                                const char *role, const char *token)
{
    const char *id = crypto_id(context->arena);
    struct team_get_row team;
    struct error *e =
        email ? sql_invite_revoke_address(context->db, context->arena, actor->team_id, email)
              : NULL;

    if (!e)
        e = sql_invite_mails_drop(context->db, context->arena);
    if (!e)
        e = sql_invite_add(context->db, context->arena, id, &actor->team_id, actor->person_id,
                           email, role, invite_hash(context->arena, token), context->now_at,
                           context->now_at + LIMIT_INVITE_S);
    if (!e)
        e = sql_team_get(context->db, context->arena, actor->team_id, &team);
    if (!e && email)
        e = invite_mail(context, team.name, person, email, id);
    return e ? e
             : audit_add(context, &(struct audit_entry){
                                      .team_id = actor->team_id,
                                      .action = AUDIT_INVITE,
                                      .object = id,
                                      .detail = arena_printf(context->arena, "%s, by %s", role,
                                                             email ? "email" : "link"),
                                      .person_id = actor->person_id,
                                  });
}

struct error *invite_make(const struct context *context, const struct actor *actor,
                          const char *email, const char *role, const char **out_url)
{
    const char *token = email ? NULL : crypto_token(context->arena);
    struct person_get_row person;
    struct error *e = inviter_check(context, actor, &person);

    if (!e)
        e = restriction_check(context, actor);
    if (!e && !role_is_invitable(role))
        e = refuse(context, ERROR_INPUT, "unknown_role", "role", "Choose a role.");
    if (!e && email && !config_has_mail(context->config))
        e = refuse(context, ERROR_CONFLICT, "no_mail", "email",
                   "This server sends no mail. Copy a link instead.");
    if (!e && email)
        e = known_check(context, actor, email);
    if (!e)
        e = limits_check(context, actor, email);
    if (!e)
        e = invite_put(context, actor, &person, email, role, token);
    *out_url = token ? url_of(context, token) : NULL;
    return e;
}

struct error *invite_revoke(const struct context *context, const struct actor *actor,
                            const char *id)
{
    struct error *e = team_is_ours(context);

    if (!e)
        e = sql_invite_revoke(context->db, context->arena, actor->team_id, id);
    if (!e)
        e = sql_invite_mails_drop(context->db, context->arena);
    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = actor->team_id,
                                                         .action = AUDIT_INVITE_REVOKE,
                                                         .object = id,
                                                         .person_id = actor->person_id });
}

/* ---- accounts ---- */

static struct error *account_limits_check(const struct context *context, int64_t person_id,
                                          const char *email)
{
    struct invite_account_counts_row count;
    struct error *e =
        sql_invite_account_counts(context->db, context->arena, person_id, email,
                                  context->now_at - AN_HOUR_S, context->now_at - A_DAY_S, &count);

    if (e || (count.hour_mails < LIMIT_INVITE_MAILS_PER_HOUR &&
              count.total_day < LIMIT_INVITED_PER_ADDRESS))
        return e;
    return refuse(context, ERROR_CONFLICT, "too_many_invites", "email",
                  "Too many invites for now. Try again later.");
}

/* The admin sees everybody's address. */
static struct error *account_known_check(const struct context *context, const char *email)
{
    struct person_by_identity_row known;
    struct error *e = sql_person_by_identity(
        context->db, context->arena, arena_printf(context->arena, "local:%s", email), &known);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    return refuse(context, ERROR_CONFLICT, "known", "email",
                  "This address has an account already. Its page can make a sign-in link.");
}

static struct error *account_put(const struct context *context, const struct person_get_row *person,
                                 const char *email, const char *token)
{
    const char *id = crypto_id(context->arena);
    struct error *e = sql_invite_account_revoke_address(context->db, context->arena, email);

    if (!e)
        e = sql_invite_mails_drop(context->db, context->arena);
    if (!e)
        e = sql_invite_add(context->db, context->arena, id, NULL, person->id, email,
                           INVITE_ROLE_OWNER, invite_hash(context->arena, token), context->now_at,
                           context->now_at + LIMIT_INVITE_S);
    if (!e && !token)
        e = invite_mail(context, NULL, person, email, id);
    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = AUDIT_OPERATOR,
                                                         .action = AUDIT_ACCOUNT_INVITE,
                                                         .object = id,
                                                         .detail = token ? "by link" : "by email",
                                                         .person_id = person->id });
}

struct error *invite_account(const struct context *context, const struct actor *actor,
                             const char *email, bool is_link, const char **out_url)
{
    const char *token = is_link ? crypto_token(context->arena) : NULL;
    struct person_get_row person;
    struct error *e = inviter_check(context, actor, &person);

    if (!e && !is_link && !config_has_mail(context->config))
        e = refuse(context, ERROR_CONFLICT, "no_mail", "email",
                   "This server sends no mail. Copy a link instead.");
    if (!e)
        e = account_known_check(context, email);
    if (!e)
        e = account_limits_check(context, actor->person_id, email);
    if (!e)
        e = account_put(context, &person, email, token);
    *out_url = token ? url_of(context, token) : NULL;
    return e;
}

struct error *invite_account_revoke(const struct context *context, const struct actor *actor,
                                    const char *id)
{
    struct error *e = sql_invite_account_revoke(context->db, context->arena, id);

    if (!e)
        e = sql_invite_mails_drop(context->db, context->arena);
    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = AUDIT_OPERATOR,
                                                         .action = AUDIT_INVITE_REVOKE,
                                                         .object = id,
                                                         .person_id = actor->person_id });
}

/* ---- its link ---- */

struct bytes invite_hash(struct arena *arena, const char *token)
{
    unsigned char *hash;

    if (!token || !crypto_is_token(token))
        return (struct bytes){ NULL, 0 };
    hash = arena_alloc(arena, CRYPTO_HASH_BYTES);
    crypto_sha256(token, strlen(token), hash);
    return (struct bytes){ hash, CRYPTO_HASH_BYTES };
}

struct error *invite_link(const struct context *context, const char *id, const char **out_url,
                          int64_t *out_until_at)
{
    const char *token = crypto_token(context->arena);
    struct invite_set_link_row row;
    struct error *e = sql_invite_set_link(context->db, context->arena, id,
                                          invite_hash(context->arena, token), &row);

    if (e)
        return e;
    *out_url = url_of(context, token);
    *out_until_at = row.expires_at;
    return NULL;
}

struct error *invite_find(const struct context *context, struct bytes hash, struct invite *out)
{
    struct invite_by_hash_row row;
    struct error *e;

    if (!hash.length)
        return error_new(context->arena, ERROR_NOT_FOUND, "no link");
    e = sql_invite_by_hash(context->db, context->arena, hash, &row);
    if (e)
        return e;
    if (strcmp(row.state, INVITE_STATE_REVOKED) == 0 || row.expires_at <= context->now_at ||
        row.team_closed_at)
        return error_new(context->arena, ERROR_NOT_FOUND, "the invite has ended");
    *out = (struct invite){
        .id = row.id,
        .team = row.team,
        .inviter = row.inviter,
        .inviter_email = row.inviter_email,
        .email = row.email,
        .role = row.role,
        .team_id = row.team_id,
        .inviter_id = row.person_id,
        .expires_at = row.expires_at,
        .is_used = strcmp(row.state, INVITE_STATE_ACCEPTED) == 0,
    };
    return NULL;
}

/* ---- accepting ---- */

static struct error *room_check(const struct context *context, const struct invite *invite,
                                int64_t person_id)
{
    struct team_people_rows people;
    struct error *e =
        sql_team_people(context->db, context->arena, invite->team_id, LIMIT_TEAM_PEOPLE, &people);

    for (size_t i = 0; !e && i < people.count; i++) {
        if (people.row[i].person_id == person_id)
            e = refuse(context, ERROR_CONFLICT, "known", NULL, "You are in this team already.");
    }
    if (!e && people.count >= LIMIT_TEAM_PEOPLE)
        e = refuse(context, ERROR_CONFLICT, "team_full", NULL,
                   "This team has as many people as it can have.");
    return e;
}

/* Why the team is suspended is told to its people alone. */
static struct error *outsider_check(const struct context *context, const struct invite *invite,
                                    int64_t person_id)
{
    const struct actor actor = { .team_id = invite->team_id, .person_id = person_id };
    struct error *e = restriction_check(context, &actor);

    if (!e || !e->message || strcmp(e->code, "team_suspended") != 0)
        return e;
    return refuse(context, ERROR_CONFLICT, "team_suspended", NULL,
                  "This team is suspended, so nobody can join it now.");
}

struct error *invite_accept(const struct context *context, const struct invite *invite,
                            int64_t person_id, const char *email)
{
    struct error *e = team_is_ours(context);

    if (!e && invite->email && strcmp(invite->email, email) != 0)
        e = error_new(context->arena, ERROR_FORBIDDEN, "the invite is for another address");
    if (!e && invite->team_id)
        e = room_check(context, invite, person_id);
    if (!e && invite->team_id)
        e = outsider_check(context, invite, person_id);
    if (!e)
        e = sql_invite_accept(context->db, context->arena, invite->id, context->now_at);
    return e || !invite->team_id
               ? e
               : team_add(context, invite->team_id, person_id, invite->role, invite->id);
}

struct error *invite_allows_signin(const struct context *context, struct bytes hash, bool *out)
{
    struct error *e;

    *out = false;
    if (!hash.length)
        return NULL;
    e = sql_invite_signin_mail(context->db, context->arena, hash, context->now_at,
                               LIMIT_INVITE_SIGNINS);
    *out = !e && db_changes(context->db) == 1;
    return e;
}
