/* A team's subscriptions at Stripe; see subscriptions.h. */
#include "billing/subscriptions.h"

#include "base/clock.h"
#include "billing/stripe_sync.h"
#include "main_constants.sql.h"

#include "billing.sql.h"
#include "billing_problem.sql.h"

#include <string.h>

/* ---- fetching ---- */

static const struct json *find(const struct json *list, const char *id)
{
    for (const struct json *it = json_first(list); it; it = json_next(it)) {
        const char *found = json_get_text(it, "id");

        if (found && strcmp(found, id) == 0)
            return it;
    }
    return NULL;
}

/* Stripe may refuse to list for a customer that has been deleted. */
static struct error *living_fetch(const struct context *context, const struct stripe *stripe,
                                  const char *customer_id, const struct json **out)
{
    const struct json *list, *customer;
    struct error *refusal = stripe_subscription_list(stripe, context->arena, customer_id, &list);
    struct error *e;

    *out = NULL;
    if (!refusal)
        *out = json_get(list, "data");
    if (!refusal || (refusal->kind != ERROR_INPUT && refusal->kind != ERROR_NOT_FOUND))
        return refusal;
    e = stripe_customer_get(stripe, context->arena, customer_id, &customer);
    return e || json_get_flag(customer, "deleted") ? e : refusal;
}

/* Only once its customer is known to Stripe: with the key of another account nothing would be. */
static struct error *stored_fetch(const struct context *context, struct subscriptions *out)
{
    struct error *e =
        stripe_subscription_get(out->stripe, context->arena, out->stored_id, &out->stored);

    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    out->stored = NULL; /* counts as ended */
    return NULL;
}

struct error *subscriptions_fetch(const struct context *context, const struct stripe *stripe,
                                  int64_t team_id, struct subscriptions *out)
{
    struct billing_get_row row;
    struct error *e = sql_billing_get(context->db, context->arena, team_id, &row);

    if (e)
        return e;
    *out = (struct subscriptions){
        .stripe = stripe,
        .team_id = team_id,
        .team = arena_printf(context->arena, "%lld", (long long)team_id),
        .stored_id = row.subscription_id,
        .has_stored_ended = stripe_status_is_over(row.stripe_status),
    };
    e = stripe_meter_get(stripe, context->arena, &out->meter_id);
    if (!e && row.customer_id)
        e = living_fetch(context, stripe, row.customer_id, &out->living);
    if (!e && out->stored_id && !out->has_stored_ended && !find(out->living, out->stored_id))
        e = stored_fetch(context, out);
    return e;
}

/* ---- judging ---- */

static bool names_team(const struct subscriptions *subscriptions, const struct json *subscription)
{
    const char *claimed = json_get_text(subscription, "metadata.team_id");

    return claimed && strcmp(claimed, subscriptions->team) == 0;
}

static bool charges_usage(const struct subscriptions *subscriptions,
                          const struct json *subscription)
{
    return stripe_usage_item(subscriptions->stripe, subscriptions->meter_id, subscription) != NULL;
}

static bool is_stored(const struct subscriptions *subscriptions, const struct json *subscription)
{
    const char *id = json_get_text(subscription, "id");

    return id && subscriptions->stored_id && strcmp(id, subscriptions->stored_id) == 0;
}

/* 0: does not run, or its first payment is not complete. */
static int standing(const struct json *subscription)
{
    const char *status = json_get_text(subscription, "status");
    bool is_known;

    switch (status ? billing_trigger_of(status, &is_known) : BILLING_WAITS) {
    case BILLING_ON_TRIAL:
    case BILLING_PAID:
        return 3;
    case BILLING_LATE:
        return 2;
    case BILLING_UNPAID:
        return 1;
    default:
        return 0;
    }
}

/* What has been taken out of the stored one must not end it, and is a problem instead. */
static bool counts(const struct subscriptions *subscriptions, const struct json *subscription)
{
    if (!standing(subscription))
        return false;
    if (is_stored(subscriptions, subscription))
        return !subscriptions->has_stored_ended;
    return names_team(subscriptions, subscription) && charges_usage(subscriptions, subscription);
}

