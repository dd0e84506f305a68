/* Time and plans; see plan_keeper.h. What a plan turns into is said in model/plan_state.c. */
#include "billing/plan_keeper.h"

#include "base/limit.h"
#include "base/log.h"
#include "billing/mirror.h"
#include "model/vm_ask.h"
#include "remote/stripe.h"

#include "billing.sql.h"

#include <string.h>

static struct books books_of(struct bench *bench, int64_t now_at)
{
    return (struct books){
        .db = bench->db, .arena = bench->arena, .config = bench->config, .now_at = now_at
    };
}

static struct error *transaction_end(const struct books *books, struct error *e)
{
    if (!e)
        e = db_commit(books->db, books->arena);
    if (e)
        db_rollback(books->db);
    return e;
}

/* One team's trouble is not the next one's; it is tried again at the next look. */
static void failure_tell(const char *event, int64_t team_id, const struct error *failure)
{
    if (failure)
        log_error(event, log_number("team", team_id), log_text("error", failure->text));
}

/* ---- fetching ---- */

static struct error *subscription_refresh(struct bench *bench, const struct books *books,
                                          const char *subscription_id)
{
    const struct stripe *stripe;
    const struct json *subscription;
    const char *skip;
    struct error *e = bench_stripe(bench, books->arena, &stripe);

    if (!e)
        e = stripe_subscription_get(stripe, books->arena, subscription_id, &subscription);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e; /* as good as ended */
    e = db_begin(books->db, books->arena);
    return e ? e : transaction_end(books, mirror_subscription(books, subscription, &skip));
}

/* Ended ones first: what follows on them must find them ended. */
static struct error *subscriptions_record(const struct books *books, const struct json *list)
{
    const char *skip;
    struct error *e = NULL;

    for (int pass = 0; pass < 2; pass++) {
        for (const struct json *it = json_first(json_get(list, "data")); it && !e;
             it = json_next(it)) {
            if (plan_status_is_over(json_get_text(it, "status")) == (pass == 0))
                e = mirror_subscription(books, it, &skip);
        }
    }
    return e;
}

/* What Stripe has of one customer. */
struct fetched {
    const struct json *subscriptions, *invoices;
    const struct json *session; /* the payment page; NULL: none */
};

static struct error *team_fetch(struct bench *bench, struct arena *arena,
                                const struct billing_to_sync_row *row, struct fetched *out)
{
    const struct stripe *stripe;
    struct error *e = bench_stripe(bench, arena, &stripe);

    if (!e)
        e = stripe_subscription_list(stripe, arena, row->customer_id, &out->subscriptions);
    if (!e)
        e = stripe_invoice_list(stripe, arena, row->customer_id, &out->invoices);
    if (!e && row->checkout_id)
        e = stripe_checkout_get(stripe, arena, row->checkout_id, &out->session);
    return e;
}

static struct error *team_record(const struct books *books, int64_t team_id,
                                 const struct fetched *fetched)
{
    const char *status = json_get_text(fetched->session, "status"), *skip;
    struct error *e = subscriptions_record(books, fetched->subscriptions);

    for (const struct json *it = json_first(json_get(fetched->invoices, "data")); it && !e;
         it = json_next(it))
        e = mirror_invoice(books, it, &skip);
    if (!e && status && strcmp(status, "open") != 0)
        e = sql_billing_set_checkout(books->db, books->arena, team_id, NULL);
    return e ? e : sql_billing_set_synced(books->db, books->arena, team_id, books->now_at);
}

static struct error *team_sync(struct bench *bench, const struct books *books,
                               const struct billing_to_sync_row *row)
{
    struct fetched fetched = { .session = NULL };
    struct error *e;

    books_open();
    e = team_fetch(bench, books->arena, row, &fetched);
    if (!e)
        e = db_begin(books->db, books->arena);
    if (!e)
        e = transaction_end(books, team_record(books, row->team_id, &fetched));
    books_close();
    if (e)
        failure_tell("plan_sync", row->team_id, e);
    return e ? sql_billing_set_synced(books->db, books->arena, row->team_id,
                                      books->now_at - LIMIT_SYNC_EVERY_S + LIMIT_SYNC_AGAIN_S)
             : NULL;
}

struct error *plan_sync(struct bench *bench, int64_t now_at)
{
    struct billing_to_sync_row row = { .team_id = 0 };
    struct books books = books_of(bench, now_at);
    struct error *e = NULL;

