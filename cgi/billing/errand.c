/* Errands to Stripe; see errand.h. Its calls are those of remote/stripe.c; killed anywhere, an
 * errand is done again under the same name, which Stripe takes for the same deed. */
#include "billing/errand.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "billing/mirror.h"
#include "model/usage_cost.h"
#include "remote/stripe.h"

#include "billing.sql.h"
#include "billing_errand.sql.h"

#include <string.h>

enum { A_DAY_S = 24 * 3600, FIRST_PAUSE_MS = 1000, LONGEST_PAUSE_MS = 600 * 1000, DOUBLINGS = 10 };

struct errand {
    struct bench *bench;
    const struct stripe *stripe;
    struct books books;
    struct billing_errand_next_row row;
    struct billing_get_row billing; /* of the team, as it was at the beginning */

    /* What came of it. */
    const char *url;                 /* where the browser goes on; NULL: back to the billing page */
    const char *problem;             /* for people: it cannot be done */
    const struct json *subscription; /* as Stripe has it now; NULL: not asked */
    const char *checkout_id;         /* the payment page that is open now */
};

/* ---- customer ---- */

static struct error *customer_write(struct errand *errand, const char *id, const char *key)
{
    struct db *db = errand->bench->db;
    struct error *e = db_begin(db, errand->books.arena);

    if (!e)
        e = sql_billing_set_customer(db, errand->books.arena, errand->row.team_id, id, key);
    if (!e)
        e = db_commit(db, errand->books.arena);
    if (e)
        db_rollback(db);
    errand->billing.customer_id = id;
    errand->billing.customer_key = key;
    return e;
}

static const char *owner_email(struct errand *errand)
{
    struct billing_owners_rows owners;

    if (sql_billing_owners(errand->bench->db, errand->books.arena, errand->row.team_id, &owners))
        return NULL;
    for (size_t i = 0; i < owners.count; i++) {
        if (owners.row[i].id == errand->row.person_id)
            return owners.row[i].email;
    }
    return NULL;
}

static struct error *customer_make(struct errand *errand)
{
    struct arena *arena = errand->books.arena;
    struct billing_team_name_row team;
    const char *id = NULL;
    struct error *e = sql_billing_team_name(errand->bench->db, arena, errand->row.team_id, &team);

    if (!e)
        e = stripe_customer_create(errand->stripe, arena, errand->billing.customer_key,
                                   owner_email(errand), team.name, errand->row.team_id, &id);
    /* An earlier try went through with a name that has changed since: a new deed it is. */
    if (e && e->kind == ERROR_CONFLICT) {
        e = customer_write(errand, NULL, crypto_id(arena));
        return e ? e : error_new(arena, ERROR_UPSTREAM, "the customer is made anew");
    }
    return e ? e : customer_write(errand, id, errand->billing.customer_key);
}

/* One that was deleted at Stripe is nobody's customer any more. */
static struct error *customer_ensure(struct errand *errand)
{
    struct arena *arena = errand->books.arena;
    const struct json *customer;
    struct error *e;

    if (!errand->billing.customer_id)
        return customer_make(errand);
    e = stripe_customer_get(errand->stripe, arena, errand->billing.customer_id, &customer);
    if (e || !json_get_flag(customer, "deleted"))
        return e;
    e = customer_write(errand, NULL, crypto_id(arena));
    return e ? e : customer_make(errand);
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
static struct error *checkout_resume(struct errand *errand, bool *is_settled)
{
    struct arena *arena = errand->books.arena;
    const struct json *session;
    const char *status, *subscription_id;
    struct error *e =
        stripe_checkout_get(errand->stripe, arena, errand->billing.checkout_id, &session);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL;
    if (e)
        return e;
    status = json_get_text(session, "status");
    subscription_id = stripe_id_at(session, "subscription", "sub_");
    if (status && strcmp(status, "open") == 0) {
        errand->url = json_get_text(session, "url");
        errand->checkout_id = errand->billing.checkout_id;
        *is_settled = true;
    } else if (status && strcmp(status, "complete") == 0 && subscription_id) {
        *is_settled = true;
        return stripe_subscription_get(errand->stripe, arena, subscription_id,
                                       &errand->subscription);
    }
    return NULL;
}

static struct error *checkout_begin(struct errand *errand)
{
    const struct config *config = errand->bench->config;
    struct arena *arena = errand->books.arena;
    int64_t asked_at = errand->row.created_at; /* the same at each try, as the rest must be */
    bool has_trial = config->trial_days && !errand->billing.subscription_id;
    struct stripe_prices prices;
    struct stripe_checkout checkout = {
        .key = errand->row.id,
        .customer_id = errand->billing.customer_id,
        .team_id = errand->row.team_id,
        .prices = &prices,
        .expires_at = asked_at + LIMIT_CHECKOUT_S,
        /* Periods end at whole hours, so that no hour of use is of two. */
        .trial_end_at =
            has_trial ? asked_at - asked_at % A_DAY_S + (config->trial_days + 1) * A_DAY_S : 0,
        .anchor_at = has_trial ? 0 : usage_month_next(asked_at),
    };
    const struct json *session;
    struct error *e = stripe_prices_get(errand->stripe, arena, &prices);

