/*
 * A customer with more at Stripe than one healthy subscription: products of others, parts taken out
 * in the dashboard, paused collection, replacements. And the events of a checkout and of a
 * replacement in every order, as early and as late as each can be processed.
 */
#include "base/array.h"
#include "billing/dunning.h"
#include "stripe_world.h"
#include "worker/worker_context.h"

#include "billing_problem.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1796090000, A_DAY = 24 * 3600 };

#define SECOND  "sub_2Replacement"
#define INVOICE "in_1FixtAcme000000000000001"

static int set_up(void **state)
{
    *state = stripe_world_open();
    return 0;
}

static int tear_down(void **state)
{
    stripe_world_close(*state);
    return 0;
}

/* ---- what Stripe holds ---- */

static const char *with(struct stripe_world *here, const char *object, const char *from,
                        const char *to)
{
    return fake_stripe_replace(here->arena, object, from, to);
}

/* The fixtures' subscription, running. */
static const char *ours(struct stripe_world *here)
{
    return fake_stripe_object(
        here->arena, fake_stripe_file(here->arena, "customer.subscription.updated.activated.json"));
}

static const char *second(struct stripe_world *here)
{
    return with(here, ours(here), STRIPE_SUBSCRIPTION, SECOND);
}

static const char *status_of(struct stripe_world *here, const char *object, const char *status)
{
    return with(here, object, "\"status\": \"active\"",
                arena_printf(here->arena, "\"status\": \"%s\"", status));
}

/* Taken out in the dashboard: only the flat price is left. */
static const char *without_usage(struct stripe_world *here, const char *object)
{
    const char *from = strstr(object, ",\n          {\n            \"id\": \"si_FixtUse0000001\"");
    const char *end = strstr(from, "\n        ],");

    return arena_printf(here->arena, "%.*s%s", (int)(from - object), object, end);
}

static void hold(struct stripe_world *here, const char *newer, const char *older)
{
    const char *const subscriptions[] = { newer, older };

    stripe_world_hold(here, subscriptions, older ? 2 : 1);
}

static const char *event_of(struct stripe_world *here, const char *type, const char *object)
{
    return arena_printf(here->arena,
                        "{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":false,\"type\":\"%s\","
                        "\"data\":{\"object\":%s}}",
                        type, object);
}

static void updated(struct stripe_world *here, const char *object, int64_t now_at)
{
    stripe_world_apply(here, event_of(here, "customer.subscription.updated", object), now_at, NULL);
}

static void begins(struct stripe_world *here)
{
    hold(here, ours(here), NULL);
    updated(here, ours(here), NOW);
}

/* ---- what follows from it ---- */

static const char *problem(struct stripe_world *here, const char *id)
{
    struct billing_problem_list_rows rows;

    world_check(
        sql_billing_problem_list(here->context->db, here->arena, "", "", 0, INT64_MAX, &rows),
        "problems");
    for (size_t i = 0; i < rows.count; i++) {
        if (strcmp(rows.row[i].id, id) == 0)
            return rows.row[i].what;
    }
    return NULL;
}

static size_t problems(struct stripe_world *here)
{
    struct billing_problem_list_rows rows;

    world_check(
        sql_billing_problem_list(here->context->db, here->arena, "", "", 0, INT64_MAX, &rows),
        "problems");
    return rows.count;
}

/* What the billing page tells the team's owners. */
static size_t told(struct stripe_world *here)
{
    struct billing_problem_owner_list_rows rows;

    world_check(
        sql_billing_problem_owner_list(here->context->db, here->arena, here->world->team_id, &rows),
        "told");
    return rows.count;
}

static struct billing_get_row billing(struct stripe_world *here)
{
    struct billing_get_row row;

    world_check(sql_billing_get(here->context->db, here->arena, here->world->team_id, &row),
                "billing");
    return row;
}

#define assert_plan(here, word) assert_string_equal(billing(here).status, word)

