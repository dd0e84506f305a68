/* Sign-in with a passkey; see signin_passkey.h. */
#include "handler/signin_passkey.h"

#include "base/limit.h"
#include "base/text.h"
#include "model/erasure.h"
#include "model/passkey.h"
#include "model/signin_token.h"
#include "view/signin_page.h"
#include "view/signin_problem.h"
#include "web/form.h"
#include "web/session.h"
#include "web/signin_note.h"

#include <string.h>

enum { ID, CLIENT_DATA, AUTHENTICATOR_DATA, SIGNATURE, USER, FIELDS };

/* What is told of a copied passkey stays, although the sign-in is refused. */
static struct error *refusal_show(struct request *r, const struct error *refusal)
{
    struct signin_html page = { .passkey_problem = refusal->message };
    struct error *e =
        strcmp(refusal->code, PASSKEY_COPIED) == 0 ? db_commit(r->db, r->arena) : NULL;

    form_refuse(r);
    return e ? e : signin_page_show(r, &page);
}

/*
 * A closed account is opened by the button of a sign-in link alone, on whose page it says what that
 * does: this person gets such a link.
 */
static struct error *closed_lead(struct request *r, const struct identity *identity, bool *out)
{
    const struct context context = request_context(r);
    struct erasure_closed closed;
    int64_t until_at;
    const char *url;
    struct error *e = erasure_closed(&context, identity->key, &closed);

    *out = !e && closed.words;
    if (!*out)
        return e;
    e = signin_token_make(&context, identity->email, &url, &until_at);
    if (!e)
        response_redirect(&r->response, url);
    return e;
}

static struct error *owner_sign_in(struct request *r, const struct passkey_owner *owner)
{
    const char *path = session_return(r);
    bool is_closed;
    struct error *e = closed_lead(r, &owner->identity, &is_closed);

    if (e || is_closed)
        return e;
    e = signin_as(r, &owner->identity);
    if (e)
        return signin_closed_show(r, e);
    response_redirect(&r->response, path);
    return NULL;
}

struct error *signin_passkey_post(struct request *r)
{
    struct field fields[FIELDS] = {
        [ID] = { .name = "id", .max = LIMIT_PASSKEY_ID_CHARACTERS },
        [CLIENT_DATA] = { .name = "client_data", .max = LIMIT_PASSKEY_FIELD_CHARACTERS },
        [AUTHENTICATOR_DATA] = { .name = "authenticator_data",
                                 .max = LIMIT_PASSKEY_FIELD_CHARACTERS },
        [SIGNATURE] = { .name = "signature", .max = LIMIT_PASSKEY_FIELD_CHARACTERS },
        [USER] = { .name = "user", .max = LIMIT_PASSKEY_FIELD_CHARACTERS },
    };
    const struct context context = request_context(r);
    struct passkey_owner owner = { .person_id = 0 };
    struct error *e = form_read(r, fields, FIELDS);

    if (!passkey_is_offered(r->config))
        return error_new(r->arena, ERROR_NOT_FOUND, "no passkeys here");
    if (e)
        return e;
    if (form_has_problems(fields, FIELDS))
        return error_new(r->arena, ERROR_MALFORMED, "no answer of a passkey");
    e = passkey_verify(
        &context, r->session->csrf_secret,
        &(struct passkey_answer){ .id = fields[ID].text,
                                  .client_data = fields[CLIENT_DATA].text,
                                  .authenticator_data = fields[AUTHENTICATOR_DATA].text,
                                  .signature = fields[SIGNATURE].text,
                                  .user = fields[USER].text },
        &owner);
    if (!e && r->session->person_id && r->session->person_id != owner.person_id)
        e = error_refuse(r->arena, ERROR_INPUT, "passkey", NULL,
                         "This passkey is of another account. Use one of %s.", r->session->email);
    if (e)
        return e->message ? refusal_show(r, e) : e;
    return owner_sign_in(r, &owner);
}