    if (!e)
        e = stripe_checkout_create(errand->stripe, arena, &checkout, &session);
    if (e)
        return e;
    errand->url = json_get_text(session, "url");
    errand->checkout_id = stripe_id_at(session, "id", "cs_");
    return errand->url && errand->checkout_id
               ? NULL
               : error_new(arena, ERROR_UPSTREAM, "Stripe: a payment page without address");
}

static struct error *checkout_act(struct errand *errand)
{
    const char *status = errand->billing.status;
    bool is_settled = false;
    struct error *e = NULL;

    if (errand->billing.subscription_id && !plan_status_is_over(status)) {
        errand->problem = "Your team has a subscription already.";
        return NULL;
    }
    if (errand->billing.checkout_id)
        e = checkout_resume(errand, &is_settled);
    if (!e && !is_settled)
        e = customer_ensure(errand);
    return e || is_settled ? e : checkout_begin(errand);
}

/* ---- the rest ---- */

static struct error *portal_open(struct errand *errand, const char *flow)
{
    if (!errand->billing.customer_id) {
        errand->problem = "There is nothing at Stripe for your team yet.";
        return NULL;
    }
    return stripe_portal_create(errand->stripe, errand->books.arena, errand->row.id,
                                errand->billing.customer_id, flow, &errand->url);
}

static struct error *portal_act(struct errand *errand)
{
    return portal_open(errand, NULL);
}

static struct error *card_act(struct errand *errand)
{
    return portal_open(errand, "payment_method_update");
}

static struct error *subscription_set(struct errand *errand, bool is_to_end)
{
    if (!errand->billing.subscription_id || plan_status_is_over(errand->billing.status)) {
        errand->problem = "There is no subscription that runs.";
        return NULL;
    }
    return stripe_subscription_cancel(errand->stripe, errand->books.arena, errand->row.id,
                                      errand->billing.subscription_id, is_to_end,
                                      &errand->subscription);
}

static struct error *cancel_act(struct errand *errand)
{
    return subscription_set(errand, true);
}

static struct error *resume_act(struct errand *errand)
{
    return subscription_set(errand, false);
}

/* A fresh address: they are for whoever has them, and run out. */
static struct error *invoice_open(struct errand *errand, const char *field)
{
    struct arena *arena = errand->books.arena;
    const struct json *invoice;
    const char *customer_id;
    struct error *e = stripe_invoice_get(errand->stripe, arena, errand->row.subject, &invoice);

