/*
 * Effects of Stripe's events on a team's status: the fixtures' events, in order and out of order,
 * repeated, of other customers, of the other mode; and invoices, refunds and usage that the meter
 * refused.
 */
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "stripe_world.h"

#include "billing_activity.sql.h"
#include "billing_problem.sql.h"
#include "invoice.sql.h"
#include "ledger.sql.h"
#include "usage_report.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
    NOW = 1796090000,
    A_DAY = 24 * 3600,
    PERIOD = 1793491200, /* of the fixtures */
    PERIOD_END = 1796083200,
};

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

static const char *file(struct stripe_world *here, const char *name)
{
    return fake_stripe_file(here->arena, name);
}

static const char *changed(struct stripe_world *here, const char *name, const char *from,
                           const char *to)
{
    return fake_stripe_replace(here->arena, file(here, name), from, to);
}

/* The event `name`, while Stripe returns `truth` for the object. */
static const char *happens(struct stripe_world *here, const char *name, const char *truth,
                           int64_t now_at)
{
    stripe_world_truth(here, file(here, truth));
    return stripe_world_apply(here, file(here, name), now_at, NULL);
}

static const char *begins(struct stripe_world *here)
{
    return happens(here, "customer.subscription.created.json",
                   "customer.subscription.updated.activated.json", NOW);
}

static size_t notes(struct stripe_world *here, const char *what)
{
    struct billing_activity_list_rows rows;
    size_t count = 0;

    world_check(sql_billing_activity_list(here->world->db, here->arena, here->world->team_id,
                                          INT64_MAX, "", 100, &rows),
                "notes");
    for (size_t i = 0; i < rows.count; i++)
        count += strcmp(rows.row[i].what, what) == 0;
    return count;
}

static size_t problems(struct stripe_world *here)
{
    struct billing_problem_list_rows rows;

    world_check(sql_billing_problem_list(here->world->db, here->arena, "", "", 0, INT64_MAX, &rows),
                "problems");
    return rows.count;
}

#define assert_plan(here, word) assert_string_equal(stripe_world_billing(here).status, word)

/* ---- the subscription ---- */

static void the_current_object_counts(void **state)
{
    struct stripe_world *here = *state;
    struct billing_get_row row;

    /* The event still says "incomplete". */
    assert_null(begins(here));
    row = stripe_world_billing(here);
    assert_string_equal(row.status, "active");
    assert_string_equal(row.stripe_status, "active");
    assert_string_equal(row.subscription_id, STRIPE_SUBSCRIPTION);
    assert_int_equal(row.period_start_at, 1793491200);
    assert_int_equal(row.period_end_at, 1796083200);
    assert_int_equal(row.metered_until_at, 1793491260 - 1793491260 % 3600);
    assert_int_equal(row.until_at, 0);
    assert_int_equal(notes(here, "Subscription started"), 1);
}

static void duplicates_apply_once(void **state)
{
    struct stripe_world *here = *state;

    for (int i = 0; i < 3; i++)
        begins(here);
    happens(here, "checkout.session.completed.json", "customer.subscription.updated.activated.json",
            NOW + 5);
    assert_plan(here, "active");
    assert_int_equal(notes(here, "Subscription started"), 1);
    assert_int_equal(stripe_world_billing(here).status_at, NOW);
}

static void a_late_payment_and_its_end(void **state)
{
    struct stripe_world *here = *state;

    begins(here);
    happens(here, "customer.subscription.updated.past_due.json",
            "customer.subscription.updated.past_due.json", NOW);
    assert_plan(here, "past_due");
    assert_int_equal(stripe_world_billing(here).until_at, NOW + 7 * A_DAY);
    /* A second late payment does not restart the period. */
    happens(here, "customer.subscription.updated.past_due.json",
            "customer.subscription.updated.past_due.json", NOW + A_DAY);
    assert_int_equal(stripe_world_billing(here).until_at, NOW + 7 * A_DAY);
    happens(here, "customer.subscription.updated.activated.json",
            "customer.subscription.updated.activated.json", NOW + A_DAY);
    assert_plan(here, "active");
    assert_int_equal(stripe_world_billing(here).until_at, 0);
}