static void sync_daily(struct stripe_world *here, int64_t now_at)
{
    fake_stripe_answer("GET /v1/invoices", 200, "{\"data\":[]}");
    assert_null(stripe_world_run(here, now_at, dunning_sync));
}

/* ---- whose subscription, and for what ---- */

static void another_product_gives_no_access(void **state)
{
    struct stripe_world *here = *state;
    const char *other = with(here, without_usage(here, ours(here)), "\"team_id\": \"1\"", "");

    hold(here, other, NULL);
    updated(here, other, NOW);
    assert_plan(here, "none");
    assert_null(billing(here).subscription_id);
    sync_daily(here, NOW);
    assert_plan(here, "none");
    assert_int_equal(problems(here), 0);
}

static void usage_of_another_meter_gives_no_access(void **state)
{
    static const char *const changes[][2] = {
        { "\"meter\": \"" STRIPE_METER_ID "\",\n                \"trial",
          "\"meter\": \"mtr_other\",\n                \"trial" },
        { "\"unit_amount_decimal\": \"0.001\"", "\"unit_amount_decimal\": \"0\"" },
    };
    struct stripe_world *here = *state;

    for (size_t i = 0; i < COUNT(changes); i++) {
        const char *other = with(here, ours(here), changes[i][0], changes[i][1]);

        hold(here, other, NULL);
        updated(here, other, NOW);
        assert_plan(here, "none");
        assert_non_null(problem(here, "items-1")); /* it names the team, so the operator looks */
    }
    begins(here);
    assert_plan(here, "active");
    assert_int_equal(problems(here), 0);
}

static void a_team_must_be_named(void **state)
{
    struct stripe_world *here = *state;
    const char *nameless = with(here, ours(here), "\"team_id\": \"1\"", "");
    const char *others = with(here, ours(here), "\"team_id\": \"1\"", "\"team_id\": \"2\"");

    hold(here, nameless, NULL);
    updated(here, nameless, NOW);
    assert_plan(here, "none");
    assert_non_null(strstr(problem(here, "owner-1"), STRIPE_SUBSCRIPTION));
    hold(here, others, NULL);
    updated(here, others, NOW);
    assert_plan(here, "none");
    assert_non_null(problem(here, "owner-1"));
    assert_int_equal(told(here), 0);
    begins(here);
    assert_null(problem(here, "owner-1"));
}

static void another_products_events_change_nothing(void **state)
{
    struct stripe_world *here = *state;
    const char *other = without_usage(here, with(here, second(here), "\"team_id\": \"1\"", ""));

    begins(here);
    for (int i = 0; i < 3; i++) {
        static const char *const statuses[] = { "past_due", "unpaid", "canceled" };
        const char *now = status_of(here, other, statuses[i]);

        hold(here, now, ours(here));
        updated(here, now, NOW + 1 + i);
        assert_plan(here, "active");
        assert_string_equal(billing(here).subscription_id, STRIPE_SUBSCRIPTION);
    }
    assert_int_equal(problems(here), 0);
    assert_int_equal(stripe_world_mails(here, "suspended"), 0);
}

/* Its invoice is neither listed nor asked of the team. */
static void another_products_invoice_is_not_ours(void **state)
{
    struct stripe_world *here = *state;
    const char *invoice = fake_stripe_object(
        here->arena, fake_stripe_file(here->arena, "invoice.payment_failed.json"));

    begins(here);
    invoice = fake_stripe_replace_all(here->arena, invoice, STRIPE_SUBSCRIPTION, "sub_other");
    invoice = fake_stripe_replace_all(here->arena, invoice, "\"team_id\": \"1\"", "");
    fake_stripe_answer("GET /v1/invoices/in_1FixtAcme000000000000002", 200, invoice);
    assert_non_null(
        stripe_world_apply(here, event_of(here, "invoice.payment_failed", invoice), NOW, NULL));
    assert_int_equal(stripe_world_mails(here, "payment_failed"), 0);
}

/* ---- changed in the dashboard ---- */

