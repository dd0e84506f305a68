/* Timed changes of the billing status; see dunning.h. The transitions are defined in
 * model/billing_status.c. */
#include "billing/dunning.h"

#include "base/limit.h"
#include "base/log.h"
#include "billing/stripe_sync.h"
#include "main_constants.sql.h"
#include "model/outbound.h"
#include "model/vm_request.h"
#include "remote/stripe.h"

#include "billing.sql.h"

#include <string.h>

static struct error *transaction_end(const struct context *context, struct error *e)
{
    if (!e)
        e = db_commit(context->db, context->arena);
    if (e)
        db_rollback(context->db);
    return e;
}

/* A failure for one team must not affect the next; it is retried on the next run. */
static void failure_tell(const char *event, int64_t team_id, const struct error *failure)
{
    if (failure)
        log_error(event, log_number("team", team_id), log_text("error", failure->text));
}

/* ---- fetching ---- */

/* Stripe's data about one customer. */
struct fetched {
    struct subscriptions subscriptions;
    const struct json *invoices;
    const struct json *session; /* the Checkout session; NULL: none */
};

static struct error *team_fetch(const struct context *context, const struct stripe *stripe,
                                const struct billing_to_sync_row *row, struct fetched *out)
{
    struct error *e = subscriptions_fetch(context, stripe, row->team_id, &out->subscriptions);

    if (!e)
        e = stripe_invoice_list(stripe, context->arena, row->customer_id, &out->invoices);
    if (!e && row->checkout_id)
        e = stripe_checkout_get(stripe, context->arena, row->checkout_id, &out->session);
    return e;
}

static struct error *team_record(const struct context *context, int64_t team_id,
                                 const struct fetched *fetched)
{
    const char *status = json_get_text(fetched->session, "status"), *skip;
    struct error *e = subscriptions_record(context, &fetched->subscriptions, &skip);

    for (const struct json *it = json_first(json_get(fetched->invoices, "data")); it && !e;
         it = json_next(it))
        e = stripe_sync_invoice(context, &fetched->subscriptions, it, &skip);
    if (!e && status && strcmp(status, "open") != 0)
        e = sql_billing_set_checkout(context->db, context->arena, team_id, NULL);
    return e ? e : sql_billing_set_synced(context->db, context->arena, team_id, context->now_at);
}

static struct error *team_sync(const struct context *context, const struct stripe *stripe,
                               const struct billing_to_sync_row *row)
{
    struct fetched fetched = { .session = NULL };
    struct error *e;

    stripe_sync_lock();
    e = team_fetch(context, stripe, row, &fetched);
    if (!e)
        e = db_begin(context->db, context->arena);
    if (!e)
        e = transaction_end(context, team_record(context, row->team_id, &fetched));
    stripe_sync_unlock();
    outbound_write(context, row->team_id);
    if (e)
        failure_tell("dunning_sync", row->team_id, e);
    return e ? sql_billing_set_synced(context->db, context->arena, row->team_id,
                                      context->now_at - LIMIT_SYNC_EVERY_S + LIMIT_SYNC_AGAIN_S)
             : NULL;
}

struct error *dunning_sync(const struct context *context, const struct stripe *stripe)
{
    struct billing_to_sync_row row = { .team_id = 0 };
    struct error *e = NULL;

    while (!e) {
        arena_reset(context->arena);
        e = sql_billing_to_sync(context->db, context->arena, context->now_at - LIMIT_SYNC_EVERY_S,
                                context->now_at - LIMIT_SYNC_CHECKOUT_S, row.team_id, &row);
        if (!e)
            e = team_sync(context, stripe, &row);
    }
    return e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* ---- timed transitions ---- */

/* In a transaction. The row is read again: recording the fetched data may have changed it. */
static struct error *time_apply(const struct context *context, int64_t team_id)
{
    struct billing_get_row row;
    struct error *e = sql_billing_get(context->db, context->arena, team_id, &row);
    bool is_late;

