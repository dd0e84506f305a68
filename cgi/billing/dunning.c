/* Time and statuses; see plan_keeper.h. What a status turns into is said in model/plan_state.c. */
#include "billing/dunning.h"

#include "base/limit.h"
#include "base/log.h"
#include "billing/stripe_sync.h"
#include "model/vm_request.h"
#include "remote/stripe.h"

#include "billing.sql.h"

#include <string.h>

static struct billing_context books_of(struct worker_context *context, int64_t now_at)
{
    return (struct billing_context){
        .db = context->db, .arena = context->arena, .config = context->config, .now_at = now_at
    };
}

static struct error *transaction_end(const struct billing_context *billing, struct error *e)
{
    if (!e)
        e = db_commit(billing->db, billing->arena);
    if (e)
        db_rollback(billing->db);
    return e;
}

/* One team's trouble is not the next one's; it is tried again at the next look. */
static void failure_tell(const char *event, int64_t team_id, const struct error *failure)
{
    if (failure)
        log_error(event, log_number("team", team_id), log_text("error", failure->text));
}

/* ---- fetching ---- */

static struct error *subscription_refresh(struct worker_context *context,
                                          const struct billing_context *billing,
                                          const char *subscription_id)
{
    const struct stripe *stripe;
    const struct json *subscription;
    const char *skip;
    struct error *e = worker_context_stripe(context, billing->arena, &stripe);

    if (!e)
        e = stripe_subscription_get(stripe, billing->arena, subscription_id, &subscription);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e; /* as good as ended */
    e = db_begin(billing->db, billing->arena);
    return e ? e : transaction_end(billing, stripe_sync_subscription(billing, subscription, &skip));
}

/* Ended ones first: what follows on them must find them ended. */
static struct error *subscriptions_record(const struct billing_context *billing,
                                          const struct json *list)
{
    const char *skip;
    struct error *e = NULL;

    for (int pass = 0; pass < 2; pass++) {
        for (const struct json *it = json_first(json_get(list, "data")); it && !e;
             it = json_next(it)) {
            if (stripe_status_is_over(json_get_text(it, "status")) == (pass == 0))
                e = stripe_sync_subscription(billing, it, &skip);
        }
    }
    return e;
}

/* What Stripe has of one customer. */
struct fetched {
    const struct json *subscriptions, *invoices;
    const struct json *session; /* the payment page; NULL: none */
};

static struct error *team_fetch(struct worker_context *context, struct arena *arena,
                                const struct billing_to_sync_row *row, struct fetched *out)
{
    const struct stripe *stripe;
    struct error *e = worker_context_stripe(context, arena, &stripe);

    if (!e)
        e = stripe_subscription_list(stripe, arena, row->customer_id, &out->subscriptions);
    if (!e)
        e = stripe_invoice_list(stripe, arena, row->customer_id, &out->invoices);
    if (!e && row->checkout_id)
        e = stripe_checkout_get(stripe, arena, row->checkout_id, &out->session);
    return e;
}

static struct error *team_record(const struct billing_context *billing, int64_t team_id,
                                 const struct fetched *fetched)
{
    const char *status = json_get_text(fetched->session, "status"), *skip;
    struct error *e = subscriptions_record(billing, fetched->subscriptions);

    for (const struct json *it = json_first(json_get(fetched->invoices, "data")); it && !e;
         it = json_next(it))
        e = stripe_sync_invoice(billing, it, &skip);
    if (!e && status && strcmp(status, "open") != 0)
        e = sql_billing_set_checkout(billing->db, billing->arena, team_id, NULL);
    return e ? e : sql_billing_set_synced(billing->db, billing->arena, team_id, billing->now_at);
}

static struct error *team_sync(struct worker_context *context,
                               const struct billing_context *billing,
                               const struct billing_to_sync_row *row)
{
    struct fetched fetched = { .session = NULL };
    struct error *e;

    stripe_sync_lock();
    e = team_fetch(context, billing->arena, row, &fetched);
    if (!e)
        e = db_begin(billing->db, billing->arena);
    if (!e)
        e = transaction_end(billing, team_record(billing, row->team_id, &fetched));
    stripe_sync_unlock();
    if (e)
        failure_tell("dunning_sync", row->team_id, e);
    return e ? sql_billing_set_synced(billing->db, billing->arena, row->team_id,
                                      billing->now_at - LIMIT_SYNC_EVERY_S + LIMIT_SYNC_AGAIN_S)
             : NULL;
}

struct error *dunning_sync(struct worker_context *context, int64_t now_at)
{
    struct billing_to_sync_row row = { .team_id = 0 };
    struct billing_context billing = books_of(context, now_at);
    struct error *e = NULL;