static void a_missing_usage_item_is_told(void **state)
{
    struct stripe_world *here = *state;

    begins(here);
    hold(here, without_usage(here, ours(here)), NULL);
    updated(here, ours(here), NOW + 1);
    assert_plan(here, "active"); /* nobody's VMs stop because of it */
    assert_non_null(strstr(problem(here, "items-1"), STRIPE_SUBSCRIPTION));
    assert_int_equal(told(here), 1);
    begins(here); /* put back */
    assert_int_equal(problems(here), 0);
    assert_int_equal(told(here), 0);
    /* Without any event. */
    hold(here, without_usage(here, ours(here)), NULL);
    sync_daily(here, NOW + 2 * A_DAY);
    assert_non_null(problem(here, "items-1"));
}

static void paused_collection_is_told(void **state)
{
    struct stripe_world *here = *state;

    begins(here);
    hold(here,
         with(here, ours(here), "\"pause_collection\": null",
              "\"pause_collection\": {\"behavior\": \"void\", \"resumes_at\": null}"),
         NULL);
    updated(here, ours(here), NOW + 1);
    assert_plan(here, "active");
    assert_non_null(strstr(problem(here, "paused-1"), STRIPE_SUBSCRIPTION));
    assert_int_equal(told(here), 1);
    begins(here);
    assert_int_equal(problems(here), 0);
}

/* ---- two at a time ---- */

static void two_subscriptions_are_told(void **state)
{
    struct stripe_world *here = *state;

    begins(here);
    hold(here, second(here), ours(here));
    updated(here, second(here), NOW + 1);
    assert_plan(here, "active");
    assert_string_equal(billing(here).subscription_id, STRIPE_SUBSCRIPTION);
    assert_non_null(strstr(problem(here, "double-1"), SECOND));
    begins(here); /* the other has ended */
    assert_int_equal(problems(here), 0);
}

static void the_one_that_is_paid_counts(void **state)
{
    struct stripe_world *here = *state;
    const char *unpaid = status_of(here, ours(here), "unpaid");

    begins(here);
    hold(here, second(here), unpaid);
    updated(here, unpaid, NOW + 1);
    assert_plan(here, "active");
    assert_string_equal(billing(here).subscription_id, SECOND);
    assert_int_equal(stripe_world_mails(here, "suspended"), 0);
}

static void a_replacement_is_no_end(void **state)
{
    struct stripe_world *here = *state;
    const char *ended = status_of(here, ours(here), "canceled");

    begins(here);
    hold(here, second(here), ended);
    stripe_world_apply(here, event_of(here, "customer.subscription.deleted", ended), NOW + 1, NULL);
    assert_plan(here, "active");
    assert_int_equal(billing(here).status_at, NOW);
    assert_string_equal(billing(here).subscription_id, SECOND);
    assert_int_equal(stripe_world_mails(here, "suspended"), 0);
    assert_int_equal(problems(here), 0);
}

/* No hour of use is lost between the two. */
static void a_replacement_meters_on(void **state)
{
    struct stripe_world *here = *state;
    const char *later =
        with(here, second(here), "\"start_date\": 1793491200", "\"start_date\": 1796089000");
    int64_t metered_until_at;

    begins(here);
    metered_until_at = billing(here).metered_until_at;
    hold(here, later, status_of(here, ours(here), "canceled"));
    updated(here, later, NOW + 1);
    assert_string_equal(billing(here).subscription_id, SECOND);
    assert_int_equal(billing(here).metered_until_at, metered_until_at);
}

static void the_period_of_grace_ends_with_a_replacement(void **state)
{
    struct stripe_world *here = *state;
    const char *late = status_of(here, ours(here), "past_due");

    begins(here);
    hold(here, late, NULL);
    updated(here, late, NOW);
    assert_plan(here, "past_due");
    /* No event says that there is another one; Stripe is asked before anything is stopped. */
    hold(here, second(here), status_of(here, ours(here), "canceled"));
    assert_null(stripe_world_run(here, NOW + 8 * A_DAY, dunning_run));
    assert_plan(here, "active");
    assert_int_equal(stripe_world_mails(here, "suspended"), 0);
}

