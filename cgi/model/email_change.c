/* The change of the address that a person signs in with; see email_change.h. */
#include "model/email_change.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "model/mail_queue.h"

#include "email_change.sql.h"
#include "email_request.sql.h"
#include "invite.sql.h"
#include "mail.sql.h"
#include "person.sql.h"
#include "rights_request.sql.h"
#include "session.sql.h"

#include <string.h>
#include <strings.h>

static struct error *refuse(const struct context *context, enum error_kind kind, const char *code,
                            const char *message)
{
    return error_refuse(context->arena, kind, code, "email", "%s", message);
}

static const char *identity_of(const struct context *context, const char *email)
{
    return arena_printf(context->arena, "local:%s", email);
}

/* The operator is known by the address: nobody else may get it. */
static struct error *is_somebodys(const struct context *context, const char *email,
                                  int64_t person_id, bool *out)
{
    struct person_by_email_rows rows;
    struct error *e = sql_person_by_email(context->db, context->arena, email, &rows);

    *out = strcasecmp(email, context->config->operator_email) == 0;
    for (size_t i = 0; !e && i < rows.count; i++)
        *out |= rows.row[i].id != person_id;
    return e;
}

/* ---- mails ---- */

/* Of an address that is not the person's, no row stays once the mail was sent. */
static struct error *mail_add(const struct context *context, const char *kind, const char *to,
                              const char *id, const char *change_id)
{
    const struct mail mail = {
        .kind = kind,
        .to = to,
        .once = arena_printf(context->arena, "%s/%s", kind, id),
        .change_id = change_id,
        .is_transient = strcmp(kind, MAIL_KIND_EMAIL_APPROVE) != 0 &&
                        strcmp(kind, MAIL_KIND_EMAIL_CHANGED) != 0,
        .url = arena_printf(context->arena, "%s/support", context->config->public_url),
        .at = context->now_at,
    };

    return mail_queue(context->db, context->arena, &mail, context->now_at);
}

/* ---- request ---- */

/*
 * Nobody's mailbox is filled in this way, and whether somebody has the address makes no difference.
 * Others who have used up those of an address keep nobody from one request for it.
 */
static struct error *rate_check(const struct context *context, int64_t person_id,
                                const char *new_email)
{
    struct email_request_count_row row;
    struct error *e = sql_email_request_count(context->db, context->arena, person_id, new_email,
                                              context->now_at - A_DAY_S, &row);

    if (e || (row.own < LIMIT_EMAIL_CHANGES_PER_DAY &&
              (row.total < LIMIT_EMAIL_CHANGES_PER_DAY || !row.own_total)))
        return e;
    return refuse(context, ERROR_CONFLICT, "too_many_changes",
                  "Too many requests for today. Try again tomorrow.");
}

static struct error *request_check(const struct context *context,
                                   const struct person_get_row *person, const char *email)
{
    if (!config_has_mail(context->config) || !text_starts(person->identity, "local:"))
        return error_new(context->arena, ERROR_NOT_FOUND, "addresses are not changed here");
    if (strcasecmp(person->email, context->config->operator_email) == 0)
        return refuse(context, ERROR_CONFLICT, "operator",
                      "This is the address of this server’s admin, which is set in domicile.conf.");
    if (strcmp(person->email, email) == 0)
        return refuse(context, ERROR_INPUT, "same", "This is your address already.");
    return rate_check(context, person->id, email);
}

struct error *email_change_request(const struct context *context, int64_t person_id,
                                   const char *email)
{
    const char *id = crypto_id(context->arena);
    struct person_get_row person;
    bool is_taken = false;
    struct error *e = sql_person_get(context->db, context->arena, person_id, &person);

    if (!e)
        e = request_check(context, &person, email);
    if (!e)
        e = is_somebodys(context, email, person_id, &is_taken);
    if (!e)
        e = email_change_cancel(context, person_id);
    if (!e)
        e = sql_email_change_put(context->db, context->arena, person_id, id, email, context->now_at,
                                 context->now_at + LIMIT_EMAIL_CHANGE_S);
    if (!e)
        e = sql_email_request_add(context->db, context->arena, person_id, email, context->now_at);
    if (!e)
        e = mail_add(context, MAIL_KIND_EMAIL_APPROVE, person.email, id, id);
    return e ? e
             : mail_add(context, is_taken ? MAIL_KIND_EMAIL_TAKEN : MAIL_KIND_EMAIL_CONFIRM, email,
                        id, id);
}

struct error *email_change_cancel(const struct context *context, int64_t person_id)
{
    struct error *e = sql_email_change_mails_delete(context->db, context->arena, person_id);

    return e ? e : sql_email_change_delete(context->db, context->arena, person_id);
}

/* ---- links ---- */

static struct bytes hash_of(struct arena *arena, const char *token)
{
    unsigned char *hash = arena_alloc(arena, CRYPTO_HASH_BYTES);

    crypto_sha256(token, strlen(token), hash);
    return (struct bytes){ hash, CRYPTO_HASH_BYTES };
}

struct error *email_change_link(const struct context *context, const char *kind, const char *id,
                                const char **out_url, int64_t *out_until_at)
{
    const char *token = crypto_token(context->arena);
    bool is_new = strcmp(kind, MAIL_KIND_EMAIL_CONFIRM) == 0;
    struct email_change_set_link_row row;
    struct error *e;

    if (!is_new && strcmp(kind, MAIL_KIND_EMAIL_APPROVE) != 0)
        return NULL;
    e = sql_email_change_set_link(context->db, context->arena, id ? id : "", is_new,
                                  hash_of(context->arena, token), &row);
    if (e)
        return e;
    *out_url = arena_printf(context->arena, "%s/account/email/link?token=%s",
                            context->config->public_url, token);
    *out_until_at = row.expires_at;
    return NULL;
}

