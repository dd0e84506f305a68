/* Email notifications; see notices.h. */
#include "handler/notices.h"

#include "base/date.h"
#include "model/notice.h"
#include "notice.sql.h"
#include "notifications.html.h"
#include "unsubscribe.html.h"
#include "web/form.h"
#include "web/request_note.h"
#include "web/session.h"

struct error *notices_show(struct request *r)
{
    struct notifications_html page = { .email = r->session->email };
    struct error *e = sql_notice_list(r->db, r->arena, r->session->person_id, &page.choices);

    if (e)
        return e;
    page.has_mail = config_has_mail(r->config);
    page.has_billing = config_has_billing(r->config);
    page.has_looks = r->config->looks != LOOKS_NEVER;
    r->frame.title = "Email notifications";
    r->frame.section = "account";
    html_notifications(&r->response.body, &r->frame, &page);
    return NULL;
}

/* A choice that is not offered on this server stays as it was. */
static struct error *choices_read(struct request *r, struct notice_choices *choices)
{
    struct error *e = NULL;

    if (config_has_billing(r->config))
        e = form_is(r, "budget", "yes", &choices->has_budget);
    if (!e)
        e = form_is(r, "idle", "yes", &choices->has_idle);
    return e ? e : form_is(r, "weekly", "yes", &choices->has_weekly);
}

struct error *notices_post(struct request *r)
{
    const struct context context = request_context(r);
    const char *changes = NULL;
    struct notice_choices choices;
    struct error *e = notice_read(&context, r->session->person_id, &choices);

    if (!e)
        e = choices_read(r, &choices);
    if (!e)
        e = notice_set(&context, r->session->person_id, &choices, &changes);
    if (!e && changes)
        e = request_note_personal(
            r, (struct audit_entry){ .action = AUDIT_NOTICES, .detail = changes });
    return e ? e : session_notice_at(r, "Email notifications saved.", "/account/notifications");
}

static struct error *unsubscribe_page(struct request *r, bool is_done)
{
    struct unsubscribe_html page = { .token = r->parameters[0], .is_done = is_done };

    r->frame.title = is_done ? "Weekly summary off" : "Turn off the weekly summary?";
    html_unsubscribe(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *unsubscribe_show(struct request *r)
{
    struct error *e = session_begin(r); /* for the form's token, which every form has */

    return e ? e : unsubscribe_page(r, false);
}

struct error *unsubscribe_post(struct request *r)
{
    const struct context context = request_context(r);
    struct error *e = notice_unsubscribe(&context, r->parameters[0]);

    return e ? e : unsubscribe_page(r, true);
}