static void ended_is_final(void **state)
{
    struct stripe_world *here = *state;

    begins(here);
    happens(here, "customer.subscription.updated.cancel_scheduled.json",
            "customer.subscription.updated.cancel_scheduled.json", NOW);
    assert_plan(here, "active");
    assert_int_equal(stripe_world_billing(here).cancel_at, 1796083200);
    happens(here, "customer.subscription.deleted.json", "customer.subscription.deleted.json", NOW);
    assert_plan(here, "suspended");
    assert_string_equal(stripe_world_billing(here).stripe_status, "canceled");
    assert_int_equal(stripe_world_billing(here).until_at, NOW + 30 * A_DAY);
    assert_int_equal(stripe_world_mails(here, "suspended"), 1);
    /* A response from before its end that is recorded last. */
    assert_non_null(happens(here, "customer.subscription.updated.activated.json",
                            "customer.subscription.updated.activated.json", NOW + 1));
    assert_plan(here, "suspended");
    assert_string_equal(stripe_world_billing(here).stripe_status, "canceled");
}

static void a_new_subscription_follows_an_ended_one(void **state)
{
    struct stripe_world *here = *state;
    const char *second = changed(here, "customer.subscription.updated.activated.json",
                                 STRIPE_SUBSCRIPTION, "sub_2Other");

    begins(here);
    happens(here, "customer.subscription.deleted.json", "customer.subscription.deleted.json", NOW);
    assert_plan(here, "suspended");
    stripe_world_truth(here, second);
    assert_null(stripe_world_apply(here, second, NOW + 9, NULL));
    assert_plan(here, "active");
    assert_string_equal(stripe_world_billing(here).subscription_id, "sub_2Other");
    /* A late repetition of the old one's end does not end the new one. */
    stripe_world_apply(here, file(here, "customer.subscription.deleted.json"), NOW + 10, NULL);
    assert_plan(here, "active");
}

static void an_incomplete_subscription_is_not_kept(void **state)
{
    struct stripe_world *here = *state;

    assert_non_null(happens(here, "customer.subscription.created.json",
                            "customer.subscription.created.json", NOW));
    assert_null(stripe_world_billing(here).subscription_id);
    assert_plan(here, "none");
}

static void an_unknown_status(void **state)
{
    struct stripe_world *here = *state;
    const char *event = changed(here, "customer.subscription.updated.activated.json",
                                "\"status\": \"active\"", "\"status\": \"dreaming\"");

    begins(here);
    stripe_world_truth(here, event);
    stripe_world_apply(here, event, NOW, NULL);
    assert_plan(here, "past_due");
    assert_int_equal(problems(here), 1);
    begins(here);
    assert_plan(here, "active");
    assert_int_equal(problems(here), 0);
}

/* ---- ownership ---- */

static void other_customers_are_ignored(void **state)
{
    struct stripe_world *here = *state;
    struct world *world = here->world;
    struct error *e;

    world_check(sql_billing_set_customer(world->db, here->arena, world->team_id, "cus_Mine", "key"),
                "customer");
    /* It claims to be team 1's, but no team has the customer. */
    stripe_world_truth(here, file(here, "customer.subscription.updated.activated.json"));
    stripe_world_apply(here, file(here, "customer.subscription.created.json"), NOW, &e);
    assert_int_equal(e->kind, ERROR_NOT_FOUND);
    assert_plan(here, "none");
    /* A charge of another customer is ignored. */
    assert_non_null(stripe_world_apply(here, file(here, "charge.refunded.json"), NOW, NULL));
    assert_int_equal(notes(here, "Refunded"), 0);
}

static void another_teams_metadata_is_refused(void **state)
{
    struct stripe_world *here = *state;
    const char *text = changed(here, "checkout.session.completed.json",
                               "\"client_reference_id\": \"1\"", "\"client_reference_id\": \"2\"");
    struct error *e;

    stripe_world_truth(here, file(here, "customer.subscription.updated.activated.json"));
    stripe_world_apply(here, text, NOW, &e);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_plan(here, "none");
}

static void test_mode_payments_are_ignored(void **state)
{
    struct stripe_world *here = *state;
    const char *text = changed(here, "customer.subscription.created.json",
                               "\"livemode\": false,\n  \"pending_webhooks\"",
                               "\"livemode\": true,\n  \"pending_webhooks\"");
    struct error *e;

    stripe_world_apply(here, text, NOW, &e);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_int_equal(fake_stripe_asked("", NULL), 0);
}