    while (!e) {
        arena_reset(context->arena);
        e = sql_billing_to_sync(context->db, context->arena, now_at - LIMIT_SYNC_EVERY_S,
                                now_at - LIMIT_SYNC_CHECKOUT_S, row.team_id, &row);
        if (!e)
            e = team_sync(context, &billing, &row);
    }
    return e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* ---- what time brings ---- */

/* In a transaction. The row is read again: what was fetched may have changed it. */
static struct error *time_apply(const struct billing_context *billing, int64_t team_id)
{
    struct billing_get_row row;
    struct error *e = sql_billing_get(billing->db, billing->arena, team_id, &row);
    bool is_late;

    if (e || !row.until_at || row.until_at > billing->now_at)
        return e;
    is_late = strcmp(row.status, "past_due") == 0;
    e = billing_transition_apply(billing, team_id, row.status,
                                 is_late ? BILLING_GRACE_OVER : BILLING_KEEP_OVER, 0);
    /* Nobody shall pay for what is destroyed. */
    if (!e && !is_late)
        e = billing_close(billing, team_id);
    return e;
}

/* Nothing is stopped or destroyed on old news: Stripe is asked first, and must answer. */
static struct error *due_work(struct worker_context *context, const struct billing_context *billing,
                              const struct billing_due_row *due)
{
    struct error *e = NULL;

    stripe_sync_lock();
    if (due->subscription_id)
        e = subscription_refresh(context, billing, due->subscription_id);
    if (!e)
        e = db_begin(billing->db, billing->arena);
    if (!e)
        e = transaction_end(billing, time_apply(billing, due->team_id));
    stripe_sync_unlock();
    return e;
}

static struct error *warn(const struct billing_context *billing,
                          const struct billing_to_warn_row *row)
{
    const struct mail mail = {
        .kind = "suspended",
        .once = arena_printf(billing->arena, "last-%lld-%lld", (long long)row->team_id,
                             (long long)row->until_at),
        .at = billing->now_at,
        .until_at = row->until_at,
    };
    struct error *e = db_begin(billing->db, billing->arena);

    if (!e)
        e = billing_mail(billing, row->team_id, &mail);
    if (!e)
        e = sql_billing_set_warned(billing->db, billing->arena, row->team_id, billing->now_at);
    return transaction_end(billing, e);
}

/* ---- what statuses do to VMs ---- */

static struct error *vm_clear(const struct billing_context *billing,
                              const struct billing_to_clear_row *vm, enum vm_trigger event)
{
    bool is_destroy = event == VM_REQUEST_DESTROY;
    const struct vm_request asked = {
        .team_id = vm->team_id,
        .id = vm->id,
        .state = vm->state,
        .why = is_destroy ? "the subscription has ended" : "the subscription is suspended",
    };
    const struct mail mail = {
        .kind = "vm_destroyed", .once = vm->id, .vm_name = vm->name, .at = billing->now_at
    };
    struct error *e = vm_ask(billing->db, billing->arena, &asked, event, NULL);

    return e || !is_destroy ? e : billing_mail(billing, vm->team_id, &mail);
}

/* What is being worked on now is looked at again in a moment; a VM that failed does not run, as far
 * as anybody knows. */
static bool is_to_clear(const struct billing_to_clear_row *vm, enum vm_trigger *event)
{
    bool is_over = strcmp(vm->status, "ended") == 0;

    *event = is_over ? VM_REQUEST_DESTROY : VM_REQUEST_STOP;
    return is_over ? strcmp(vm->state, "destroying") != 0 : strcmp(vm->state, "running") == 0;
}

/* Read and written in one transaction: whoever has paid meanwhile is left alone. */
static struct error *vms_clear(const struct billing_context *billing)
{
    struct billing_to_clear_rows vms;
    struct error *e = db_begin(billing->db, billing->arena);
    enum vm_trigger event;

    if (!e)
        e = sql_billing_to_clear(billing->db, billing->arena, &vms);
    for (size_t i = 0; !e && i < vms.count; i++) {
        if (is_to_clear(&vms.row[i], &event))
            e = vm_clear(billing, &vms.row[i], event);
    }
    return transaction_end(billing, e);
}

static struct error *plans_end(struct worker_context *context,
                               const struct billing_context *billing)
{
    struct billing_due_row due = { .team_id = 0 };
    struct error *e = NULL;

    while (!e) {
        arena_reset(context->arena);
        e = sql_billing_due(context->db, context->arena, billing->now_at, due.team_id, &due);
        if (!e)
            failure_tell("dunning_run", due.team_id, due_work(context, billing, &due));
    }
    return e->kind == ERROR_NOT_FOUND ? NULL : e;
}

struct error *dunning_run(struct worker_context *context, int64_t now_at)
{
    struct billing_to_warn_rows to_warn;
    struct billing_context billing = books_of(context, now_at);
    struct error *e = plans_end(context, &billing);

    if (!e)
        e = sql_billing_to_warn(context->db, context->arena, now_at + LIMIT_PLAN_WARN_S, &to_warn);
    for (size_t i = 0; !e && i < to_warn.count; i++)
        e = warn(&billing, &to_warn.row[i]);
    return e ? e : vms_clear(&billing);
}
