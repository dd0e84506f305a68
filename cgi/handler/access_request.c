/* Asking for an account, and the answers; see access_request.h. */
#include "handler/access_request.h"

#include "access_request.html.h"
#include "access_request.sql.h"
#include "access_request_sent.html.h"
#include "base/clock.h"
#include "base/limit.h"
#include "model/access_request.h"
#include "operator_access.html.h"
#include "web/form.h"
#include "web/list_position.h"
#include "web/session.h"

static struct error *open_check(struct request *r)
{
    return access_request_is_open(r->config)
               ? NULL
               : error_new(r->arena, ERROR_NOT_FOUND, "nobody can ask for an account here");
}

/* ---- asking ---- */

enum { EMAIL, NOTE, FIELDS };

static struct error *form_show(struct request *r, const struct field *fields)
{
    const struct access_request_html page = {
        .email = fields ? fields[EMAIL].text : "",
        .email_problem = fields ? fields[EMAIL].problem : NULL,
        .note = fields ? fields[NOTE].text : "",
        .note_problem = fields ? fields[NOTE].problem : NULL,
        .days = LIMIT_ACCESS_REQUEST_S / A_DAY_S,
        .most = LIMIT_ACCESS_NOTE_CHARACTERS,
    };
    struct error *e = session_begin(r); /* for the form's token */

    if (e)
        return e;
    r->frame.title = "Request access";
    r->frame.section = "signin";
    html_access_request(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *access_request_show(struct request *r)
{
    struct error *e = open_check(r);

    return e ? e : form_show(r, NULL);
}

struct error *access_request_post(struct request *r)
{
    struct field fields[FIELDS] = {
        [EMAIL] = { .name = "email", .kind = FIELD_EMAIL, .is_required = true },
        [NOTE] = { .name = "note",
                   .kind = FIELD_LINE,
                   .max = LIMIT_ACCESS_NOTE_CHARACTERS,
                   .is_required = true },
    };
    const struct context context = request_context(r);
    struct error *e = open_check(r);

    if (!e)
        e = form_read(r, fields, FIELDS);
    if (e)
        return e;
    if (!form_has_problems(fields, FIELDS))
        e = access_request_make(&context, fields[EMAIL].text, fields[NOTE].text);
    if (e && !form_blame(fields, FIELDS, e))
        return e;
    if (form_has_problems(fields, FIELDS)) {
        form_refuse(r);
        return form_show(r, fields);
    }
    /* Disk latency is observable from outside, so always write. */
    e = session_notice(r, NULL);
    if (e)
        return e;
    response_redirect(&r->response, "/signin/requested");
    return NULL;
}

/* The same for everybody: it must not reveal which addresses are known. */
struct error *access_request_sent_show(struct request *r)
{
    struct error *e = open_check(r);

    if (e)
        return e;
    r->frame.title = "Request sent";
    r->frame.section = "signin";
    html_access_request_sent(&r->response.body, &r->frame, NULL);
    return NULL;
}

/* ---- the admin's list ---- */

/* `problem`: why the answer to one was refused; or NULL. */
static struct error *list_show(struct request *r, const char *problem)
{
    struct operator_access_html page = {
        .is_open = access_request_is_open(r->config),
        .is_on = config_has_access_requests(r->config),
        .days = LIMIT_ACCESS_REQUEST_S / A_DAY_S,
        .problem = problem,
    };
    struct error *e = sql_access_request_list(r->db, r->arena, LIMIT_LIST_ROWS + 1, &page.requests);

    if (e)
        return e;
    page.has_more = list_cut(&page.requests.count);
    r->frame.title = "Access requests";
    r->frame.section = "operator";
    html_operator_access(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *access_requests_respond(struct request *r)
{
    return list_show(r, NULL);
}

struct error *access_request_invite_post(struct request *r)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char *email = NULL;
    struct error *e = open_check(r);

    if (!e)
        e = access_request_invite(&context, &actor, r->parameters[0], &email);
    if (e && e->kind == ERROR_CONFLICT && e->message) {
        form_refuse(r);
        return list_show(r, e->message);
    }
    return e ? e
             : session_notice_at(r, arena_printf(r->arena, "%s is invited.", email),
                                 "/operator/access");
}

struct error *access_request_decline_post(struct request *r)
{
    const struct context context = request_context(r);
    struct error *e = access_request_decline(&context, r->parameters[0], r->session->person_id);

    return e ? e : session_notice_at(r, "Request deleted.", "/operator/access");
}
