/* Adding, renaming and removing passkeys; see passkeys.h. */
#include "handler/passkeys.h"

#include "base/buf.h"
#include "base/limit.h"
#include "model/passkey.h"
#include "passkey.html.h"
#include "passkey.sql.h"
#include "passkey_new.html.h"
#include "person.sql.h"
#include "web/form.h"
#include "web/request_note.h"
#include "web/session.h"

#include "adapter/crypto.h"

static struct error *offered_check(struct request *r)
{
    return passkey_is_offered(r->config) ? NULL
                                         : error_new(r->arena, ERROR_NOT_FOUND, "no passkeys here");
}

/* ---- adding ---- */

/* Those that a device is not to make a second one beside. */
static const char *known_of(struct request *r, const struct passkey_list_rows *rows)
{
    struct buf known = buf_new(r->arena, 256);

    for (size_t i = 0; i < rows->count; i++)
        buf_printf(&known, "%s%s", i ? " " : "",
                   crypto_base64url(r->arena, rows->row[i].credential_id.bytes,
                                    rows->row[i].credential_id.length));
    return known.bytes;
}

static struct error *new_page(struct request *r, const char *problem)
{
    const struct context context = request_context(r);
    struct passkey_list_rows rows;
    struct person_get_row person;
    struct passkey_new_html page;
    struct error *e = sql_person_get(r->db, r->arena, r->session->person_id, &person);

    if (!e)
        e = sql_passkey_list(r->db, r->arena, person.id, &rows);
    if (e)
        return e;
    page = (struct passkey_new_html){
        .problem = problem,
        .is_full = rows.count >= LIMIT_PASSKEYS,
        .most = LIMIT_PASSKEYS,
        .challenge = passkey_challenge(&context, r->session->csrf_secret),
        .site = passkey_site(r->arena, r->config),
        .user = passkey_user(r->arena, person.id, person.created_at),
        .email = person.email,
        .name = person.name,
        .known = known_of(r, &rows),
    };
    r->frame.title = "Add a passkey";
    r->frame.section = "account";
    html_passkey_new(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *passkeys_new_show(struct request *r)
{
    struct error *e = offered_check(r);

    return e ? e : new_page(r, NULL);
}

struct error *passkeys_new_post(struct request *r)
{
    struct field fields[] = {
        { .name = "client_data", .max = LIMIT_PASSKEY_FIELD_CHARACTERS },
        { .name = "authenticator_data", .max = LIMIT_PASSKEY_FIELD_CHARACTERS },
    };
    const struct context context = request_context(r);
    const char *id;
    struct error *e = offered_check(r);

    if (!e)
        e = form_read(r, fields, 2);
    if (e)
        return e;
    if (form_has_problems(fields, 2))
        return error_new(r->arena, ERROR_MALFORMED, "no answer of a passkey");
    e = passkey_add(&context, r->session->csrf_secret, r->session->person_id,
                    &(struct passkey_answer){ .client_data = fields[0].text,
                                              .authenticator_data = fields[1].text },
                    session_browser(r), &id);
    if (e && e->message) {
        form_refuse(r);
        return new_page(r, e->message);
    }
    return e ? e
             : session_notice_at(r, "Passkey added. You can sign in with it from now on.",
                                 arena_printf(r->arena, "/account/passkeys/%s", id));
}

/* ---- one of them ---- */

static struct error *one_page(struct request *r, const struct field *name)
{
    struct passkey_html page = { .name_problem = name ? name->problem : NULL };
    struct error *e =
        sql_passkey_get(r->db, r->arena, r->session->person_id, r->parameters[0], &page.passkey);

    if (e)
        return e;
    page.name = name ? name->text : page.passkey.name;
    r->frame.title = page.passkey.name;
    r->frame.section = "account";
    html_passkey(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *passkeys_show(struct request *r)
{
    return one_page(r, NULL);
}

struct error *passkeys_rename(struct request *r)
{
    struct field name = { .name = "name", .kind = FIELD_LABEL, .is_required = true };
    struct error *e = form_read(r, &name, 1);

    if (e)
        return e;
    if (name.problem) {
        form_refuse(r);
        return one_page(r, &name);
    }
    e = sql_passkey_rename(r->db, r->arena, r->session->person_id, r->parameters[0], name.text);
    if (!e)
        e = request_note_personal(
            r, (struct audit_entry){ .action = AUDIT_PASSKEY_RENAME, .object = r->parameters[0] });
    return e ? e : session_notice_at(r, "Passkey renamed.", "/account#passkeys");
}

struct error *passkeys_remove(struct request *r)
{
    const struct context context = request_context(r);
    struct error *e =
        passkey_remove(&context, r->session->person_id, r->parameters[0], session_browser(r));

    return e ? e
             : session_notice_at(r, "Passkey removed. You can delete it from your device, too.",
                                 "/account#passkeys");
}
