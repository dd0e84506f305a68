/* Billing requests; see billing_request.h. Calls Stripe through remote/stripe.c. If interrupted at
 * any point, a request is repeated with the same id, which Stripe recognizes as the same operation.
 */
#include "billing/billing_request.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "base/url.h"
#include "billing/stripe_sync.h"
#include "model/billing_job.h"
#include "model/usage_cost.h"
#include "remote/stripe.h"

#include "billing.sql.h"
#include "billing_request.sql.h"
#include "job.sql.h"

#include <assert.h>
#include <string.h>

enum { FIRST_PAUSE_MS = 1000, LONGEST_PAUSE_MS = 600 * 1000 };

struct billing_request {
    const struct context *context;
    const struct stripe *stripe;
    const struct job_lease_row *row; /* its job */
    struct billing_get_row account;  /* of the team, as it was at the start */

    /* The result. */
    const char *url;     /* where to redirect the browser; NULL: to the billing page */
    const char *problem; /* user-facing reason why it cannot be done */
    struct subscriptions subscriptions; /* of the team, to be recorded, if has_subscriptions */
    bool has_subscriptions;
    const char *checkout_id; /* the open Checkout session */
};

static struct error *subscriptions_get(struct billing_request *request)
{
    request->has_subscriptions = true;
    return subscriptions_fetch(request->context, request->stripe, request->row->team_id,
                               &request->subscriptions);
}

/* ---- customer ---- */

static struct error *customer_write(struct billing_request *request, const char *id,
                                    const char *key)
{
    struct db *db = request->context->db;
    struct error *e = db_begin(db, request->context->arena);

    if (!e)
        e = sql_billing_set_customer(db, request->context->arena, request->row->team_id, id, key);
    if (!e)
        e = db_commit(db, request->context->arena);
    if (e)
        db_rollback(db);
    request->account.customer_id = id;
    request->account.customer_key = key;
    return e;
}

static const char *owner_email(struct billing_request *request)
{
    struct billing_owners_rows owners;

    if (sql_billing_owners(request->context->db, request->context->arena, request->row->team_id,
                           &owners))
        return NULL;
    for (size_t i = 0; i < owners.count; i++) {
        if (owners.row[i].id == request->row->person_id)
            return owners.row[i].email;
    }
    return NULL;
}

static struct error *customer_make(struct billing_request *request)
{
    struct arena *arena = request->context->arena;
    struct billing_team_name_row team;
    const char *id = NULL;
    struct error *e =
        sql_billing_team_name(request->context->db, arena, request->row->team_id, &team);

    if (!e)
        e = stripe_customer_create(request->stripe, arena, request->account.customer_key,
                                   owner_email(request), team.name, request->row->team_id, &id);
    /* An earlier attempt succeeded with a different name: this is a new operation. */
    if (e && e->kind == ERROR_CONFLICT) {
        e = customer_write(request, NULL, crypto_id(arena));
        return e ? e : error_new(arena, ERROR_UPSTREAM, "the customer is created again");
    }
    return e ? e : customer_write(request, id, request->account.customer_key);
}

/* A customer deleted at Stripe is replaced by a new one. */
static struct error *customer_ensure(struct billing_request *request)
{
    struct arena *arena = request->context->arena;
    const struct json *customer;
    struct error *e;

    if (!request->account.customer_id)
        return customer_make(request);
    e = stripe_customer_get(request->stripe, arena, request->account.customer_id, &customer);
    if (e || !json_get_flag(customer, "deleted"))
        return e;
    e = customer_write(request, NULL, crypto_id(arena));
    return e ? e : customer_make(request);
}

/* ---- Checkout ---- */

/* Whether a browser may be redirected to this URL. */
static bool url_is_good(const char *url)
{
    return url && (text_starts(url, "https://") || url_is_loopback(url, "http://")) &&
           text_is_printable(url, '!') && !strpbrk(url, ";,");
}

/* Continue on the open Checkout session. Settled if it has been paid meanwhile. */
static struct error *checkout_resume(struct billing_request *request, bool *is_settled)
{
    struct arena *arena = request->context->arena;
    const struct json *session;
    const char *status;
    struct error *e =
        stripe_checkout_get(request->stripe, arena, request->account.checkout_id, &session);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL;
    if (e)
        return e;
    status = json_get_text(session, "status");
    if (status && strcmp(status, "open") == 0) {
        request->url = json_get_text(session, "url");
        request->checkout_id = request->account.checkout_id;
        *is_settled = true;
    } else if (status && strcmp(status, "complete") == 0) {
        *is_settled = stripe_id_at(session, "subscription", "sub_") != NULL;
    }
    return NULL;
}

