/*
 * Plans: the complete table, and the effect of time on a team and its VMs; nothing is stopped or
 * destroyed on stale data.
 */
#include "billing/dunning.h"
#include "model/billing_status.h"
#include "stripe_world.h"

#include "job.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1796090000, A_DAY = 24 * 3600 };

/* ---- the table ---- */

static const char *const STATUSES[] = {
    "none", "trial", "active", "past_due", "suspended", "ended"
};

static const char *after(const char *status, enum billing_trigger event)
{
    const struct billing_transition *found = billing_transition_find(status, event);

    return found ? found->next : status;
}

static void transition_table(void **state)
{
    static const char *const expected[][8] = {
        /* WAITS, ON_TRIAL, PAID, LATE, UNPAID, OVER, GRACE_OVER, KEEP_OVER */
        { "none", "trial", "active", "past_due", "suspended", "none", "none", "none" },
        { "trial", "trial", "active", "past_due", "suspended", "suspended", "trial", "trial" },
        { "active", "trial", "active", "past_due", "suspended", "suspended", "active", "active" },
        { "past_due", "trial", "active", "past_due", "suspended", "suspended", "suspended",
          "past_due" },
        { "suspended", "trial", "active", "suspended", "suspended", "suspended", "suspended",
          "ended" },
        { "ended", "trial", "active", "ended", "ended", "ended", "ended", "ended" },
    };

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        for (int event = BILLING_WAITS; event <= BILLING_KEEP_OVER; event++)
            assert_string_equal(after(STATUSES[i], (enum billing_trigger)event),
                                expected[i][event]);
    }
}

static void permissions_per_status(void **state)
{
    static const bool may_create[] = { false, true, true, false, false, false };
    static const bool may_start[] = { true, true, true, true, false, false };

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(billing_disabled_reason(STATUSES[i], BILLING_CREATE) == NULL,
                         may_create[i]);
        assert_int_equal(billing_disabled_reason(STATUSES[i], BILLING_START) == NULL, may_start[i]);
    }
}

static void statuses(void **state)
{
    bool is_known;

    (void)state;
    assert_true(stripe_status_is_over("canceled") && stripe_status_is_over("incomplete_expired"));
    assert_false(stripe_status_is_over(NULL) || stripe_status_is_over("unpaid") ||
                 stripe_status_is_over("past_due") || stripe_status_is_over("new_word"));
    assert_int_equal(billing_trigger_of("new_word", &is_known), BILLING_LATE);
    assert_false(is_known);
}

/* ---- time ---- */

static int set_up(void **state)
{
    struct stripe_world *here = stripe_world_open();
    struct world *world = here->world;

    *state = here;
    /* VMs are created with billing off, since the pages' tests cover the gate. */
    world->config->billing = "off";
    world_create(world, "first");
    world->config->billing = "stripe";
    return 0;
}

static int tear_down(void **state)
{
    stripe_world_close(*state);
    return 0;
}

static const char *vm_id(struct stripe_world *here)
{
    struct vm_list_rows vms;

    world_check(sql_vm_list(here->world->db, here->arena, here->world->team_id, 1, &vms), "vms");
    return vms.row[0].id;
}

/* The VM runs, and no job is open. */
static void vm_runs(struct stripe_world *here)
{
    struct world *world = here->world;

    world_check(sql_job_drop_queued(world->db, here->arena, world->team_id, vm_id(here), 1), "job");
    world_check(sql_vm_set_state(world->db, here->arena, world->team_id, vm_id(here), "running",
                                 "running", NOW),
                "vm");
}

static void stripe_says(struct stripe_world *here, const char *status)
{
    const char *event =
        fake_stripe_file(here->arena, "customer.subscription.updated.past_due.json");

    stripe_world_truth(
        here, fake_stripe_replace(here->arena, event, "\"status\": \"past_due\"",
                                  arena_printf(here->arena, "\"status\": \"%s\"", status)));
}

static void happens(struct stripe_world *here, const char *status, int64_t now_at)
{
    stripe_says(here, status);
    stripe_world_apply(here,
                       fake_stripe_file(here->arena, "customer.subscription.updated.past_due.json"),
                       now_at, NULL);
}

static void keep(struct stripe_world *here, int64_t now_at)
{
    world_check(stripe_world_run(here, now_at, dunning_run), "keep");
}