const struct json *subscriptions_next(const struct subscriptions *subscriptions,
                                      const struct json *previous)
{
    const struct json *stored = subscriptions->stored, *it = json_first(subscriptions->living);

    if (previous)
        it = previous == stored ? NULL : json_next(previous);
    while (it && !counts(subscriptions, it))
        it = json_next(it);
    return it || previous == stored || !counts(subscriptions, stored) ? it : stored;
}

/* By standing, then whether it charges use, then the one that is stored, then the newest. */
static const struct json *best_find(const struct subscriptions *subscriptions)
{
    const struct json *best = NULL, *it = NULL;
    int best_score = 0;

    while ((it = subscriptions_next(subscriptions, it))) {
        int score =
            4 * standing(it) + 2 * charges_usage(subscriptions, it) + is_stored(subscriptions, it);

        if (score > best_score) {
            best = it;
            best_score = score;
        }
    }
    return best ? best : subscriptions->stored;
}

/* ---- problems ---- */

/* `what` is NULL if the team has no such problem (any more). */
static struct error *problem_set(const struct context *context, int64_t team_id, const char *kind,
                                 const char *what, const char *owner_what)
{
    const char *id = arena_printf(context->arena, "%s-%lld", kind, (long long)team_id);

    return what ? billing_problem_record(context, id, &team_id, what, owner_what)
                : sql_billing_problem_solve(context->db, context->arena, id);
}

static struct error *item_check(const struct context *context,
                                const struct subscriptions *subscriptions)
{
    const char *what = NULL;

    for (const struct json *it = json_first(subscriptions->living); it; it = json_next(it)) {
        if (standing(it) && !charges_usage(subscriptions, it) &&
            (counts(subscriptions, it) || names_team(subscriptions, it)))
            what = arena_printf(context->arena,
                                "subscription %s has no item with the price " STRIPE_METER
                                ", so use is not charged: add it at Stripe",
                                json_get_text(it, "id"));
    }
    return problem_set(context, subscriptions->team_id, "items", what,
                       "Your team’s subscription is incomplete: usage isn’t charged. The admin has "
                       "been notified.");
}

static struct error *team_check(const struct context *context,
                                const struct subscriptions *subscriptions)
{
    const char *what = NULL;

    for (const struct json *it = json_first(subscriptions->living); it; it = json_next(it)) {
        const char *claimed = json_get_text(it, "metadata.team_id");

        if (standing(it) && !names_team(subscriptions, it) &&
            (counts(subscriptions, it) || charges_usage(subscriptions, it)))
            what = arena_printf(context->arena,
                                "subscription %s charges use and names %.20s as its team: its "
                                "metadata must say team_id = %s",
                                json_get_text(it, "id"), claimed && *claimed ? claimed : "none",
                                subscriptions->team);
    }
    return problem_set(context, subscriptions->team_id, "owner", what, NULL);
}

static struct error *double_check(const struct context *context,
                                  const struct subscriptions *subscriptions)
{
    const struct json *it = NULL;
    const char *ids = "";
    int count = 0;

    for (; (it = subscriptions_next(subscriptions, it)); count++)
        ids =
            arena_printf(context->arena, "%s%s%s", ids, count ? ", " : "", json_get_text(it, "id"));
    return problem_set(
        context, subscriptions->team_id, "double",
        count > 1 ? arena_printf(context->arena,
                                 "the team has %d subscriptions, and each is "
                                 "charged: end all but one at Stripe: %s",
                                 count, ids)
                  : NULL,
        "Your team has more than one subscription, and each is charged. The admin has "
        "been notified.");
}