struct error *email_change_find(const struct context *context, const char *token,
                                struct email_change *out)
{
    struct email_change_by_hash_row row;
    struct error *e;

    if (!token || !crypto_is_token(token))
        return error_new(context->arena, ERROR_NOT_FOUND, "no link");
    e = sql_email_change_by_hash(context->db, context->arena, hash_of(context->arena, token),
                                 context->now_at, &row);
    if (e)
        return e;
    *out = (struct email_change){
        .person_id = row.person_id,
        .identity = row.identity,
        .old_email = row.old_email,
        .new_email = row.new_email,
        .expires_at = row.expires_at,
        .is_new = row.is_new,
        .is_confirmed = row.is_new ? row.new_confirmed_at : row.old_confirmed_at,
        .is_other_confirmed = row.is_new ? row.old_confirmed_at : row.new_confirmed_at,
    };
    return NULL;
}

/* ---- the change ---- */

/* Nothing of the former address stays but one mail to it, until it is sent (worker/mailer.c). */
static struct error *former_forget(const struct context *context, const struct email_change *change)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    struct error *e = sql_email_change_links_delete(db, arena, change->old_email);

    if (!e)
        e = sql_email_change_mails_move(db, arena, change->old_email, change->new_email);
    if (!e)
        e = sql_invite_forget_address(db, arena, change->old_email);
    if (!e)
        e = sql_invite_mails_drop(db, arena);
    if (!e)
        e = sql_rights_request_move(db, arena, change->old_email, change->new_email);
    return e ? e : sql_mail_forget(db, arena, change->old_email);
}

static struct error *address_change(const struct context *context,
                                    const struct email_change *change, struct bytes session_hash)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    const char *id = crypto_id(arena);
    struct error *e = email_change_cancel(context, change->person_id);

    if (!e)
        e = sql_person_move(db, arena, change->person_id, identity_of(context, change->new_email),
                            change->new_email);
    if (!e)
        e = session_hash.length
                ? sql_session_delete_others(db, arena, change->person_id, session_hash)
                : sql_session_delete_of_person(db, arena, change->person_id);
    if (!e)
        e = former_forget(context, change);
    if (!e)
        e = mail_add(context, MAIL_KIND_EMAIL_CHANGED, change->new_email, id, NULL);
    return e ? e : mail_add(context, MAIL_KIND_EMAIL_FORMER, change->old_email, id, NULL);
}

static struct error *change_record(const struct context *context, int64_t person_id,
                                   bool by_operator)
{
    const struct audit_entry entry = {
        .action = AUDIT_EMAIL_CHANGE,
        .person_id = person_id,
        .by_operator = by_operator,
    };

    return audit_add_personal(context, &entry);
}

struct error *email_change_confirm(const struct context *context, const struct email_change *change,
                                   struct bytes session_hash, enum email_change_end *out)
{
    bool is_taken = false;
    struct error *e = sql_email_change_confirm(context->db, context->arena, change->person_id,
                                               change->is_new, context->now_at);

    *out = EMAIL_CHANGE_WAITS;
    if (e || !change->is_other_confirmed)
        return e;
    e = is_somebodys(context, change->new_email, change->person_id, &is_taken);
    *out = is_taken ? EMAIL_CHANGE_TAKEN : EMAIL_CHANGE_DONE;
    if (!e && is_taken)
        return email_change_cancel(context, change->person_id);
    if (!e)
        e = address_change(context, change, session_hash);
    return e ? e : change_record(context, change->person_id, false);
}

/* What is deleted keeps the address that the deletion looks for; nobody signs in to it anyway. */
static struct error *closed_check(const struct context *context,
                                  const struct person_get_row *person)
{
    struct erasure_closed closed;
    struct error *e = erasure_closed_of(context, person->id, &closed);

    if (e || !closed.words)
        return e;
    if (closed.can_undo)
        return error_new(
            context->arena, ERROR_CONFLICT,
            "%s Its address can't be changed before: make a link with \"domicile-admin "
            "signin %s\", and change the address once the person has used it",
            closed.words, person->email);
    return error_new(context->arena, ERROR_CONFLICT,
                     "%s Its address can't be changed any more: once it is deleted, the person can "
                     "have a new account with another address",
                     closed.words);
}

struct error *email_change_by_operator(const struct context *context, int64_t person_id,
                                       const char *email)
{
    struct email_change change = { .person_id = person_id };
    struct person_by_identity_row other;
    struct person_get_row person;
    struct error *e = sql_person_get(context->db, context->arena, person_id, &person);

    if (e)
        return e;
    change.old_email = person.email;
    change.new_email = identity_email(context->arena, email);
    if (!change.new_email)
        return error_new(context->arena, ERROR_INPUT, "%s is not an email address", email);
    if (!text_starts(person.identity, "local:"))
        return error_new(context->arena, ERROR_INPUT,
                         "the account is WorkOS's: change its address there");
    e = closed_check(context, &person);
    if (e)
        return e;
    if (strcasecmp(change.new_email, context->config->operator_email) == 0)
        return error_new(
            context->arena, ERROR_INPUT,
            "this is the operator's address: whoever signs in with it is the operator");
    e = sql_person_by_identity(context->db, context->arena, identity_of(context, change.new_email),
                               &other);
    if (!e)
        return error_new(context->arena, ERROR_INPUT, "an account has this address already");
    if (e->kind != ERROR_NOT_FOUND)
        return e;
    e = address_change(context, &change, (struct bytes){ NULL, 0 });
    return e ? e : change_record(context, person_id, true);
}