#define assert_plan(here, word) assert_string_equal(stripe_world_billing(here).status, word)
static void assert_vm(struct stripe_world *here, const char *state)
{
    assert_string_equal(world_vm(here->world, vm_id(here)).state, state);
}

static void grace_and_keeping_run_out(void **state)
{
    struct stripe_world *here = *state;
    struct job_lease_row request;

    vm_runs(here);
    happens(here, "active", NOW);
    happens(here, "past_due", NOW);
    keep(here, NOW + 7 * A_DAY - 1);
    assert_plan(here, "past_due");
    assert_vm(here, "running");
    keep(here, NOW + 7 * A_DAY);
    assert_plan(here, "suspended");
    assert_int_equal(stripe_world_billing(here).until_at, NOW + 37 * A_DAY);
    assert_vm(here, "stopping");
    assert_string_equal(world_vm(here->world, vm_id(here)).wanted, "stopped");
    assert_string_equal(world_job(here->world, vm_id(here)).kind, "stop");
    assert_int_equal(stripe_world_mails(here, "suspended"), 1);
    /* A second pass does not stop it again. */
    keep(here, NOW + 8 * A_DAY);
    assert_int_equal(world_events(here->world, vm_id(here), "Stop requested", NULL), 1);
    keep(here, NOW + 34 * A_DAY - 1);
    assert_int_equal(stripe_world_mails(here, "suspended"), 1);
    keep(here, NOW + 34 * A_DAY);
    keep(here, NOW + 35 * A_DAY);
    assert_int_equal(stripe_world_mails(here, "suspended"), 2); /* the reminder */
    assert_int_equal(stripe_world_mails(here, "vm_destroyed"), 0);
    keep(here, NOW + 37 * A_DAY);
    assert_plan(here, "ended");
    assert_vm(here, "destroying");
    assert_string_equal(world_job(here->world, vm_id(here)).kind, "destroy");
    assert_int_equal(stripe_world_mails(here, "vm_destroyed"), 1);
    world_check(sql_job_lease(here->world->db, here->arena, true, INT64_MAX, &request),
                "billing_request");
    assert_string_equal(request.kind, "end");
    assert_string_equal(request.subject_id, STRIPE_SUBSCRIPTION);
    keep(here, NOW + 38 * A_DAY);
    assert_int_equal(world_events(here->world, vm_id(here), "Destruction requested", NULL), 1);
}

static void a_manually_started_vm_is_stopped_again(void **state)
{
    struct stripe_world *here = *state;

    vm_runs(here);
    happens(here, "active", NOW);
    happens(here, "unpaid", NOW);
    assert_plan(here, "suspended");
    assert_vm(here, "running");
    keep(here, NOW + 1);
    assert_vm(here, "stopping");
    vm_runs(here);
    keep(here, NOW + 60);
    assert_vm(here, "stopping");
}

static void stale_data_has_no_effect(void **state)
{
    struct stripe_world *here = *state;

    vm_runs(here);
    happens(here, "active", NOW);
    happens(here, "past_due", NOW);
    /* Stripe does not respond. */
    fake_stripe_answer("GET /v1/subscriptions", 500, "{}");
    keep(here, NOW + 100 * A_DAY);
    assert_plan(here, "past_due");
    assert_vm(here, "running");
    /* It was paid, and the event was lost. */
    stripe_says(here, "active");
    keep(here, NOW + 100 * A_DAY);
    assert_plan(here, "active");
    assert_vm(here, "running");
    /* The same at the end: nothing is destroyed. */
    happens(here, "unpaid", NOW + 200 * A_DAY);
    stripe_says(here, "active");
    keep(here, NOW + 300 * A_DAY);
    assert_plan(here, "active");
    assert_int_equal(stripe_world_mails(here, "vm_destroyed"), 0);
}

static void payment_leaves_the_vm_unchanged(void **state)
{
    struct stripe_world *here = *state;

    vm_runs(here);
    happens(here, "active", NOW);
    happens(here, "unpaid", NOW);
    keep(here, NOW + 1);
    happens(here, "active", NOW + 2);
    keep(here, NOW + 3);
    assert_plan(here, "active");
    assert_vm(here, "stopping"); /* stopped then, until it is started */
    assert_int_equal(world_events(here->world, vm_id(here), "Start requested", NULL), 0);
}