/* Of the one that counts; NULL: none does. */
static struct error *best_check(const struct context *context, int64_t team_id,
                                const struct json *best)
{
    const char *id = json_get_text(best, "id"), *status = json_get_text(best, "status");
    const char *paused = NULL, *unknown = NULL;
    bool is_known = true;
    struct error *e;

    if (json_get_text(best, "pause_collection.behavior"))
        paused = arena_printf(context->arena,
                              "collection of subscription %s is paused, so its invoices are not "
                              "charged: resume it at Stripe",
                              id);
    if (status)
        billing_trigger_of(status, &is_known);
    if (!is_known)
        unknown = arena_printf(context->arena,
                               "subscription %s has a status at Stripe that is not known here; it "
                               "is treated as a late payment",
                               id);
    e = problem_set(context, team_id, "paused", paused,
                    "Payments for your team’s subscription are paused: invoices aren’t charged. "
                    "The admin has been notified.");
    return e ? e : problem_set(context, team_id, "status", unknown, NULL);
}

/* ---- recording ---- */

static const int64_t *or_null(const int64_t *number)
{
    return *number ? number : NULL;
}

static struct error *best_save(const struct context *context, int64_t team_id,
                               const struct json *subscription)
{
    const struct json *item = json_first(json_get(subscription, "items.data"));
    int64_t ended_at = json_number_at(subscription, "ended_at");
    int64_t cancel_at = json_number_at(subscription, "cancel_at");
    int64_t trial_end_at = json_number_at(subscription, "trial_end");
    int64_t period_start_at = json_number_at(item, "current_period_start");
    int64_t period_end_at = json_number_at(item, "current_period_end");
    int64_t next_attempt_at = json_number_at(subscription, "latest_invoice.next_payment_attempt");
    int64_t started_at = json_number_at(subscription, "start_date");
    const char *id = stripe_id_at(subscription, "id", "sub_");
    const char *status = json_get_text(subscription, "status");

    if (!id || !status || !started_at)
        return error_new(context->arena, ERROR_MALFORMED,
                         "Stripe subscription with missing fields");
    return sql_billing_set_subscription(
        context->db, context->arena, team_id, id, status, started_at, or_null(&ended_at),
        or_null(&cancel_at), or_null(&trial_end_at), or_null(&period_start_at),
        or_null(&period_end_at), or_null(&next_attempt_at), started_at - started_at % AN_HOUR_S);
}

static struct error *best_record(const struct context *context, int64_t team_id,
                                 const char *billing_status, const struct json *best)
{
    const struct json *invoice = json_get(best, "latest_invoice");
    const char *status = json_get_text(best, "status");
    int64_t trial_end_at = json_number_at(best, "trial_end");
    enum billing_trigger event;
    bool is_known;
    struct error *e = best_save(context, team_id, best);

    if (!e && json_get(invoice, "id"))
        e = stripe_sync_invoice_row(context, team_id, invoice);
    if (e)
        return e;
    event = billing_trigger_of(status, &is_known);
    e = billing_transition_apply(context, team_id, billing_status, event, trial_end_at);
    if (!e && strcmp(billing_status, BILLING_STATUS_TRIAL) == 0 && event == BILLING_ON_TRIAL)
        e = sql_billing_set_until(context->db, context->arena, team_id, or_null(&trial_end_at));
    return e;
}

/* Unknown at Stripe, or its customer has been deleted. */
static struct error *stored_end(const struct context *context, int64_t team_id,
                                const char *billing_status)
{
    struct error *e = sql_billing_set_over(context->db, context->arena, team_id, context->now_at);

    return e ? e : billing_transition_apply(context, team_id, billing_status, BILLING_OVER, 0);
}

struct error *subscriptions_record(const struct context *context,
                                   const struct subscriptions *subscriptions, const char **skip)
{
    const struct json *best = best_find(subscriptions);
    int64_t team_id = subscriptions->team_id;
    struct billing_get_row row;
    struct error *e = sql_billing_get(context->db, context->arena, team_id, &row);

    if (!e)
        e = item_check(context, subscriptions);
    if (!e)
        e = team_check(context, subscriptions);
    if (!e)
        e = double_check(context, subscriptions);
    if (!e)
        e = best_check(context, team_id, best);
    if (e || best)
        return e ? e : best_record(context, team_id, row.status, best);
    if (subscriptions->stored_id && !subscriptions->has_stored_ended)
        return stored_end(context, team_id, row.status);
    *skip = subscriptions->stored_id ? "the subscription has already ended"
                                     : "no subscription of the team counts yet";
    return NULL;
}
