/* Sign-in by a link that the operator has made or a mail has brought; see signin_link.h. */
#include "handler/signin_link.h"

#include "adapter/crypto.h"
#include "base/text.h"
#include "model/audit.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "person.sql.h"
#include "signin_link.html.h"
#include "signin_link.sql.h"
#include "view/signin_problem.h"
#include "web/form.h"
#include "web/session.h"
#include "web/signin_note.h"

#include <string.h>
#include <strings.h>

struct link {
    const char *token;
    struct bytes hash;
    struct signin_link_get_row row;
    const struct signin_problem *problem; /* NULL: valid */
};

static struct error *link_read(struct request *r, struct link *link)
{
    unsigned char *hash = arena_alloc(r->arena, CRYPTO_HASH_BYTES);
    struct error *e = form_value(r, "token", &link->token);

    if (strcmp(r->config->identity, "local") != 0)
        return error_new(r->arena, ERROR_NOT_FOUND, "links are for identity = local");
    if (e)
        return e;
    link->problem = &SIGNIN_LINK_UNKNOWN;
    if (!link->token || !crypto_is_token(link->token))
        return NULL;
    crypto_sha256(link->token, strlen(link->token), hash);
    link->hash = (struct bytes){ hash, CRYPTO_HASH_BYTES };
    e = sql_signin_link_get(r->db, r->arena, link->hash, &link->row);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    link->problem = link->row.used_at                   ? &SIGNIN_LINK_USED
                    : link->row.expires_at <= r->now_at ? &SIGNIN_LINK_LATE
                                                        : NULL;
    return NULL;
}

/* Mail scanners follow links, so a GET does not consume the token. */
struct error *signin_link_show(struct request *r)
{
    struct link link = { .token = NULL };
    struct signin_link_html page = { .minimum_age = r->config->minimum_age };
    struct error *e = link_read(r, &link);

    if (!e && link.problem)
        return signin_link_problem_show(r, link.problem, &link.row);
    if (!e)
        e = session_begin(r);
    if (!e)
        e = signin_link_closed(r, link.row.email, &page);
    if (e)
        return e;
    page.email = link.row.email;
    page.token = link.token;
    page.ends_at = link.row.expires_at;
    if (r->session && r->session->person_id && strcasecmp(link.row.email, r->session->email) != 0)
        page.present_email = r->session->email;
    r->frame.title = page.closed ? "This account is closed" : "Sign in";
    r->frame.section = "signin";
    html_signin_link(&r->response.body, &r->frame, &page);
    return NULL;
}

/* Of an account that stays closed, whoever reads its mail sees how its deletion goes on. */
static struct error *deletion_see(struct request *r, const char *identity_key, const char *id,
                                  const char **out_path)
{
    const struct context context = request_context(r);
    struct person_by_identity_row person;
    const char *token;
    struct error *e = sql_person_by_identity(r->db, r->arena, identity_key, &person);

    if (!e)
        e = audit_add_personal(&context, &(struct audit_entry){ .action = AUDIT_SIGN_IN_REFUSED,
                                                                .person_id = person.id,
                                                                .is_refused = true });
    if (!e)
        e = erasure_address_add(&context, id, &token);
    if (!e)
        *out_path = erasure_path(r->arena, token);
    return e;
}

/* `path`: where it leads to. */
static struct error *link_consume(struct request *r, struct link *link, const char **path)
{
    const char *email = text_lower(r->arena, link->row.email);
    const struct identity identity = {
        .key = arena_printf(r->arena, "local:%s", email),
        .email = email,
        .name = identity_name(r->arena, NULL, email),
    };
    const struct context context = request_context(r);
    struct erasure_closed closed = { .words = NULL };
    struct error *e = sql_signin_link_use(r->db, r->arena, link->hash, r->now_at);

    /* Another browser was faster, or the link has just expired. */
    if (!e && db_changes(r->db) != 1)
        return link_read(r, link);
    if (!e)
        e = erasure_closed(&context, identity.key, &closed);
    if (!e && closed.action && !closed.can_undo)
        return deletion_see(r, identity.key, closed.id, path);
    return e ? signin_note_refused(r, identity.key, e) : signin_as(r, &identity);
}

struct error *signin_link_use(struct request *r)
{
    const char *path = session_return(r);
    struct link link = { .token = NULL };
    struct error *e = link_read(r, &link);

    if (!e && !link.problem)
        e = link_consume(r, &link, &path);
    if (e)
        return signin_closed_show(r, e);
    if (link.problem)
        return signin_link_problem_show(r, link.problem, &link.row);
    response_redirect(&r->response, path);
    return NULL;
}
