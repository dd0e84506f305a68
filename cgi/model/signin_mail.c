/* Sign-in mails; see signin_mail.h. Sign-in itself is in cgi/signin.c. */
#include "model/signin_mail.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "known_browser.sql.h"
#include "mail.sql.h"
#include "model/invite.h"
#include "model/mail_queue.h"
#include "person.sql.h"

#include <strings.h>

/* People who have signed in before, and the operator, who may not have. */
static struct error *address_is_known(const struct context *context, const char *email, bool *out)
{
    struct person_by_identity_row person;
    struct error *e = sql_person_by_identity(
        context->db, context->arena, arena_printf(context->arena, "local:%s", email), &person);

    *out = !e || strcasecmp(email, context->config->operator_email) == 0;
    return *out || e->kind == ERROR_NOT_FOUND ? NULL : e;
}

static struct error *address_has_room(const struct context *context, const char *email, bool *out)
{
    struct mail_count_since_row lately, hour;
    int64_t now_at = context->now_at;
    struct error *e = sql_mail_count_since(context->db, context->arena, email, "signin_link",
                                           now_at - LIMIT_SIGNIN_MAIL_EVERY_S, &lately);

    if (!e)
        e = sql_mail_count_since(context->db, context->arena, email, "signin_link",
                                 now_at - AN_HOUR_S, &hour);
    if (!e)
        *out = lately.total == 0 && hour.total < LIMIT_SIGNIN_MAILS_PER_HOUR;
    return e;
}

static struct error *link_queue(const struct context *context, const char *email)
{
    const struct mail mail = {
        .kind = "signin_link",
        .to = email,
        .once = arena_printf(context->arena, "signin_link/%s", crypto_id(context->arena)),
    };

    return mail_queue(context->db, context->arena, &mail, context->now_at);
}

struct error *signin_mail_request(const struct context *context, const char *email,
                                  struct bytes invite_hash)
{
    const char *address = text_lower(context->arena, email);
    bool is_known = false, has_room = false;
    struct error *e = address_is_known(context, address, &is_known);

    if (!e)
        e = address_has_room(context, address, &has_room);
    if (!e && has_room && !is_known)
        e = invite_allows_signin(context, invite_hash, &is_known);
    return e || !is_known || !has_room ? e : link_queue(context, address);
}

struct error *signin_mail_note(const struct context *context, int64_t person_id,
                               const char *browser, const char *session)
{
    int64_t begun_at = context->now_at;
    struct known_browser_count_row known;
    struct person_get_row person;
    struct mail mail = {
        .kind = "new_signin",
        .once = arena_printf(context->arena, "new_signin/%s", session),
        .browser = browser,
        .url = arena_printf(context->arena, "%s/account", context->config->public_url),
        .at = begun_at,
    };
    struct error *e = sql_person_get(context->db, context->arena, person_id, &person);

    if (!e && person.restricted_at)
        return NULL; /* no browser is remembered */
    if (!e)
        e = sql_known_browser_count(context->db, context->arena, person_id, browser, &known);
    if (!e)
        e = sql_known_browser_seen(context->db, context->arena, person_id, browser, begun_at);
    if (e || known.same)
        return e;
    /* Detects the first sign-in: records of sign-ins are kept as long as the account exists. The
     * account may be older than its first sign-in: WorkOS announces users in advance. */
    if (!known.total && person.created_at > begun_at - LIMIT_KNOWN_BROWSER_S)
        return NULL;
    mail.to = person.email;
    return mail_queue(context->db, context->arena, &mail, begun_at);
}
