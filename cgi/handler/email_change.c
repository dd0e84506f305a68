/* Changing the e-mail address; see email_change.h. */
#include "handler/email_change.h"

#include "account_email.html.h"
#include "account_email_link.html.h"
#include "base/clock.h"
#include "base/limit.h"
#include "model/email_change.h"
#include "web/form.h"
#include "web/request_note.h"
#include "web/session.h"

#include <string.h>
#include <strings.h>

/* ---- the request ---- */

static void form_show(struct request *r, const struct field *wanted)
{
    const struct account_email_html page = {
        .email = r->session->email,
        .wanted = wanted ? wanted->text : "",
        .problem = wanted ? wanted->problem : NULL,
        .has_workos = strcmp(r->config->identity, "local") != 0,
        .has_mail = config_has_mail(r->config),
        .is_operator = strcasecmp(r->session->email, r->config->operator_email) == 0,
        .has_billing = config_has_billing(r->config),
        .hours = LIMIT_EMAIL_CHANGE_S / AN_HOUR_S,
    };

    r->frame.title = "Change email";
    r->frame.section = "account";
    html_account_email(&r->response.body, &r->frame, &page);
}

struct error *email_change_show(struct request *r)
{
    form_show(r, NULL);
    return NULL;
}

struct error *email_change_post(struct request *r)
{
    struct field email = { .name = "email", .kind = FIELD_EMAIL, .is_required = true };
    const struct context context = request_context(r);
    struct error *e = form_read(r, &email, 1);

    if (e)
        return e;
    if (!email.problem)
        e = email_change_request(&context, r->session->person_id, email.text);
    if (e && !form_blame(&email, 1, e))
        return e;
    if (email.problem) {
        form_refuse(r);
        form_show(r, &email);
        return NULL;
    }
    e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_EMAIL_REQUEST });
    return e ? e : session_notice_at(r, "Links sent to both addresses.", "/account");
}

struct error *email_change_cancel_post(struct request *r)
{
    const struct context context = request_context(r);
    struct error *e = email_change_cancel(&context, r->session->person_id);

    if (!e)
        e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_EMAIL_CANCEL });
    return e ? e : session_notice_at(r, "Your email stays as it is.", "/account");
}

/* ---- the links ---- */

static void link_page(struct request *r, const char *title, struct account_email_link_html page)
{
    r->frame.title = title;
    r->frame.section = "account";
    html_account_email_link(&r->response.body, &r->frame, &page);
}

static void outcome_show(struct request *r, const char *title, const char *what)
{
    link_page(r, title, (struct account_email_link_html){ .what = what });
}

/* False: there is no such change, and the page says so. */
static struct error *link_read(struct request *r, const char **token, struct email_change *change,
                               bool *out)
{
    const struct context context = request_context(r);
    struct error *e;

    *out = false;
    if (strcmp(r->config->identity, "local") != 0)
        return error_new(r->arena, ERROR_NOT_FOUND, "links are for identity = local");
    e = form_value(r, "token", token);
    if (!e)
        e = email_change_find(&context, *token, change);
    *out = !e;
    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    r->response.status = 404;
    outcome_show(r, "Invalid link",
                 "The link is incomplete or has expired, or the change was made, cancelled or "
                 "requested anew. You see on your account page what is waited for.");
    return NULL;
}

/* Mail scanners follow links, so a GET uses nothing up. */
struct error *email_link_show(struct request *r)
{
    struct email_change change;
    const char *token;
    bool is_found;
    struct error *e = link_read(r, &token, &change, &is_found);

    if (!e && is_found)
        e = session_begin(r); /* for the form's token */
    if (e || !is_found)
        return e;
    link_page(r, change.is_new ? "Confirm your new email" : "Change of your email",
              (struct account_email_link_html){ .token = token,
                                                .new_email = change.new_email,
                                                .expires_at = change.expires_at,
                                                .is_new = change.is_new,
                                                .is_confirmed = change.is_confirmed });
    return NULL;
}

static struct error *link_refuse(struct request *r, const struct email_change *change)
{
    const struct context context = request_context(r);
    struct error *e = email_change_cancel(&context, change->person_id);

    if (!e)
        e = audit_add_personal(&context, &(struct audit_entry){ .action = AUDIT_EMAIL_CANCEL,
                                                                .person_id = change->person_id });
    if (!e)
        outcome_show(r, "Change refused",
                     "Your email stays as it is, and both links no longer work. If somebody else "
                     "requested this, sign out all other sessions on your account page.");
    return e;
}

static struct error *link_confirm(struct request *r, const struct email_change *change)
{
    bool is_own = r->session && r->session->person_id == change->person_id;
    const struct context context = request_context(r);
    enum email_change_end end;
    struct error *e = email_change_confirm(
        &context, change, is_own ? r->session->id_hash : (struct bytes){ NULL, 0 }, &end);

    if (e)
        return e;
    if (end == EMAIL_CHANGE_DONE)
        outcome_show(r, "Your email was changed",
                     "You sign in with the new address from now on. All other sessions were "
                     "signed out.");
    else if (end == EMAIL_CHANGE_TAKEN)
        outcome_show(r, "Your email was not changed",
                     "The new address can’t be used any more. Your email stays as it is.");
    else
        outcome_show(r, "Confirmed",
                     change->is_new ? "The address changes once the link to your current address "
                                      "has been used, too."
                                    : "The address changes once the link to the new address has "
                                      "been used, too.");
    return NULL;
}

struct error *email_link_post(struct request *r)
{
    struct email_change change;
    const char *token, *answer;
    bool is_found;
    struct error *e = link_read(r, &token, &change, &is_found);

    if (!e && is_found)
        e = form_value(r, "answer", &answer);
    if (e || !is_found)
        return e;
    if (answer && strcmp(answer, "confirm") == 0)
        return link_confirm(r, &change);
    if (answer && strcmp(answer, "refuse") == 0 && !change.is_new)
        return link_refuse(r, &change);
    return error_new(r->arena, ERROR_MALFORMED, "no answer");
}
