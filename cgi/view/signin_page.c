/* The sign-in page; see signin_page.h. */
#include "view/signin_page.h"

#include "model/access_request.h"
#include "model/passkey.h"
#include "passkey.sql.h"
#include "web/session.h"

#include <string.h>

bool signin_page_has_mail(const struct request *r)
{
    return strcmp(r->config->identity, "local") == 0 && config_has_mail(r->config);
}

/* To confirm who they are, a signed-in person can use their own passkeys only. */
static struct error *passkeys_read(struct request *r, struct signin_html *page)
{
    struct passkey_list_rows own;
    struct error *e;

    page->has_passkeys = passkey_is_offered(r->config);
    if (!page->has_passkeys || !page->present_email)
        return NULL;
    e = sql_passkey_list(r->db, r->arena, r->session->person_id, &own);
    page->has_passkeys = !e && own.count > 0;
    return e;
}

struct error *signin_page_invite(struct request *r, struct invite *out)
{
    const struct context context = request_context(r);
    struct bytes hash;
    struct error *e = session_invite(r, &hash);

    *out = (struct invite){ .team = NULL };
    if (!e && hash.length)
        e = invite_find(&context, hash, out);
    if (e || out->is_used)
        *out = (struct invite){ .team = NULL };
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

struct error *signin_page_show(struct request *r, struct signin_html *page)
{
    const struct context context = request_context(r);
    struct invite invite;
    struct error *e;

    page->identity = r->config->identity;
    page->minimum_age = r->config->minimum_age;
    page->has_mail = signin_page_has_mail(r);
    page->has_access_requests = access_request_is_open(r->config);
    page->present_email = r->session && r->session->person_id ? r->session->email : NULL;
    e = passkeys_read(r, page);
    if (!e)
        e = signin_page_invite(r, &invite);
    if (e)
        return e;
    page->invite_team = invite.team;
    page->is_open_invite = !invite.email;
    /* In the field for the address; after a refusal that would ask for the same one again. */
    page->offers_passkeys = page->has_passkeys && !page->passkey_problem;
    e = page->has_mail || page->has_passkeys ? session_begin(r) : NULL;
    if (e)
        return e;
    if (page->has_passkeys) {
        page->passkey_challenge = passkey_challenge(&context, r->session->csrf_secret);
        page->passkey_site = passkey_site(r->arena, r->config);
    }
    page->return_path = r->session ? r->session->return_path : NULL;
    r->frame.title = page->present_email ? "Confirm it\u2019s you" : "Sign in";
    r->frame.section = "signin";
    html_signin(&r->response.body, &r->frame, page);
    return NULL;
}