static struct error *checkout_begin(struct billing_request *request)
{
    const struct config *config = request->context->config;
    struct arena *arena = request->context->arena;
    /* The same at each attempt, as all other fields must be. */
    int64_t requested_at = request->row->requested_at_ms / 1000;
    bool has_trial = config->trial_days && !request->account.subscription_id;
    struct stripe_prices prices;
    struct stripe_checkout checkout = {
        .key = request->row->id,
        .customer_id = request->account.customer_id,
        .team_id = request->row->team_id,
        .prices = &prices,
        .expires_at = requested_at + LIMIT_CHECKOUT_S,
        /* Periods end on whole hours, so that no hour of usage belongs to two periods. */
        .trial_end_at =
            has_trial ? requested_at - requested_at % A_DAY_S + (config->trial_days + 1) * A_DAY_S
                      : 0,
        .anchor_at = has_trial ? 0 : date_month_end(requested_at),
    };
    const struct json *session;
    struct error *e = stripe_prices_get(request->stripe, arena, &prices);

    if (!e)
        e = stripe_checkout_create(request->stripe, arena, &checkout, &session);
    if (e)
        return e;
    request->url = json_get_text(session, "url");
    request->checkout_id = stripe_id_at(session, "id", "cs_");
    return request->url && request->checkout_id
               ? NULL
               : error_new(arena, ERROR_UPSTREAM, "Stripe: Checkout session without a URL");
}

/* Nobody pays twice: what Stripe has counts, whether or not its event has arrived. */
static struct error *checkout_act(struct billing_request *request)
{
    const char *status = request->account.stripe_status;
    bool is_settled = false;
    struct error *e = NULL;

    if (request->account.subscription_id && !stripe_status_is_over(status)) {
        request->problem = "Your team already has a plan.";
        return NULL;
    }
    if (request->account.checkout_id)
        e = checkout_resume(request, &is_settled);
    if (!e && !request->url && request->account.customer_id)
        e = subscriptions_get(request);
    if (e || is_settled || subscriptions_next(&request->subscriptions, NULL))
        return e;
    e = customer_ensure(request);
    return e ? e : checkout_begin(request);
}

/* ---- the rest ---- */

static struct error *portal_open(struct billing_request *request, const char *flow)
{
    if (!request->account.customer_id) {
        request->problem = "Your team has no billing account at Stripe yet.";
        return NULL;
    }
    return stripe_portal_create(request->stripe, request->context->arena, request->row->id,
                                request->account.customer_id, flow, &request->url);
}

static struct error *portal_act(struct billing_request *request)
{
    return portal_open(request, NULL);
}

static struct error *card_act(struct billing_request *request)
{
    return portal_open(request, "payment_method_update");
}

static struct error *subscription_set(struct billing_request *request, bool is_to_end)
{
    const struct json *reply;
    struct error *e;

    if (!request->account.subscription_id ||
        stripe_status_is_over(request->account.stripe_status)) {
        request->problem = "Your team has no active plan.";
        return NULL;
    }
    e = stripe_subscription_cancel(request->stripe, request->context->arena, request->row->id,
                                   request->account.subscription_id, is_to_end, &reply);
    return e ? e : subscriptions_get(request);
}

static struct error *cancel_act(struct billing_request *request)
{
    return subscription_set(request, true);
}

static struct error *resume_act(struct billing_request *request)
{
    return subscription_set(request, false);
}

/* A fresh URL: these are bearer links, and they expire. */
static struct error *invoice_open(struct billing_request *request, const char *field)
{
    struct arena *arena = request->context->arena;
    const struct json *invoice;
    const char *customer_id;
    struct error *e =
        stripe_invoice_get(request->stripe, arena, request->row->subject_id, &invoice);

    if (e)
        return e;
    customer_id = stripe_id_at(invoice, "customer", "cus_");
    if (!customer_id || !request->account.customer_id ||
        strcmp(customer_id, request->account.customer_id) != 0)
        return error_new(arena, ERROR_NOT_FOUND, "the invoice belongs to another customer");
    request->url = json_get_text(invoice, field);
    if (!request->url)
        request->problem = "Stripe has no such document for this invoice.";
    return NULL;
}

static struct error *invoice_act(struct billing_request *request)
{
    return invoice_open(request, "hosted_invoice_url");
}

static struct error *pdf_act(struct billing_request *request)
{
    return invoice_open(request, "invoice_pdf");
}

/* The team no longer exists and must not be charged. What has ended already is not among them. */
static struct error *end_act(struct billing_request *request)
{
    struct arena *arena = request->context->arena;
    const struct json *it = NULL, *reply;
    struct error *e = subscriptions_get(request);

    while (!e && (it = subscriptions_next(&request->subscriptions, it)))
        e = stripe_subscription_end(request->stripe, arena, json_get_text(it, "id"), &reply);
    return e ? e : subscriptions_get(request);
}