static void an_id_cannot_change_the_path(void **state)
{
    struct stripe_world *here = *state;
    const char *text =
        changed(here, "customer.subscription.created.json", "\"id\": \"" STRIPE_SUBSCRIPTION "\"",
                "\"id\": \"sub_1/../../v1/customers\"");
    struct error *e;

    stripe_world_apply(here, text, NOW, &e);
    assert_int_equal(e->kind, ERROR_MALFORMED);
    assert_int_equal(fake_stripe_asked("", NULL), 0);
}

static void what_stripe_refuses(void **state)
{
    static const struct {
        int status;
        enum error_kind kind;
    } refusals[] = { { 404, ERROR_NOT_FOUND }, { 400, ERROR_INPUT },    { 401, ERROR_INTERNAL },
                     { 403, ERROR_INTERNAL },  { 409, ERROR_UPSTREAM }, { 429, ERROR_RATE },
                     { 500, ERROR_UPSTREAM },  { 302, ERROR_UPSTREAM }, { 200, ERROR_UPSTREAM } };
    struct stripe_world *here = *state;
    struct error *e;

    fake_stripe_answer("GET /v1/customers/" STRIPE_CUSTOMER, 200, "{}");
    for (size_t i = 0; i < COUNT(refusals); i++) {
        fake_stripe_answer("GET /v1/subscriptions", refusals[i].status, "sk_test_fixture <html>");
        stripe_world_apply(here, file(here, "customer.subscription.created.json"), NOW, &e);
        assert_non_null(e);
        assert_int_equal(e->kind, refusals[i].kind);
        assert_null(strstr(e->text, "sk_test"));
        assert_null(strstr(e->text, "html"));
    }
    assert_plan(here, "none");
}

/* ---- invoices ---- */

static struct invoice_get_row invoice(struct stripe_world *here, const char *id)
{
    struct invoice_get_row row;

    world_check(sql_invoice_get(here->world->db, here->arena, here->world->team_id, id, &row),
                "invoice");
    return row;
}

static void invoices_are_listed(void **state)
{
    struct stripe_world *here = *state;

    begins(here);
    for (int i = 0; i < 2; i++)
        happens(here, "invoice.paid.json", "invoice.paid.json", NOW);
    assert_string_equal(invoice(here, "in_1FixtAcme000000000000001").number, "FIXT0001-0001");
    assert_string_equal(invoice(here, "in_1FixtAcme000000000000001").status, "paid");
    assert_int_equal(invoice(here, "in_1FixtAcme000000000000001").total_cents, 2380);
    assert_int_equal(notes(here, "Payment received"), 1);
    assert_int_equal(stripe_world_mails(here, ""), 0);
}

static void a_failed_payment_is_mailed_once(void **state)
{
    struct stripe_world *here = *state;

    begins(here);
    happens(here, "customer.subscription.updated.past_due.json",
            "customer.subscription.updated.past_due.json", NOW);
    for (int i = 0; i < 3; i++)
        happens(here, "invoice.payment_failed.json", "invoice.payment_failed.json", NOW + i);
    assert_int_equal(stripe_world_mails(here, "payment_failed"), 1);
    assert_int_equal(notes(here, "Payment failed"), 1);
    assert_int_equal(invoice(here, "in_1FixtAcme000000000000002").remaining_cents, 3451);
    assert_string_equal(invoice(here, "in_1FixtAcme000000000000002").status, "open");
}

static void a_failure_paid_meanwhile_is_not_mailed(void **state)
{
    struct stripe_world *here = *state;
    const char *paid = changed(here, "invoice.payment_failed.json", "\"status\": \"open\"",
                               "\"status\": \"paid\"");

    begins(here);
    stripe_world_truth(here, paid);
    stripe_world_apply(here, file(here, "invoice.payment_failed.json"), NOW, NULL);
    assert_int_equal(stripe_world_mails(here, "payment_failed"), 0);
    assert_string_equal(invoice(here, "in_1FixtAcme000000000000002").status, "paid");
}

/* The subscription is expanded in the invoice, as requested: it tells which line is for usage. */
static void invoice_truth(struct stripe_world *here, const char *event)
{
    struct arena *arena = here->arena;
    const char *subscription =
        fake_stripe_object(arena, file(here, "customer.subscription.updated.activated.json"));

    fake_stripe_answer(
        "GET /v1/invoices/in_1FixtAcme000000000000002", 200,
        fake_stripe_replace(arena, fake_stripe_object(arena, event),
                            "\"subscription\": \"" STRIPE_SUBSCRIPTION "\"\n",
                            arena_printf(arena, "\"subscription\": %s\n", subscription)));
}