/* More than fit into one response: nothing is decided on a part of them. */
static void a_part_of_them_decides_nothing(void **state)
{
    struct stripe_world *here = *state;
    struct error *e;

    begins(here);
    fake_stripe_answer("GET /v1/subscriptions", 200, "{\"data\":[],\"has_more\":true}");
    stripe_world_apply(here, event_of(here, "customer.subscription.deleted", ours(here)), NOW, &e);
    assert_non_null(e);
    assert_plan(here, "active");
}

/* ---- the customer ---- */

static const char *deletion(struct stripe_world *here)
{
    fake_stripe_answer("GET /v1/customers/" STRIPE_CUSTOMER, 200,
                       fake_stripe_file(here->arena, "reply.customer.deleted.200.json"));
    return fake_stripe_file(here->arena, "customer.deleted.json");
}

static void a_deleted_customer_ends(void **state)
{
    struct stripe_world *here = *state;
    const char *event = deletion(here);

    begins(here);
    hold(here, status_of(here, ours(here), "canceled"), NULL);
    /* Stripe may refuse to list for a customer that no longer exists. */
    fake_stripe_answer("GET /v1/subscriptions", 400,
                       "{\"error\":{\"type\":\"invalid_request_error\","
                       "\"code\":\"resource_missing\"}}");
    assert_null(stripe_world_apply(here, event, NOW, NULL));
    assert_plan(here, "suspended");
    assert_string_equal(billing(here).stripe_status, "canceled");
}

/* A key of another account: nothing is known there, which ends nothing here. */
static void an_unknown_customer_ends_nothing(void **state)
{
    struct stripe_world *here = *state;

    begins(here);
    hold(here, status_of(here, ours(here), "past_due"), NULL);
    updated(here, ours(here), NOW);
    fake_stripe_answer("GET /v1/subscriptions", 404, "{}");
    fake_stripe_answer("GET /v1/subscriptions/" STRIPE_SUBSCRIPTION, 404, "{}");
    assert_null(stripe_world_run(here, NOW + 8 * A_DAY, dunning_run));
    assert_plan(here, "past_due");
}

/* ---- every order ---- */

enum { STEPS = 6, MOST_HELD = 2 };

/* What happens at Stripe, step by step: the event, and what it holds from then on. */
struct step {
    const char *event;
    const char *held[MOST_HELD]; /* newest first */
    const char *invoice;
};

static void swap(int *a, int *b)
{
    int kept = *a;

    *a = *b;
    *b = kept;
}

/* The next permutation in lexical order; false after the last. */
static bool order_next(int order[STEPS])
{
    int i = STEPS - 2, k = STEPS - 1;

    while (i >= 0 && order[i] > order[i + 1])
        i--;
    if (i < 0)
        return false;
    while (order[k] < order[i])
        k--;
    swap(&order[i], &order[k]);
    for (int from = i + 1, to = STEPS - 1; from < to; from++, to--)
        swap(&order[from], &order[to]);
    return true;
}

static void stripe_is_at(struct stripe_world *here, const struct step *step)
{
    hold(here, step->held[0], step->held[1]);
    fake_stripe_answer("GET /v1/invoices/" INVOICE, 200, step->invoice);
}

/*
 * The events in this order. Processed late, Stripe is at its last step from the first event on;
 * early, only as far as the events that have arrived say.
 */
static void steps_play(struct stripe_world *here, const struct step *steps, const int *order,
                       bool is_late)
{
    int reached = is_late ? STEPS - 1 : 0;

    for (int i = 0; i < STEPS; i++) {
        reached = order[i] > reached ? order[i] : reached;
        stripe_is_at(here, &steps[reached]);
        stripe_world_apply(here, steps[order[i]].event, NOW + 1 + i, NULL);
        assert_int_equal(stripe_world_mails(here, "suspended"), 0);
        assert_string_not_equal(billing(here).status, "suspended");
    }
}

