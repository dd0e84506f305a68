/* Requests for an account; see access_request.h. */
#include "model/access_request.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/identity.h"
#include "model/label.h"
#include "model/mail_queue.h"

#include "access_request.sql.h"
#include "person.sql.h"

#include <string.h>

bool access_request_is_open(const struct config *config)
{
    return config_has_access_requests(config) && identity_sign_up_is_open(config, "");
}

/* ---- asking ---- */

static struct error *room_check(const struct context *context)
{
    struct access_request_count_row count;
    struct error *e =
        sql_access_request_count(context->db, context->arena, context->now_at - AN_HOUR_S, &count);

    if (e || (count.total < LIMIT_ACCESS_REQUESTS && count.lately < LIMIT_ACCESS_REQUESTS_PER_HOUR))
        return e;
    return error_refuse(context->arena, ERROR_CONFLICT, "too_many_requests", "email",
                        "Too many requests for access right now. Try again later, or write to the "
                        "admin.");
}

static struct error *operator_mail(const struct context *context, const char *email,
                                   const char *note, const char *id)
{
    return mail_queue(
        context->db, context->arena,
        &(struct mail){
            .kind = MAIL_KIND_ACCESS_REQUESTED,
            .to = context->config->privacy_contact,
            .once = arena_printf(context->arena, "%s/%s", MAIL_KIND_ACCESS_REQUESTED, id),
            .promise = label_in_mail(context->arena, email),
            .note = label_in_mail(context->arena, note),
            .url = arena_printf(context->arena, "%s/operator/access", context->config->public_url),
        },
        context->now_at);
}

struct error *access_request_make(const struct context *context, const char *email,
                                  const char *note)
{
    const char *id = crypto_id(context->arena);
    struct person_by_identity_row known;
    struct error *e = room_check(context);

    if (e)
        return e;
    e = sql_person_by_identity(context->db, context->arena,
                               arena_printf(context->arena, "local:%s", email), &known);
    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    e = sql_access_request_add(context->db, context->arena, id, email, note, context->now_at);
    return e || db_changes(context->db) != 1 ? e : operator_mail(context, email, note, id);
}

/* ---- answers ---- */

static struct error *answer_note(const struct context *context, enum audit_action action,
                                 const char *id, int64_t operator_id)
{
    return audit_add(context, &(struct audit_entry){ .team_id = AUDIT_OPERATOR,
                                                     .action = action,
                                                     .object = id,
                                                     .person_id = operator_id });
}

struct error *access_request_invite(const struct context *context, const char *id,
                                    int64_t operator_id)
{
    struct access_request_invite_row row;
    struct error *e =
        sql_access_request_invite(context->db, context->arena, id, context->now_at, &row);

    if (!e)
        e = mail_queue(
            context->db, context->arena,
            &(struct mail){
                .kind = MAIL_KIND_ACCESS_GRANTED,
                .to = row.email,
                .once = arena_printf(context->arena, "%s/%s", MAIL_KIND_ACCESS_GRANTED, id),
                .url = arena_printf(context->arena, "%s/signin", context->config->public_url),
                .until_at = context->now_at + LIMIT_ACCESS_REQUEST_S,
                .is_transient = true, /* the address is nobody's here yet */
            },
            context->now_at);
    return e ? e : answer_note(context, AUDIT_ACCESS_INVITE, id, operator_id);
}

struct error *access_request_decline(const struct context *context, const char *id,
                                     int64_t operator_id)
{
    struct error *e = sql_access_request_delete(context->db, context->arena, id);

    return e ? e : answer_note(context, AUDIT_ACCESS_DECLINE, id, operator_id);
}

struct error *access_request_is_invited(const struct context *context, const char *email, bool *out)
{
    struct access_request_invited_row row = { .total = 0 };
    struct error *e = sql_access_request_invited(context->db, context->arena, email,
                                                 context->now_at - LIMIT_ACCESS_REQUEST_S, &row);

    *out = row.total > 0;
    return e;
}