static void differing_usage_is_reported(void **state)
{
    struct stripe_world *here = *state;

    begins(here);
    invoice_truth(here, file(here, "invoice.finalized.json"));
    assert_null(stripe_world_apply(here, file(here, "invoice.finalized.json"), NOW, NULL));
    /* The invoice charges 9.00 for usage, but no VM ever ran. */
    assert_int_equal(invoice(here, "in_1FixtAcme000000000000002").usage_cents, 900);
    assert_int_equal(invoice(here, "in_1FixtAcme000000000000002").ledger_cents, 0);
    assert_int_equal(problems(here), 1);
}

static const char *moved(struct stripe_world *here, const char *text, int64_t from_at,
                         int64_t to_at)
{
    return fake_stripe_replace_all(here->arena, text,
                                   arena_printf(here->arena, "%lld", (long long)from_at),
                                   arena_printf(here->arena, "%lld", (long long)to_at));
}

/* The item was taken out, so the invoice of the period, a month after the team's beginning, has no
 * line for use. */
static void uncharged_usage_is_reported(void **state)
{
    struct stripe_world *here = *state;
    struct world *world = here->world;
    int64_t from_at = date_month_end(clock_now()), until_at = date_month_end(from_at);
    const char *event =
        fake_stripe_replace_all(here->arena, file(here, "invoice.finalized.json"),
                                "\"unit_amount_decimal\": \"0.001\"", "\"of\": \"another\"");
    struct invoice_get_row row;

    begins(here);
    event = moved(here, moved(here, event, PERIOD_END, until_at), PERIOD, from_at);
    world_check(sql_ledger_put(world->db, here->arena, world->team_id, from_at, "vm", from_at,
                               from_at + 25 * A_DAY, true, "vm", "running", "nano", 1, 0),
                "ledger");
    invoice_truth(here, event);
    assert_null(stripe_world_apply(here, event, NOW, NULL));
    row = invoice(here, "in_1FixtAcme000000000000002");
    assert_int_equal(row.usage_cents, 0);
    assert_int_equal(row.ledger_cents, 60);
    assert_int_equal(problems(here), 1);
}

/* ---- other events ---- */

static void dispute(struct stripe_world *here, const char *status, const char *customer)
{
    const char *object =
        arena_printf(here->arena,
                     "{\"id\":\"dp_1\",\"object\":\"dispute\",\"amount\":2380,\"currency\":\"eur\","
                     "\"status\":\"%s\",\"charge\":{\"id\":\"ch_1\",\"customer\":\"%s\"}}",
                     status, customer);

    fake_stripe_answer("GET /v1/disputes/dp_1", 200, object);
}

/* An event about it, of which only the id counts. */
static const char *disputed(struct stripe_world *here, const char *type)
{
    return stripe_world_apply(here,
                              arena_printf(here->arena,
                                           "{\"id\":\"evt_1\",\"type\":\"charge.dispute.%s\","
                                           "\"livemode\":false,\"data\":{\"object\":"
                                           "{\"id\":\"dp_1\",\"charge\":\"ch_1\"}}}",
                                           type),
                              NOW, NULL);
}

static void a_dispute_names_its_team_until_it_is_closed(void **state)
{
    static const char *const outcomes[][2] = { { "won", "Dispute won" },
                                               { "lost", "Dispute lost" },
                                               { "warning_closed", "Dispute closed" } };
    struct stripe_world *here = *state;
    struct billing_problem_list_rows rows;

    for (size_t i = 0; i < COUNT(outcomes); i++) {
        dispute(here, i ? "under_review" : "needs_response", STRIPE_CUSTOMER);
        assert_null(disputed(here, i ? "updated" : "created"));
        world_check(
            sql_billing_problem_list(here->world->db, here->arena, "", "", 0, INT64_MAX, &rows),
            "problems");
        assert_int_equal(rows.count, 1);
        assert_int_equal(rows.row[0].team_id, here->world->team_id);
        dispute(here, outcomes[i][0], STRIPE_CUSTOMER);
        assert_null(disputed(here, "closed"));
        assert_int_equal(problems(here), 0);
        assert_int_equal(notes(here, outcomes[i][1]), 1);
        /* The first event comes once more, last. */
        assert_null(disputed(here, "created"));
        assert_int_equal(problems(here), 0);
    }
    assert_int_equal(notes(here, "Payment disputed"), 1);
}

