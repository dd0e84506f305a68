/* Requests for an account; see access_request.h. */
#include "model/access_request.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/identity.h"
#include "model/invite.h"
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

struct error *access_request_invite(const struct context *context, const struct actor *actor,
                                    const char *id, const char **out_email)
{
    struct access_request_get_row request;
    const char *url;
    struct error *e = sql_access_request_get(context->db, context->arena, id, &request);

    if (!e)
        e = invite_account(context, actor, request.email, false, &url);
    if (!e)
        e = sql_access_request_delete(context->db, context->arena, id);
    *out_email = e ? NULL : request.email;
    return e;
}

struct error *access_request_decline(const struct context *context, const char *id,
                                     int64_t operator_id)
{
    struct error *e = sql_access_request_delete(context->db, context->arena, id);

    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = AUDIT_OPERATOR,
                                                         .action = AUDIT_ACCESS_DECLINE,
                                                         .object = id,
                                                         .person_id = operator_id });
}
