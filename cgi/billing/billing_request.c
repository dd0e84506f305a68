/* Errands to Stripe; see request.h. Its calls are those of remote/stripe.c; killed anywhere, an
 * request is done again under the same name, which Stripe takes for the same deed. */
#include "billing/billing_request.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "billing/stripe_sync.h"
#include "model/usage_cost.h"
#include "remote/stripe.h"

#include "billing.sql.h"
#include "billing_request.sql.h"

#include <string.h>

enum { A_DAY_S = 24 * 3600, FIRST_PAUSE_MS = 1000, LONGEST_PAUSE_MS = 600 * 1000, DOUBLINGS = 10 };

struct billing_request {
    const struct context *context;
    const struct stripe *stripe;
    struct billing_request_next_row row;
    struct billing_get_row account; /* of the team, as it was at the beginning */

    /* What came of it. */
    const char *url;                 /* where the browser goes on; NULL: back to the billing page */
    const char *problem;             /* for people: it cannot be done */
    const struct json *subscription; /* as Stripe has it now; NULL: not asked */
    const char *checkout_id;         /* the payment page that is open now */
};

/* ---- customer ---- */

static struct error *customer_write(struct billing_request *request, const char *id,
                                    const char *key)
{
    struct db *db = request->context->db;
    struct error *e = db_begin(db, request->context->arena);

    if (!e)
        e = sql_billing_set_customer(db, request->context->arena, request->row.team_id, id, key);
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

    if (sql_billing_owners(request->context->db, request->context->arena, request->row.team_id,
                           &owners))
        return NULL;
    for (size_t i = 0; i < owners.count; i++) {
        if (owners.row[i].id == request->row.person_id)
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
        sql_billing_team_name(request->context->db, arena, request->row.team_id, &team);

    if (!e)
        e = stripe_customer_create(request->stripe, arena, request->account.customer_key,
                                   owner_email(request), team.name, request->row.team_id, &id);
    /* An earlier try went through with a name that has changed since: a new deed it is. */
    if (e && e->kind == ERROR_CONFLICT) {
        e = customer_write(request, NULL, crypto_id(arena));
        return e ? e : error_new(arena, ERROR_UPSTREAM, "the customer is made anew");
    }
    return e ? e : customer_write(request, id, request->account.customer_key);
}

/* One that was deleted at Stripe is nobody's customer any more. */
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

/* An address to which a browser may be sent. */
static bool url_is_good(const char *url)
{
    if (!url || (!text_starts(url, "https://") && !text_starts(url, "http://127.0.0.1:") &&
                 !text_starts(url, "http://localhost:")))
        return false;
    for (; *url; url++) {
        if (*url <= ' ' || *url > '~' || *url == ';' || *url == ',')
            return false;
    }
    return true;
}

/* The page that is open already: go on there. It was paid meanwhile: nothing to pay any more. */
static struct error *checkout_resume(struct billing_request *request, bool *is_settled)
{
    struct arena *arena = request->context->arena;
    const struct json *session;
    const char *status, *subscription_id;
    struct error *e =
        stripe_checkout_get(request->stripe, arena, request->account.checkout_id, &session);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL;
    if (e)
        return e;
    status = json_get_text(session, "status");
    subscription_id = stripe_id_at(session, "subscription", "sub_");
    if (status && strcmp(status, "open") == 0) {
        request->url = json_get_text(session, "url");
        request->checkout_id = request->account.checkout_id;
        *is_settled = true;
    } else if (status && strcmp(status, "complete") == 0 && subscription_id) {
        *is_settled = true;
        return stripe_subscription_get(request->stripe, arena, subscription_id,
                                       &request->subscription);
    }
    return NULL;
}

static struct error *checkout_begin(struct billing_request *request)
{
    const struct config *config = request->context->config;
    struct arena *arena = request->context->arena;
    int64_t asked_at = request->row.created_at; /* the same at each try, as the rest must be */
    bool has_trial = config->trial_days && !request->account.subscription_id;
    struct stripe_prices prices;
    struct stripe_checkout checkout = {
        .key = request->row.id,
        .customer_id = request->account.customer_id,
        .team_id = request->row.team_id,
        .prices = &prices,
        .expires_at = asked_at + LIMIT_CHECKOUT_S,
        /* Periods end at whole hours, so that no hour of use is of two. */
        .trial_end_at =
            has_trial ? asked_at - asked_at % A_DAY_S + (config->trial_days + 1) * A_DAY_S : 0,
        .anchor_at = has_trial ? 0 : usage_month_next(asked_at),
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
               : error_new(arena, ERROR_UPSTREAM, "Stripe: a payment page without address");
}

static struct error *checkout_act(struct billing_request *request)
{
    const char *status = request->account.stripe_status;
    bool is_settled = false;
    struct error *e = NULL;

    if (request->account.subscription_id && !stripe_status_is_over(status)) {
        request->problem = "Your team has a subscription already.";
        return NULL;
    }
    if (request->account.checkout_id)
        e = checkout_resume(request, &is_settled);
    if (!e && !is_settled)
        e = customer_ensure(request);
    return e || is_settled ? e : checkout_begin(request);
}

/* ---- the rest ---- */

static struct error *portal_open(struct billing_request *request, const char *flow)
{
    if (!request->account.customer_id) {
        request->problem = "There is nothing at Stripe for your team yet.";
        return NULL;
    }
    return stripe_portal_create(request->stripe, request->context->arena, request->row.id,
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
    if (!request->account.subscription_id ||
        stripe_status_is_over(request->account.stripe_status)) {
        request->problem = "There is no subscription that runs.";
        return NULL;
    }
    return stripe_subscription_cancel(request->stripe, request->context->arena, request->row.id,
                                      request->account.subscription_id, is_to_end,
                                      &request->subscription);
}

static struct error *cancel_act(struct billing_request *request)
{
    return subscription_set(request, true);
}

static struct error *resume_act(struct billing_request *request)
{
    return subscription_set(request, false);
}

/* A fresh address: they are for whoever has them, and run out. */
static struct error *invoice_open(struct billing_request *request, const char *field)
{
    struct arena *arena = request->context->arena;
    const struct json *invoice;
    const char *customer_id;
    struct error *e = stripe_invoice_get(request->stripe, arena, request->row.subject, &invoice);

    if (e)
        return e;
    customer_id = stripe_id_at(invoice, "customer", "cus_");
    if (!customer_id || !request->account.customer_id ||
        strcmp(customer_id, request->account.customer_id) != 0)
        return error_new(arena, ERROR_NOT_FOUND, "the invoice is of another customer");
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

/* Nobody pays for what is not there any more. Ended already is as good. */
static struct error *end_act(struct billing_request *request)
{
    struct arena *arena = request->context->arena;
    const char *id = request->row.subject, *status;
    struct error *e = stripe_subscription_get(request->stripe, arena, id, &request->subscription);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    status = json_get_text(request->subscription, "status");
    if (stripe_status_is_over(status))
        return NULL;
    return stripe_subscription_end(request->stripe, arena, id, &request->subscription);
}

static const struct request_kind {
    const char *kind;
    struct error *(*act)(struct billing_request *request);
    const char *note; /* on the billing page, once it is done; NULL: none */
} kinds[] = {
    { "checkout", checkout_act, NULL },
    { "portal", portal_act, NULL },
    { "card", card_act, NULL },
    { "cancel", cancel_act, "subscription cancelled" },
    { "resume", resume_act, "cancellation taken back" },
    { "invoice", invoice_act, NULL },
    { "pdf", pdf_act, NULL },
    { "end", end_act, NULL },
};

static const struct request_kind *kind_find(const char *kind)
{
    size_t i = 0;

    while (strcmp(kinds[i].kind, kind) != 0)
        i++; /* the schema knows the same kinds */
    return &kinds[i];
}

/* ---- act and record ---- */

static struct error *request_act(struct billing_request *request)
{
    const struct context *context = request->context;
    struct error *e =
        sql_billing_get(context->db, context->arena, request->row.team_id, &request->account);

    if (!e)
        e = kind_find(request->row.kind)->act(request);
    if (!e && request->url && !url_is_good(request->url))
        e = error_new(context->arena, ERROR_UPSTREAM, "Stripe gives an address that is none");
    return e;
}

static struct error *done_write(struct billing_request *request)
{
    const struct request_kind *kind = kind_find(request->row.kind);
    const struct billing_request_next_row *row = &request->row;
    const int64_t *person_id = row->person_id ? &row->person_id : NULL;
    struct db *db = request->context->db;
    struct arena *arena = request->context->arena;
    const char *skip;
    struct error *e = NULL;

    if (request->checkout_id)
        e = sql_billing_set_checkout(db, arena, row->team_id, request->checkout_id);
    if (!e && request->subscription)
        e = stripe_sync_subscription(request->context, request->subscription, &skip);
    if (!e && kind->note && !request->problem)
        e = billing_note(request->context, row->team_id, row->id, kind->note, NULL, person_id);
    return e ? e
             : sql_billing_request_end(db, arena, row->team_id, row->id,
                                       request->problem ? "failed" : "done", request->url,
                                       request->problem);
}

static bool is_passing(const struct error *e)
{
    return e->kind == ERROR_UPSTREAM || e->kind == ERROR_RATE || e->kind == ERROR_UNAVAILABLE;
}

/* Somebody waits for most of them; nobody does for the end of a subscription, which must come. */
static struct error *failure_write(struct billing_request *request, const struct error *cause)
{
    const struct billing_request_next_row *row = &request->row;
    int64_t doublings = row->attempts < DOUBLINGS ? row->attempts : DOUBLINGS;
    int64_t pause_ms = (int64_t)FIRST_PAUSE_MS << doublings;
    bool is_forever = strcmp(row->kind, "end") == 0;
    bool is_over = request->context->now_at >= row->created_at + LIMIT_BILLING_REQUEST_S;
    struct db *db = request->context->db;

    if (is_forever || (is_passing(cause) && !is_over))
        return sql_billing_request_later(
            db, request->context->arena, row->team_id, row->id,
            request->context->now_ms + (pause_ms < LONGEST_PAUSE_MS ? pause_ms : LONGEST_PAUSE_MS));
    return sql_billing_request_end(
        db, request->context->arena, row->team_id, row->id, "failed", NULL,
        is_passing(cause) ? "Stripe cannot be reached at the moment." : "Stripe has refused this.");
}

static struct error *request_record(struct billing_request *request, const struct error *cause)
{
    struct db *db = request->context->db;
    struct arena *arena = request->context->arena;
    struct error *e = db_begin(db, arena);

    if (!e)
        e = cause ? failure_write(request, cause) : done_write(request);
    if (!e)
        e = db_commit(db, arena);
    if (e)
        db_rollback(db);
    return e;
}

static void request_log(const struct billing_request *request, const struct error *cause)
{
    if (cause)
        log_error("billing_request", log_text("id", request->row.id),
                  log_text("kind", request->row.kind),
                  log_number("attempt", request->row.attempts + 1), log_text("error", cause->text));
    else
        log_info("billing_request", log_text("id", request->row.id),
                 log_text("kind", request->row.kind),
                 log_text("result", request->problem ? "refused" : "done"));
}

struct error *billing_request_run(const struct context *context, const struct stripe *stripe,
                                  bool *has_one)
{
    struct billing_request request = { .context = context, .stripe = stripe };
    struct error *cause, *e;

    *has_one = false;
    e = sql_billing_request_next(context->db, context->arena, context->now_ms, &request.row);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    *has_one = true;
    stripe_sync_lock();
    cause = request_act(&request);
    e = request_record(&request, cause);
    /* What Stripe did cannot be written down as it is: then its failure is. */
    if (e && !cause && e->kind != ERROR_UNAVAILABLE) {
        cause = e;
        e = request_record(&request, cause);
    }
    stripe_sync_unlock();
    request_log(&request, cause);
    return e;
}

struct error *billing_request_forget(const struct context *context)
{

    return sql_billing_request_forget(context->db, context->arena, context->now_at,
                                      context->now_at - LIMIT_BILLING_REQUEST_KEEP_S);
}