static void another_customers_dispute_is_ignored(void **state)
{
    struct stripe_world *here = *state;

    dispute(here, "needs_response", "cus_Other");
    assert_non_null(disputed(here, "created"));
    assert_int_equal(problems(here), 0);
}

static void a_refund_is_reported_once(void **state)
{
    struct stripe_world *here = *state;

    for (int i = 0; i < 2; i++)
        assert_null(stripe_world_apply(here, file(here, "charge.refunded.json"), NOW + i, NULL));
    assert_int_equal(notes(here, "Refunded"), 1);
}

static void a_deleted_customer_ends(void **state)
{
    struct stripe_world *here = *state;

    begins(here);
    fake_stripe_answer("GET /v1/customers/" STRIPE_CUSTOMER, 200,
                       fake_stripe_object(here->arena, file(here, "customer.deleted.json")));
    assert_non_null(stripe_world_apply(here, file(here, "customer.deleted.json"), NOW, NULL));
    assert_plan(here, "active"); /* it still exists */
    stripe_world_truth(here, file(here, "customer.subscription.deleted.json"));
    fake_stripe_answer("GET /v1/customers/" STRIPE_CUSTOMER, 200,
                       file(here, "reply.customer.deleted.200.json"));
    assert_null(stripe_world_apply(here, file(here, "customer.deleted.json"), NOW, NULL));
    assert_plan(here, "suspended");
    assert_string_equal(stripe_world_billing(here).stripe_status, "canceled");
}

static void an_expired_payment_page_is_forgotten(void **state)
{
    struct stripe_world *here = *state;
    struct world *world = here->world;
    const char *text =
        changed(here, "checkout.session.completed.json", "\"type\": \"checkout.session.completed\"",
                "\"type\": \"checkout.session.expired\"");

    world_check(sql_billing_set_checkout(world->db, here->arena, world->team_id, "cs_other"),
                "page");
    assert_non_null(stripe_world_apply(here, text, NOW, NULL));
    assert_string_equal(stripe_world_billing(here).checkout_id, "cs_other");
    world_check(sql_billing_set_checkout(
                    world->db, here->arena, world->team_id,
                    "cs_test_b1FixtureCheckoutSession00000000000000000000000000000001"),
                "page");
    assert_null(stripe_world_apply(here, text, NOW, NULL));
    assert_null(stripe_world_billing(here).checkout_id);
}

static void usage_refused_by_the_meter(void **state)
{
    struct stripe_world *here = *state;
    struct world *world = here->world;
    struct usage_report_by_identifier_row push;
    const char *thin = "thin.v1.billing.meter.error_report_triggered.notification.json";

    world_check(sql_usage_report_add(world->db, here->arena, world->team_id, 1795172400,
                                     "use-1-2026112011", 42, NOW),
                "push");
    fake_stripe_answer("GET /v2/core/events/evt_test_65FixtThin00000000000000000000001", 200,
                       file(here, "thin.v1.billing.meter.error_report_triggered.fetched.json"));
    for (int i = 0; i < 2; i++)
        assert_null(stripe_world_apply(here, file(here, thin), NOW, NULL));
    world_check(sql_usage_report_by_identifier(world->db, here->arena, "use-1-2026112011", &push),
                "push");
    assert_string_equal(push.state, "failed");
    assert_int_equal(problems(here), 1);
}

static void ignored_event_types(void **state)
{
    struct stripe_world *here = *state;
    static const char *const types[] = { "customer.updated", "customer.created",
                                         "customer.tax_id.created", "invoice.upcoming" };

    for (size_t i = 0; i < COUNT(types); i++) {
        const char *text = changed(here, "customer.deleted.json", "\"type\": \"customer.deleted\"",
                                   arena_printf(here->arena, "\"type\": \"%s\"", types[i]));

        assert_non_null(stripe_world_apply(here, text, NOW, NULL));
    }
    assert_int_equal(fake_stripe_asked("", NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_current_object_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(duplicates_apply_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_late_payment_and_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ended_is_final, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_subscription_follows_an_ended_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_incomplete_subscription_is_not_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_customers_are_ignored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_teams_metadata_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mode_payments_are_ignored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_id_cannot_change_the_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_stripe_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(invoices_are_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_payment_is_mailed_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failure_paid_meanwhile_is_not_mailed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(differing_usage_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(uncharged_usage_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refund_is_reported_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_customer_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dispute_names_its_team_until_it_is_closed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(another_customers_dispute_is_ignored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_expired_payment_page_is_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(usage_refused_by_the_meter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ignored_event_types, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