static void missed_events_are_fetched(void **state)
{
    struct stripe_world *here = *state;
    const char *subscription = fake_stripe_object(
        here->arena, fake_stripe_file(here->arena, "customer.subscription.updated.activated.json"));
    const char *invoice =
        fake_stripe_object(here->arena, fake_stripe_file(here->arena, "invoice.paid.json"));

    fake_stripe_answer("GET /v1/subscriptions", 200,
                       arena_printf(here->arena, "{\"data\":[%s]}", subscription));
    fake_stripe_answer("GET /v1/invoices", 200,
                       arena_printf(here->arena, "{\"data\":[%s]}", invoice));
    world_check(stripe_world_run(here, NOW, dunning_sync), "sync");
    assert_plan(here, "active");
    assert_int_equal(fake_stripe_asked("GET /v1/invoices", NULL), 1);
    world_check(stripe_world_run(here, NOW + 60, dunning_sync), "sync");
    assert_int_equal(fake_stripe_asked("GET /v1/invoices", NULL), 1);
    world_check(stripe_world_run(here, NOW + A_DAY, dunning_sync), "sync");
    assert_int_equal(fake_stripe_asked("GET /v1/invoices", NULL), 2);
}

static void a_failed_fetch_is_retried(void **state)
{
    struct stripe_world *here = *state;

    fake_stripe_answer("GET /v1/subscriptions", 500, "{}");
    world_check(stripe_world_run(here, NOW, dunning_sync), "sync");
    world_check(stripe_world_run(here, NOW + 599, dunning_sync), "sync");
    assert_int_equal(fake_stripe_asked("GET /v1/subscriptions", NULL), 1);
    world_check(stripe_world_run(here, NOW + 600, dunning_sync), "sync");
    assert_int_equal(fake_stripe_asked("GET /v1/subscriptions", NULL), 2);
}

/* Both the end of the first and the beginning of the second were missed. */
static void two_missed_events_apply_in_order(void **state)
{
    struct stripe_world *here = *state;
    struct arena *arena = here->arena;
    const char *first =
        fake_stripe_object(arena, fake_stripe_file(arena, "customer.subscription.deleted.json"));
    const char *second = fake_stripe_replace(
        arena,
        fake_stripe_object(arena,
                           fake_stripe_file(arena, "customer.subscription.updated.activated.json")),
        STRIPE_SUBSCRIPTION, "sub_2Other");

    happens(here, "active", NOW);
    fake_stripe_answer("GET /v1/subscriptions", 200,
                       arena_printf(arena, "{\"data\":[%s,%s]}", second, first));
    fake_stripe_answer("GET /v1/invoices", 200, "{\"data\":[]}");
    world_check(stripe_world_run(here, NOW + 5, dunning_sync), "sync");
    assert_plan(here, "active");
    assert_string_equal(stripe_world_billing(here).subscription_id, "sub_2Other");
}

/* While a payment page is open, its team is checked every minute; afterwards no longer. */
static void a_payment_page_expires(void **state)
{
    struct stripe_world *here = *state;
    struct world *world = here->world;

    world_check(sql_billing_set_checkout(world->db, here->arena, world->team_id, "cs_1"), "page");
    fake_stripe_answer("GET /v1/subscriptions", 200, "{\"data\":[]}");
    fake_stripe_answer("GET /v1/invoices", 200, "{\"data\":[]}");
    fake_stripe_answer("GET /v1/checkout/sessions/cs_1", 200, "{\"status\":\"open\"}");
    world_check(stripe_world_run(here, NOW, dunning_sync), "sync");
    world_check(stripe_world_run(here, NOW + 59, dunning_sync), "sync");
    assert_int_equal(fake_stripe_asked("GET /v1/checkout", NULL), 1);
    fake_stripe_answer("GET /v1/checkout/sessions/cs_1", 200, "{\"status\":\"expired\"}");
    world_check(stripe_world_run(here, NOW + 60, dunning_sync), "sync");
    assert_null(stripe_world_billing(here).checkout_id);
    world_check(stripe_world_run(here, NOW + 3600, dunning_sync), "sync");
    assert_int_equal(fake_stripe_asked("GET /v1/checkout", NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transition_table),
        cmocka_unit_test(permissions_per_status),
        cmocka_unit_test(statuses),
        cmocka_unit_test_setup_teardown(grace_and_keeping_run_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_manually_started_vm_is_stopped_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stale_data_has_no_effect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(payment_leaves_the_vm_unchanged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(missed_events_are_fetched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_fetch_is_retried, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_missed_events_apply_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_payment_page_expires, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
