/*
 * Billing: the team's status, its invoices, and the owners' requests to Stripe. Stripe is not
 * called here: a job is queued, the worker runs it (billing/billing_request.c), and a page in
 * between waits and then sends the browser on. (The redirect after a form must not lead to another
 * site: CSP, form-action.) All of this exists only with billing = stripe.
 */
#include "adapter/crypto.h"
#include "base/array.h"
#include "billing.html.h"
#include "billing.sql.h"
#include "billing_cancel.html.h"
#include "billing_request.html.h"
#include "billing_request.sql.h"
#include "billing_return.html.h"
#include "invoice.sql.h"
#include "main_constants.sql.h"
#include "model/billing_job.h"
#include "model/worker_wakeup.h"
#include "view/billing_page.h"
#include "web/live.h"
#include "web/request_note.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

enum { MAX_WAITING = 5, POLL_S = 1, RETURN_POLL_S = 2 };

/* ---- the page ---- */

static struct error *billing_show(struct request *r)
{
    struct billing_html page = { .next = NULL };
    struct error *e = billing_page_fill(r, &page);

    r->frame.title = "Billing";
    r->frame.section = "billing";
    if (!e)
        live_respond(r, render_billing, &page);
    return e;
}

/* Return from the payment page. A visit proves nothing; only data from Stripe does. */
static struct error *return_show(struct request *r)
{
    struct billing_get_row row;
    struct error *e = sql_billing_get(r->db, r->arena, r->session->team_id, &row);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!e && (strcmp(row.status, BILLING_STATUS_TRIAL) == 0 ||
               strcmp(row.status, BILLING_STATUS_ACTIVE) == 0)) {
        response_redirect(&r->response, "/billing");
        return NULL;
    }
    r->frame.title = "Waiting for Stripe";
    r->frame.section = "billing";
    r->response.refresh_url = "/billing/return";
    r->response.refresh_s = RETURN_POLL_S;
    html_billing_return(&r->response.body, &r->frame, NULL);
    return NULL;
}

/* ---- requests ---- */

static struct error *request_show(struct request *r)
{
    struct billing_request_get_row request;
    struct billing_request_html page;
    struct error *e = sql_billing_request_get(r->db, r->arena, r->session->team_id,
                                              r->session->person_id, r->parameters[0], &request);

    if (e)
        return e;
    if (strcmp(request.state, JOB_STATE_DONE) == 0 && !request.url) {
        response_redirect(&r->response, "/billing"); /* done, or the URL has expired */
        return NULL;
    }
    if (strcmp(request.state, JOB_STATE_DONE) == 0) {
        r->response.refresh_url = request.url;
    } else if (strcmp(request.state, JOB_STATE_FAILED) != 0) {
        r->response.refresh_url = arena_printf(r->arena, "/billing/requests/%s", request.id);
        r->response.refresh_s = POLL_S;
    }
    page = (struct billing_request_html){ .url = request.url, .problem = request.problem };
    r->frame.title = "Billing";
    r->frame.section = "billing";
    html_billing_request(&r->response.body, &r->frame, &page);
    return NULL;
}

static struct error *request_note_kind(struct request *r, const char *kind, const char *id)
{
    static const struct {
        const char *kind, *what;
    } titles[] = {
        { BILLING_JOB_CHECKOUT, "Subscription requested" },
        { BILLING_JOB_CANCEL, "Cancellation requested" },
        { BILLING_JOB_RESUME, "Cancellation withdrawn" },
        { BILLING_JOB_PORTAL, "Billing settings opened" },
        { BILLING_JOB_CARD, "Card change requested" },
        { BILLING_JOB_INVOICE, "Payment requested" },
        { BILLING_JOB_PDF, "Invoice opened" },
    };
    struct audit_entry entry = { .action = AUDIT_BILLING, .object = id };

    for (size_t i = 0; i < COUNT(titles); i++) {
        if (strcmp(titles[i].kind, kind) == 0)
            entry.what = titles[i].what;
    }
    return request_note(r, entry);
}