static void every_order(struct stripe_world *here, const struct step *steps,
                        const char *subscription_id)
{
    struct arena *own = here->arena;
    int order[STEPS] = { 0, 1, 2, 3, 4, 5 };
    size_t count = 0;

    here->arena = arena_new(8 * 1024 * 1024);
    do {
        for (int is_late = 0; is_late < 2; is_late++, count++) {
            arena_reset(here->arena);
            world_check(db_begin(here->context->db, here->arena), "begin");
            steps_play(here, steps, order, is_late);
            assert_plan(here, "active");
            assert_string_equal(billing(here).subscription_id, subscription_id);
            assert_int_equal(problems(here), 0);
            db_rollback(here->context->db);
        }
    } while (order_next(order));
    assert_int_equal(count, 2 * 720);
    arena_free(here->arena);
    here->arena = own;
}

static const char *invoice_of(struct stripe_world *here, const char *subscription_id,
                              const char *status)
{
    const char *invoice =
        fake_stripe_object(here->arena, fake_stripe_file(here->arena, "invoice.paid.json"));

    invoice = fake_stripe_replace_all(here->arena, invoice, STRIPE_SUBSCRIPTION, subscription_id);
    return with(here, invoice, "\"status\": \"paid\"",
                arena_printf(here->arena, "\"status\": \"%s\"", status));
}

static void a_checkout_in_every_order(void **state)
{
    struct stripe_world *here = *state;
    const char *waits = status_of(here, ours(here), "incomplete");
    const char *draft = invoice_of(here, STRIPE_SUBSCRIPTION, "draft");
    const char *open = invoice_of(here, STRIPE_SUBSCRIPTION, "open");
    const char *paid = invoice_of(here, STRIPE_SUBSCRIPTION, "paid");
    const struct step steps[STEPS] = {
        { event_of(here, "customer.subscription.created", waits), { waits }, draft },
        { event_of(here, "invoice.created", draft), { waits }, draft },
        { event_of(here, "invoice.finalized", open), { waits }, open },
        { event_of(here, "invoice.paid", paid), { waits }, paid },
        { event_of(here, "customer.subscription.updated", ours(here)), { ours(here) }, paid },
        { fake_stripe_file(here->arena, "checkout.session.completed.json"), { ours(here) }, paid },
    };

    every_order(here, steps, STRIPE_SUBSCRIPTION);
}

static void a_replacement_in_every_order(void **state)
{
    struct stripe_world *here = *state;
    const char *waits = status_of(here, second(here), "incomplete");
    const char *new = second(here), *old = ours(here);
    const char *ending =
        with(here, old, "\"cancel_at_period_end\": false", "\"cancel_at_period_end\": true");
    const char *ended = status_of(here, old, "canceled");
    const char *open = invoice_of(here, SECOND, "open"), *paid = invoice_of(here, SECOND, "paid");
    const struct step steps[STEPS] = {
        { event_of(here, "customer.subscription.created", waits), { waits, old }, open },
        { event_of(here, "invoice.finalized", open), { waits, old }, open },
        { event_of(here, "invoice.paid", paid), { waits, old }, paid },
        { event_of(here, "customer.subscription.updated", new), { new, old }, paid },
        { event_of(here, "customer.subscription.updated", ending), { new, ending }, paid },
        { event_of(here, "customer.subscription.deleted", ended), { new, ended }, paid },
    };

    begins(here);
    every_order(here, steps, SECOND);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(another_product_gives_no_access),
        test(usage_of_another_meter_gives_no_access),
        test(a_team_must_be_named),
        test(another_products_events_change_nothing),
        test(another_products_invoice_is_not_ours),
        test(a_missing_usage_item_is_told),
        test(paused_collection_is_told),
        test(two_subscriptions_are_told),
        test(the_one_that_is_paid_counts),
        test(a_replacement_is_no_end),
        test(a_replacement_meters_on),
        test(the_period_of_grace_ends_with_a_replacement),
        test(a_part_of_them_decides_nothing),
        test(a_deleted_customer_ends),
        test(an_unknown_customer_ends_nothing),
        test(a_checkout_in_every_order),
        test(a_replacement_in_every_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