    if (e || !row.until_at || row.until_at > context->now_at)
        return e;
    is_late = strcmp(row.status, BILLING_STATUS_PAST_DUE) == 0;
    e = billing_transition_apply(context, team_id, row.status,
                                 is_late ? BILLING_GRACE_OVER : BILLING_KEEP_OVER, 0);
    /* Nobody is charged for destroyed VMs. */
    if (!e && !is_late)
        e = billing_close(context, team_id);
    return e;
}

/* Nothing is stopped or destroyed based on stale data: Stripe is queried first, and must
 * respond. */
static struct error *due_work(const struct context *context, const struct stripe *stripe,
                              int64_t team_id)
{
    struct subscriptions subscriptions;
    const char *skip;
    struct error *e;

    stripe_sync_lock();
    e = subscriptions_fetch(context, stripe, team_id, &subscriptions);
    if (!e)
        e = db_begin(context->db, context->arena);
    if (!e)
        e = subscriptions_record(context, &subscriptions, &skip);
    if (!e)
        e = time_apply(context, team_id);
    e = transaction_end(context, e);
    stripe_sync_unlock();
    outbound_write(context, team_id);
    return e;
}

static struct error *warn(const struct context *context, const struct billing_to_warn_row *row)
{
    const struct mail mail = {
        .kind = "suspended",
        .once = arena_printf(context->arena, "last-%lld-%lld", (long long)row->team_id,
                             (long long)row->until_at),
        .at = context->now_at,
        .until_at = row->until_at,
    };
    struct error *e = db_begin(context->db, context->arena);

    if (!e)
        e = billing_mail(context, row->team_id, &mail);
    if (!e)
        e = sql_billing_set_warned(context->db, context->arena, row->team_id, context->now_at);
    return transaction_end(context, e);
}

/* ---- effects on VMs ---- */

static struct error *vm_clear(const struct context *context, const struct billing_to_clear_row *vm,
                              enum vm_trigger event)
{
    bool is_destroy = event == VM_REQUEST_DESTROY;
    const struct actor system =
        actor_system(vm->team_id, is_destroy ? "The plan has ended" : "The plan is suspended");
    const struct mail mail = {
        .kind = "vm_destroyed", .once = vm->id, .vm_name = vm->name, .at = context->now_at
    };
    struct error *e = vm_request(context, &system, vm->id, vm->state, event, NULL);

    return e || !is_destroy ? e : billing_mail(context, vm->team_id, &mail);
}

/* A VM with a job in progress is checked again on the next run; a failed VM is assumed not to
 * run. */
static bool is_to_clear(const struct billing_to_clear_row *vm, enum vm_trigger *event)
{
    bool is_over = strcmp(vm->status, BILLING_STATUS_ENDED) == 0;

    *event = is_over ? VM_REQUEST_DESTROY : VM_REQUEST_STOP;
    return is_over ? strcmp(vm->state, VM_STATE_DESTROYING) != 0
                   : strcmp(vm->state, VM_STATE_RUNNING) == 0;
}

/* Read and written in one transaction: a team that has paid meanwhile is left alone. */
static struct error *vms_clear(const struct context *context)
{
    struct billing_to_clear_rows vms;
    struct error *e = db_begin(context->db, context->arena);
    enum vm_trigger event;

    if (!e)
        e = sql_billing_to_clear(context->db, context->arena, &vms);
    for (size_t i = 0; !e && i < vms.count; i++) {
        if (is_to_clear(&vms.row[i], &event))
            e = vm_clear(context, &vms.row[i], event);
    }
    return transaction_end(context, e);
}

static struct error *plans_end(const struct context *context, const struct stripe *stripe)
{
    struct billing_due_row due = { .team_id = 0 };
    struct error *e = NULL;

    while (!e) {
        arena_reset(context->arena);
        e = sql_billing_due(context->db, context->arena, context->now_at, due.team_id, &due);
        if (!e)
            failure_tell("dunning_run", due.team_id, due_work(context, stripe, due.team_id));
    }
    return e->kind == ERROR_NOT_FOUND ? NULL : e;
}

struct error *dunning_run(const struct context *context, const struct stripe *stripe)
{
    struct billing_to_warn_rows to_warn;
    struct error *e = plans_end(context, stripe);

    if (!e)
        e = sql_billing_to_warn(context->db, context->arena, context->now_at + LIMIT_PLAN_WARN_S,
                                &to_warn);
    for (size_t i = 0; !e && i < to_warn.count; i++)
        e = warn(context, &to_warn.row[i]);
    return e ? e : vms_clear(context);
}