static struct error *request_queue(struct request *r, const char *kind, const char *object_id)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct billing_request_waiting_row waiting;
    const char *id;
    struct error *e = sql_billing_request_waiting(r->db, r->arena, actor.team_id, &waiting);

    if (!e && waiting.total >= MAX_WAITING)
        e = error_new(r->arena, ERROR_RATE, "too many pending requests to Stripe");
    if (!e)
        e = sql_billing_open(r->db, r->arena, actor.team_id, crypto_id(r->arena), r->now_at);
    if (!e)
        e = billing_job_queue(&context, &actor, kind, object_id, &id);
    if (!e)
        e = request_note_kind(r, kind, id);
    if (!e)
        response_redirect(&r->response, arena_printf(r->arena, "/billing/requests/%s", id));
    return e;
}

static struct error *subscribe_post(struct request *r)
{
    return request_queue(r, BILLING_JOB_CHECKOUT, NULL);
}

/* The page that asks for confirmation. */
static struct error *cancel_show(struct request *r)
{
    struct billing_cancel_html page = { .end_day = NULL };
    bool can_cancel;
    struct error *e = billing_cancel_fill(r, &page, &can_cancel);

    if (e)
        return e;
    if (!can_cancel) {
        response_redirect(&r->response, "/billing");
        return NULL;
    }
    r->frame.title = "Cancel plan";
    r->frame.section = "billing";
    html_billing_cancel(&r->response.body, &r->frame, &page);
    return NULL;
}

static struct error *cancel_post(struct request *r)
{
    return request_queue(r, BILLING_JOB_CANCEL, NULL);
}

static struct error *resume_post(struct request *r)
{
    return request_queue(r, BILLING_JOB_RESUME, NULL);
}

static struct error *portal_post(struct request *r)
{
    return request_queue(r, BILLING_JOB_PORTAL, NULL);
}

static struct error *card_post(struct request *r)
{
    return request_queue(r, BILLING_JOB_CARD, NULL);
}

/* The oldest open invoice; if there is none, updating the card is the only option. */
static struct error *pay_post(struct request *r)
{
    struct invoice_to_pay_row invoice;
    struct error *e = sql_invoice_to_pay(r->db, r->arena, r->session->team_id, &invoice);

    if (e && e->kind == ERROR_NOT_FOUND)
        return request_queue(r, BILLING_JOB_CARD, NULL);
    return e ? e : request_queue(r, BILLING_JOB_INVOICE, invoice.id);
}

/* Only the team's own invoices are found. */
static struct error *invoice_queue(struct request *r, const char *kind)
{
    struct invoice_get_row invoice;
    struct error *e =
        sql_invoice_get(r->db, r->arena, r->session->team_id, r->parameters[0], &invoice);

    return e ? e : request_queue(r, kind, invoice.id);
}

static struct error *invoice_post(struct request *r)
{
    return invoice_queue(r, BILLING_JOB_INVOICE);
}

static struct error *pdf_post(struct request *r)
{
    return invoice_queue(r, BILLING_JOB_PDF);
}

/* ---- program ---- */

static const struct route routes[] = {
    { "GET", "/billing", ACCESS_VIEWER | ACCESS_IF_BILLING, billing_show },
    { "GET", "/billing/return", ACCESS_VIEWER | ACCESS_IF_BILLING, return_show },
    { "GET", "/billing/requests/:id", ACCESS_OWNER | ACCESS_IF_BILLING, request_show },
    { "POST", "/billing/subscribe", ACCESS_OWNER | ACCESS_IF_BILLING, subscribe_post },
    { "GET", "/billing/cancel", ACCESS_OWNER | ACCESS_IF_BILLING, cancel_show },
    { "POST", "/billing/cancel", ACCESS_OWNER | ACCESS_IF_BILLING, cancel_post },
    { "POST", "/billing/resume", ACCESS_OWNER | ACCESS_IF_BILLING, resume_post },
    { "POST", "/billing/portal", ACCESS_OWNER | ACCESS_IF_BILLING, portal_post },
    { "POST", "/billing/card", ACCESS_OWNER | ACCESS_IF_BILLING, card_post },
    { "POST", "/billing/pay", ACCESS_OWNER | ACCESS_IF_BILLING, pay_post },
    { "POST", "/billing/invoices/:id", ACCESS_OWNER | ACCESS_IF_BILLING, invoice_post },
    { "POST", "/billing/invoices/:id/pdf", ACCESS_OWNER | ACCESS_IF_BILLING, pdf_post },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "billing",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_WRITE,
        .start = worker_wakeup_connect,
    };

    return serve(argc, argv, &program);
}