    if (e)
        return e;
    customer_id = stripe_id_at(invoice, "customer", "cus_");
    if (!customer_id || !errand->billing.customer_id ||
        strcmp(customer_id, errand->billing.customer_id) != 0)
        return error_new(arena, ERROR_NOT_FOUND, "the invoice is of another customer");
    errand->url = json_get_text(invoice, field);
    if (!errand->url)
        errand->problem = "Stripe has no such document for this invoice.";
    return NULL;
}

static struct error *invoice_act(struct errand *errand)
{
    return invoice_open(errand, "hosted_invoice_url");
}

static struct error *pdf_act(struct errand *errand)
{
    return invoice_open(errand, "invoice_pdf");
}

/* Nobody pays for what is not there any more. Ended already is as good. */
static struct error *end_act(struct errand *errand)
{
    struct arena *arena = errand->books.arena;
    const char *id = errand->row.subject, *status;
    struct error *e = stripe_subscription_get(errand->stripe, arena, id, &errand->subscription);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    status = json_get_text(errand->subscription, "status");
    if (plan_status_is_over(status))
        return NULL;
    return stripe_subscription_end(errand->stripe, arena, id, &errand->subscription);
}

static const struct errand_kind {
    const char *kind;
    struct error *(*act)(struct errand *errand);
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

static const struct errand_kind *kind_find(const char *kind)
{
    size_t i = 0;

    while (strcmp(kinds[i].kind, kind) != 0)
        i++; /* the schema knows the same kinds */
    return &kinds[i];
}

/* ---- act and record ---- */

static struct error *errand_act(struct errand *errand)
{
    struct bench *bench = errand->bench;
    struct error *e = bench_stripe(bench, bench->arena, &errand->stripe);

    if (!e)
        e = sql_billing_get(bench->db, bench->arena, errand->row.team_id, &errand->billing);
    if (!e)
        e = kind_find(errand->row.kind)->act(errand);
    if (!e && errand->url && !url_is_good(errand->url))
        e = error_new(bench->arena, ERROR_UPSTREAM, "Stripe gives an address that is none");
    return e;
}

static struct error *done_write(struct errand *errand)
{
    const struct errand_kind *kind = kind_find(errand->row.kind);
    const struct billing_errand_next_row *row = &errand->row;
    const int64_t *person_id = row->person_id ? &row->person_id : NULL;
    struct db *db = errand->bench->db;
    struct arena *arena = errand->books.arena;
    const char *skip;
    struct error *e = NULL;

    if (errand->checkout_id)
        e = sql_billing_set_checkout(db, arena, row->team_id, errand->checkout_id);
    if (!e && errand->subscription)
        e = mirror_subscription(&errand->books, errand->subscription, &skip);
    if (!e && kind->note && !errand->problem)
        e = plan_note(&errand->books, row->team_id, row->id, kind->note, NULL, person_id);
    return e ? e
             : sql_billing_errand_end(db, arena, row->team_id, row->id,
                                      errand->problem ? "failed" : "done", errand->url,
                                      errand->problem);
}

static bool is_passing(const struct error *e)
{
    return e->kind == ERROR_UPSTREAM || e->kind == ERROR_RATE || e->kind == ERROR_UNAVAILABLE;
}

/* Somebody waits for most of them; nobody does for the end of a subscription, which must come. */
static struct error *failure_write(struct errand *errand, const struct error *cause)
{
    const struct billing_errand_next_row *row = &errand->row;
    int64_t doublings = row->attempts < DOUBLINGS ? row->attempts : DOUBLINGS;
    int64_t pause_ms = (int64_t)FIRST_PAUSE_MS << doublings;
    bool is_forever = strcmp(row->kind, "end") == 0;
    bool is_over = errand->books.now_at >= row->created_at + LIMIT_ERRAND_S;
    struct db *db = errand->bench->db;

    if (is_forever || (is_passing(cause) && !is_over))
        return sql_billing_errand_later(db, errand->books.arena, row->team_id, row->id,
                                        errand->books.now_at * 1000 + (pause_ms < LONGEST_PAUSE_MS
                                                                           ? pause_ms
                                                                           : LONGEST_PAUSE_MS));
    return sql_billing_errand_end(db, errand->books.arena, row->team_id, row->id, "failed", NULL,
                                  is_passing(cause) ? "Stripe cannot be reached at the moment."
                                                    : "Stripe has refused this.");
}

static struct error *errand_record(struct errand *errand, const struct error *cause)
{
    struct db *db = errand->bench->db;
    struct arena *arena = errand->books.arena;
    struct error *e = db_begin(db, arena);

    if (!e)
        e = cause ? failure_write(errand, cause) : done_write(errand);
    if (!e)
        e = db_commit(db, arena);
    if (e)
        db_rollback(db);
    return e;
}

static void errand_log(const struct errand *errand, const struct error *cause)
{
    if (cause)
        log_error("errand", log_text("id", errand->row.id), log_text("kind", errand->row.kind),
                  log_number("attempt", errand->row.attempts + 1), log_text("error", cause->text));
    else
        log_info("errand", log_text("id", errand->row.id), log_text("kind", errand->row.kind),
                 log_text("result", errand->problem ? "refused" : "done"));
}

struct error *errand_run(struct bench *bench, int64_t now_at_ms, bool *has_one)
{
    struct errand errand = { .bench = bench };
    struct error *cause, *e;

    arena_reset(bench->arena);
    *has_one = false;
    errand.books = (struct books){
        .db = bench->db, .arena = bench->arena, .config = bench->config, .now_at = now_at_ms / 1000
    };
    e = sql_billing_errand_next(bench->db, bench->arena, now_at_ms, &errand.row);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    *has_one = true;
    books_open();
    cause = errand_act(&errand);
    e = errand_record(&errand, cause);
    /* What Stripe did cannot be written down as it is: then its failure is. */
    if (e && !cause && e->kind != ERROR_UNAVAILABLE) {
        cause = e;
        e = errand_record(&errand, cause);
    }
    books_close();
    errand_log(&errand, cause);
    return e;
}

struct error *errand_forget(struct bench *bench, int64_t now_at)
{
    return sql_billing_errand_forget(bench->db, bench->arena, now_at, now_at - LIMIT_ERRAND_KEEP_S);
}