static const struct request_kind {
    const char *kind;
    struct error *(*act)(struct billing_request *request);
    const char *note; /* note on the billing page when done; NULL: none */
} kinds[] = {
    { BILLING_JOB_CHECKOUT, checkout_act, NULL },
    { BILLING_JOB_PORTAL, portal_act, NULL },
    { BILLING_JOB_CARD, card_act, NULL },
    { BILLING_JOB_CANCEL, cancel_act, "Plan canceled" },
    { BILLING_JOB_RESUME, resume_act, "Cancellation reversed" },
    { BILLING_JOB_INVOICE, invoice_act, NULL },
    { BILLING_JOB_PDF, pdf_act, NULL },
    { BILLING_JOB_END, end_act, NULL },
};

enum { KIND_COUNT = COUNT(kinds) };

static const struct request_kind *kind_find(const char *kind)
{
    size_t i = 0;

    while (i < KIND_COUNT && strcmp(kinds[i].kind, kind) != 0)
        i++;
    assert(i < KIND_COUNT); /* model/billing_job.h defines all kinds that are queued */
    return &kinds[i];
}

/* ---- act and record ---- */

struct billing_request *billing_request_new(const struct context *context,
                                            const struct stripe *stripe,
                                            const struct job_lease_row *row)
{
    struct billing_request *request = arena_alloc(context->arena, sizeof *request);

    *request = (struct billing_request){ .context = context, .stripe = stripe, .row = row };
    return request;
}

struct error *billing_request_act(struct billing_request *request)
{
    const struct context *context = request->context;
    struct error *e =
        sql_billing_get(context->db, context->arena, request->row->team_id, &request->account);

    if (!e)
        e = kind_find(request->row->kind)->act(request);
    if (!e && request->url && !url_is_good(request->url))
        e = error_new(context->arena, ERROR_UPSTREAM, "Stripe: invalid redirect URL");
    return e;
}

struct error *billing_request_record(struct billing_request *request)
{
    const struct job_lease_row *row = request->row;
    const char *note = kind_find(row->kind)->note;
    const int64_t *person_id = row->person_id ? &row->person_id : NULL;
    struct db *db = request->context->db;
    struct arena *arena = request->context->arena;
    const char *skip;
    struct error *e = NULL;

    if (request->checkout_id)
        e = sql_billing_set_checkout(db, arena, row->team_id, request->checkout_id);
    if (!e && request->has_subscriptions)
        e = subscriptions_record(request->context, &request->subscriptions, &skip);
    if (!e && note && !request->problem)
        e = billing_note(request->context, row->team_id, row->id, note, NULL, person_id);
    return e;
}

static bool is_passing(const struct error *e)
{
    return e->kind == ERROR_UPSTREAM || e->kind == ERROR_RATE || e->kind == ERROR_UNAVAILABLE;
}

/* For most kinds a page waits, so they are given up early; ending a subscription is retried until
 * it succeeds. */
static bool is_to_repeat(const struct billing_request *request, const struct error *cause)
{
    int64_t until_at = request->row->requested_at_ms / 1000 + LIMIT_BILLING_REQUEST_S;

    return strcmp(request->row->kind, BILLING_JOB_END) == 0 ||
           (is_passing(cause) && request->context->now_at < until_at);
}

/* `problem` is shown on the waiting page, `error` to the operator. */
static struct error *job_end(const struct billing_request *request, const char *state,
                             const char *problem, const char *error)
{
    const struct context *context = request->context;
    struct error *e =
        sql_billing_request_set(context->db, context->arena, request->row->team_id,
                                request->row->id, problem ? NULL : request->url, problem);

    return e ? e
             : sql_job_end(context->db, context->arena, request->row->number, state, error,
                           context->now_ms);
}

struct error *billing_request_end(struct billing_request *request, const struct error *cause,
                                  const char **result)
{
    const struct context *context = request->context;
    const struct job_lease_row *row = request->row;

    if (!cause) {
        *result = request->problem ? "refused" : "done";
        return job_end(request, request->problem ? JOB_STATE_FAILED : JOB_STATE_DONE,
                       request->problem, NULL);
    }
    if (!is_to_repeat(request, cause)) {
        *result = "failed";
        return job_end(request, JOB_STATE_FAILED,
                       is_passing(cause) ? "Stripe can’t be reached at the moment."
                                         : "Stripe rejected the request.",
                       cause->text);
    }
    *result = "later";
    return sql_job_later(
        context->db, context->arena, row->number,
        context->now_ms + backoff_ms(row->attempts, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), cause->text);
}

struct error *billing_request_forget(const struct context *context)
{
    return sql_billing_request_forget_url(context->db, context->arena, context->now_at);
}
