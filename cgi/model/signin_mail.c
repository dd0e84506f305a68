/* Mails of a sign-in; see signin_mail.h. Not responsible for the sign-in itself: cgi/signin.c. */
#include "model/signin_mail.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "known_browser.sql.h"
#include "mail.sql.h"
#include "model/mail_queue.h"
#include "person.sql.h"
#include "web/session.h"

#include <strings.h>

enum { AN_HOUR_S = 3600 };

/* People who have signed in here before, and the operator, who may not have yet. */
static struct error *address_is_known(struct request *r, const char *email, bool *out)
{
    struct person_by_identity_row person;
    struct error *e =
        sql_person_by_identity(r->db, r->arena, arena_printf(r->arena, "local:%s", email), &person);

    *out = !e || strcasecmp(email, r->config->operator_email) == 0;
    return e && e->kind != ERROR_NOT_FOUND ? e : NULL;
}

static struct error *address_has_room(struct request *r, const char *email, bool *out)
{
    struct mail_count_since_row lately, hour;
    int64_t now_at = clock_now();
    struct error *e = sql_mail_count_since(r->db, r->arena, email, "signin_link",
                                           now_at - LIMIT_SIGNIN_MAIL_EVERY_S, &lately);

    if (!e)
        e = sql_mail_count_since(r->db, r->arena, email, "signin_link", now_at - AN_HOUR_S, &hour);
    if (!e)
        *out = lately.total == 0 && hour.total < LIMIT_SIGNIN_MAILS_PER_HOUR;
    return e;
}

static struct error *link_queue(struct request *r, const char *email)
{
    const struct mail mail = {
        .kind = "signin_link",
        .to = email,
        .once = arena_printf(r->arena, "signin_link/%s", crypto_id(r->arena)),
    };

    return mail_queue(r->db, r->arena, &mail, clock_now());
}

struct error *signin_mail_ask(struct request *r, const char *email)
{
    const char *address = text_lower(r->arena, email);
    bool is_known = false, has_room = false;
    struct error *e = db_begin(r->db, r->arena);

    if (!e)
        e = address_is_known(r, address, &is_known);
    if (!e)
        e = address_has_room(r, address, &has_room);
    /* Waiting for the disk is what can be noticed from outside, so there is a write always. */
    if (!e)
        e = session_notice(r, NULL);
    if (!e && is_known && has_room)
        e = link_queue(r, address);
    return e ? e : db_commit(r->db, r->arena);
}

struct error *signin_mail_note(struct request *r, int64_t person_id, int64_t begun_at)
{
    const char *browser = session_browser(r);
    struct known_browser_count_row known;
    struct person_get_row person;
    struct mail mail = {
        .kind = "new_signin",
        .once = arena_printf(r->arena, "new_signin/%s", r->session->handle),
        .browser = browser,
        .url = arena_printf(r->arena, "%s/account", r->config->public_url),
        .at = begun_at,
    };
    struct error *e = sql_person_get(r->db, r->arena, person_id, &person);

    if (!e)
        e = sql_known_browser_count(r->db, r->arena, person_id, browser, &known);
    if (!e)
        e = sql_known_browser_seen(r->db, r->arena, person_id, browser, begun_at);
    if (e || known.same)
        return e;
    /* The first sign-in: sign-ins leave a trace for as long as the account is old. An account may
     * be older than that: WorkOS tells of people before they come. */
    if (!known.total && person.created_at > begun_at - LIMIT_KNOWN_BROWSER_S)
        return NULL;
    mail.to = person.email;
    return mail_queue(r->db, r->arena, &mail, begun_at);
}