    while (!e) {
        arena_reset(bench->arena);
        e = sql_billing_to_sync(bench->db, bench->arena, now_at - LIMIT_SYNC_EVERY_S,
                                now_at - LIMIT_SYNC_CHECKOUT_S, row.team_id, &row);
        if (!e)
            e = team_sync(bench, &books, &row);
    }
    return e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* ---- what time brings ---- */

/* In a transaction. The row is read again: what was fetched may have changed it. */
static struct error *time_apply(const struct books *books, int64_t team_id)
{
    struct billing_get_row row;
    struct error *e = sql_billing_get(books->db, books->arena, team_id, &row);
    bool is_late;

    if (e || !row.until_at || row.until_at > books->now_at)
        return e;
    is_late = strcmp(row.plan, "past_due") == 0;
    e = plan_apply(books, team_id, row.plan, is_late ? PLAN_GRACE_OVER : PLAN_KEEP_OVER, 0);
    /* Nobody shall pay for what is destroyed. */
    if (!e && !is_late)
        e = plan_close(books, team_id);
    return e;
}

/* Nothing is stopped or destroyed on old news: Stripe is asked first, and must answer. */
static struct error *due_work(struct bench *bench, const struct books *books,
                              const struct billing_due_row *due)
{
    struct error *e = NULL;

    books_open();
    if (due->subscription_id)
        e = subscription_refresh(bench, books, due->subscription_id);
    if (!e)
        e = db_begin(books->db, books->arena);
    if (!e)
        e = transaction_end(books, time_apply(books, due->team_id));
    books_close();
    return e;
}

static struct error *warn(const struct books *books, const struct billing_to_warn_row *row)
{
    const struct mail mail = {
        .kind = "suspended",
        .once = arena_printf(books->arena, "last-%lld-%lld", (long long)row->team_id,
                             (long long)row->until_at),
        .at = books->now_at,
        .until_at = row->until_at,
    };
    struct error *e = db_begin(books->db, books->arena);

    if (!e)
        e = plan_mail(books, row->team_id, &mail);
    if (!e)
        e = sql_billing_set_warned(books->db, books->arena, row->team_id, books->now_at);
    return transaction_end(books, e);
}

/* ---- what plans do to VMs ---- */

static struct error *vm_clear(const struct books *books, const struct billing_to_clear_row *vm,
                              enum vm_event event)
{
    bool is_destroy = event == VM_ASK_DESTROY;
    const struct vm_asked asked = {
        .team_id = vm->team_id,
        .id = vm->id,
        .state = vm->state,
        .why = is_destroy ? "the subscription has ended" : "the subscription is suspended",
    };
    const struct mail mail = {
        .kind = "vm_destroyed", .once = vm->id, .vm_name = vm->name, .at = books->now_at
    };
    struct error *e = vm_ask(books->db, books->arena, &asked, event, NULL);

    return e || !is_destroy ? e : plan_mail(books, vm->team_id, &mail);
}

/* What is being worked on now is looked at again in a moment; a VM that failed does not run, as far
 * as anybody knows. */
static bool is_to_clear(const struct billing_to_clear_row *vm, enum vm_event *event)
{
    bool is_over = strcmp(vm->plan, "ended") == 0;

    *event = is_over ? VM_ASK_DESTROY : VM_ASK_STOP;
    return is_over ? strcmp(vm->state, "destroying") != 0 : strcmp(vm->state, "running") == 0;
}

/* Read and written in one transaction: whoever has paid meanwhile is left alone. */
static struct error *vms_clear(const struct books *books)
{
    struct billing_to_clear_rows vms;
    struct error *e = db_begin(books->db, books->arena);
    enum vm_event event;

    if (!e)
        e = sql_billing_to_clear(books->db, books->arena, &vms);
    for (size_t i = 0; !e && i < vms.count; i++) {
        if (is_to_clear(&vms.row[i], &event))
            e = vm_clear(books, &vms.row[i], event);
    }
    return transaction_end(books, e);
}

static struct error *plans_end(struct bench *bench, const struct books *books)
{
    struct billing_due_row due = { .team_id = 0 };
    struct error *e = NULL;

    while (!e) {
        arena_reset(bench->arena);
        e = sql_billing_due(bench->db, bench->arena, books->now_at, due.team_id, &due);
        if (!e)
            failure_tell("plan_keep", due.team_id, due_work(bench, books, &due));
    }
    return e->kind == ERROR_NOT_FOUND ? NULL : e;
}

struct error *plan_keep(struct bench *bench, int64_t now_at)
{
    struct billing_to_warn_rows to_warn;
    struct books books = books_of(bench, now_at);
    struct error *e = plans_end(bench, &books);

    if (!e)
        e = sql_billing_to_warn(bench->db, bench->arena, now_at + LIMIT_PLAN_WARN_S, &to_warn);
    for (size_t i = 0; !e && i < to_warn.count; i++)
        e = warn(&books, &to_warn.row[i]);
    return e ? e : vms_clear(&books);
}
