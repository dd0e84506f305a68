/*
 * Usage, reported by the hour: the records add up to the ledger, are sent once under one
 * identifier, wait when rate-limited, and are looked up before a late retry.
 */
#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "billing/usage_report.h"
#include "model/ledger.h"
#include "model/usage_cost.h"
#include "stripe_world.h"
#include "worker/worker_context.h"

#include "billing_problem.sql.h"
#include "usage_report.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

/*
 * The subscription began 50 hours before the end of a future month, in the middle of an hour; so
 * did the VM.
 */
static int64_t month_at, began_at;

static const char PRICES[] =
    "{\"data\":[{\"id\":\"price_1\",\"lookup_key\":\"domicile_usage\",\"currency\":\"eur\","
    "\"unit_amount_decimal\":\"0.001\",\"recurring\":{\"meter\":\"mtr_1\"}}]}";

static int set_up(void **state)
{
    struct stripe_world *here = stripe_world_open();
    struct world *world = here->world;
    const char *id = crypto_id(here->arena);

    *state = here;
    month_at = date_month_end(date_month_end(clock_now()));
    began_at = month_at - 50 * HOUR + 1234;
    world_check(sql_ledger_put(world->db, here->arena, world->team_id, date_month_start(began_at),
                               id, began_at, month_at, false, "first", "running", "nano", 1, 0),
                "ledger");
    world_check(sql_ledger_put(world->db, here->arena, world->team_id, month_at, id, month_at,
                               month_at + 20 * DAY, true, "first", "running", "nano", 1, 0),
                "ledger");
    world_check(sql_billing_set_subscription(
                    world->db, here->arena, world->team_id, STRIPE_SUBSCRIPTION, "active", began_at,
                    NULL, NULL, NULL, &began_at, NULL, NULL, began_at - began_at % HOUR),
                "subscription");
    fake_stripe_answer("POST /v1/billing/meter_events", 200, "{}");
    fake_stripe_answer("GET /v1/prices", 200, PRICES);
    return 0;
}

static int tear_down(void **state)
{
    stripe_world_close(*state);
    return 0;
}

static struct usage_report_list_rows pushes(struct stripe_world *here)
{
    struct usage_report_list_rows rows;

    world_check(sql_usage_report_list(here->world->db, here->arena, here->world->team_id, 0,
                                      INT64_MAX, &rows),
                "pushes");
    return rows;
}

static size_t in_state(struct stripe_world *here, const char *state)
{
    struct usage_report_list_rows rows = pushes(here);
    size_t count = 0;

    for (size_t i = 0; i < rows.count; i++)
        count += strcmp(rows.row[i].state, state) == 0;
    return count;
}

static void written(struct stripe_world *here, int64_t now_at)
{
    const struct context context =
        context_at(here->context->db, here->context->arena, here->context->config, now_at * 1000);

    world_check(usage_report_write(&context), "write");
}

static int64_t cost(struct stripe_world *here, int64_t from_at, int64_t until_at)
{
    int64_t millicents;

    world_check(ledger_cost_after(here->world->db, here->arena, here->world->team_id, from_at,
                                  from_at, until_at, &millicents),
                "cost");
    return millicents;
}

/* ---- recording ---- */

static void hours_add_up_to_months(void **state)
{
    struct stripe_world *here = *state;
    int64_t november = 0, december = 0, all;
    struct usage_report_list_rows rows;

    written(here, month_at + 30 * HOUR + LIMIT_METER_LAG_S);
    rows = pushes(here);
    assert_int_equal(rows.count, 80);
    assert_int_equal(rows.row[0].hour_at, began_at - began_at % HOUR);
    for (size_t i = 0; i < rows.count; i++)
        *(rows.row[i].hour_at < month_at ? &november : &december) += rows.row[i].value;
    assert_true(november > 0 && december > 0);
    assert_int_equal(november, cost(here, date_month_start(month_at - 1), month_at));
    assert_int_equal(december, cost(here, month_at, month_at + 30 * HOUR));
    world_check(usage_cost(here->world->db, here->arena, here->world->team_id, began_at,
                           month_at + 30 * HOUR, &all),
                "cost");
    assert_int_equal(all, november + december);
}

static void only_closed_hours(void **state)
{
    struct stripe_world *here = *state;

    written(here, began_at - began_at % HOUR + HOUR + LIMIT_METER_LAG_S - 1);
    assert_int_equal(pushes(here).count, 0);
    written(here, began_at - began_at % HOUR + HOUR + LIMIT_METER_LAG_S);
    assert_int_equal(pushes(here).count, 1);
    written(here, began_at - began_at % HOUR + HOUR + LIMIT_METER_LAG_S + 1);
    assert_int_equal(pushes(here).count, 1);
}

static void incrementally_or_all_at_once(void **state)
{
    struct stripe_world *here = *state;
    struct usage_report_list_rows rows;
    int64_t sum = 0;

    for (int64_t now = began_at; now < month_at + 30 * HOUR + LIMIT_METER_LAG_S; now += 1777)
        written(here, now);
    written(here, month_at + 30 * HOUR + LIMIT_METER_LAG_S);
    rows = pushes(here);
    assert_int_equal(rows.count, 80);
    for (size_t i = 0; i < rows.count; i++)
        sum += rows.row[i].value;
    assert_int_equal(sum, cost(here, date_month_start(month_at - 1), month_at) +
                              cost(here, month_at, month_at + 30 * HOUR));
}

static void nothing_after_the_end(void **state)
{
    struct stripe_world *here = *state;
    struct world *world = here->world;
    int64_t began = began_at, ended = month_at;

    world_check(sql_billing_set_subscription(world->db, here->arena, world->team_id,
                                             STRIPE_SUBSCRIPTION, "canceled", began, &ended, NULL,
                                             NULL, &began, NULL, NULL, 0),
                "subscription");
    written(here, month_at + 30 * DAY);
    assert_int_equal(pushes(here).count, 50);
}

/* ---- sending ---- */

static void sent(struct stripe_world *here, int64_t now_at)
{
    struct error *e = stripe_world_run(here, now_at, usage_report_send);

    if (e)
        assert_true(e->kind == ERROR_RATE || e->kind == ERROR_UPSTREAM);
}

static void sent_once_under_one_identifier(void **state)
{
    struct stripe_world *here = *state;
    const char *iso = date_iso(here->arena, began_at + 2 * HOUR);
    const char *day = arena_printf(here->arena, "%.4s%.2s%.2s", iso, iso + 5, iso + 8);
    const char *last;

    written(here, began_at + 3 * HOUR);
    sent(here, began_at + 3 * HOUR);
    assert_int_equal(in_state(here, "confirmed"), 3);
    assert_int_equal(fake_stripe_asked("POST /v1/billing/meter_events", &last), 3);
    assert_non_null(strstr(
        last, arena_printf(here->arena,
                           "event_name=domicile_usage&payload[stripe_customer_id]=" STRIPE_CUSTOMER
                           "&payload[value]=%lld&identifier=use-1-%.8s",
                           (long long)pushes(here).row[2].value, day)));
    /* The last second of the hour. */
    assert_non_null(
        strstr(last, arena_printf(here->arena, "&timestamp=%lld",
                                  (long long)(began_at - began_at % HOUR + 3 * HOUR - 1))));
    sent(here, began_at + 4 * HOUR);
    assert_int_equal(fake_stripe_asked("POST /v1/billing/meter_events", NULL), 3);
}

static void rate_limited_it_backs_off(void **state)
{
    struct stripe_world *here = *state;
    int64_t now = began_at + 3 * HOUR;
    size_t before = 0;
    const char *last;

    written(here, now);
    fake_stripe_answer("POST /v1/billing/meter_events", 429, "{}");
    sent(here, now);
    assert_int_equal(fake_stripe_asked("POST /v1/billing/meter_events", NULL), 1);
    assert_int_equal(in_state(here, "new"), 2);
    /* With back-off: checking each second for an hour costs few requests. */
    for (int second = 1; second <= HOUR; second++)
        sent(here, now + second);
    before = fake_stripe_asked("POST /v1/billing/meter_events", &last);
    assert_in_range(before, 15, 60);
    fake_stripe_answer("POST /v1/billing/meter_events", 200, "{}");
    sent(here, now + 2 * HOUR);
    assert_int_equal(in_state(here, "confirmed"), 3);
}

static void refused_for_good(void **state)
{
    struct stripe_world *here = *state;

    written(here, began_at + 2 * HOUR);
    fake_stripe_answer("POST /v1/billing/meter_events", 400,
                       "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"no_meter\"}}");
    sent(here, began_at + 2 * HOUR);
    assert_int_equal(in_state(here, "failed"), 2);
    assert_non_null(strstr(pushes(here).row[0].reason, "no_meter"));
    sent(here, began_at + 3 * HOUR);
    assert_int_equal(fake_stripe_asked("POST /v1/billing/meter_events", NULL), 2);
}

/* One hour was sent, with an unknown result. */
static int64_t sent_blindly(struct stripe_world *here)
{
    int64_t now = began_at + HOUR + HOUR / 2;

    written(here, now);
    fake_stripe_answer("POST /v1/billing/meter_events", 500, "{}");
    sent(here, now);
    assert_int_equal(in_state(here, "sent"), 1);
    fake_stripe_forget();
    fake_stripe_answer("POST /v1/billing/meter_events", 200, "{}");
    fake_stripe_answer("GET /v1/prices", 200, PRICES);
    return now;
}

static void summary(struct stripe_world *here, const char *value)
{
    fake_stripe_answer("GET /v1/billing/meters/mtr_1/event_summaries", 200,
                       arena_printf(here->arena,
                                    "{\"data\":[{\"aggregated_value\":%s,\"start_time\":%lld}]}",
                                    value, (long long)(began_at - began_at % HOUR)));
}

static void a_quick_retry_is_resent(void **state)
{
    struct stripe_world *here = *state;
    int64_t now = sent_blindly(here);

    sent(here, now + 19 * HOUR);
    assert_int_equal(fake_stripe_asked("POST", NULL), 1);
    assert_int_equal(fake_stripe_asked("GET", NULL), 0);
    assert_int_equal(in_state(here, "confirmed"), 1);
}

static void a_late_retry_is_looked_up_first(void **state)
{
    struct stripe_world *here = *state;
    int64_t now = sent_blindly(here);

    summary(here, arena_printf(here->arena, "%lld.0", (long long)pushes(here).row[0].value));
    sent(here, now + 21 * HOUR);
    assert_int_equal(fake_stripe_asked("POST", NULL), 0);
    assert_int_equal(in_state(here, "confirmed"), 1);
}

static void usage_missing_at_stripe_is_sent(void **state)
{
    struct stripe_world *here = *state;
    int64_t now = sent_blindly(here);

    fake_stripe_answer("GET /v1/billing/meters/mtr_1/event_summaries", 200, "{\"data\":[]}");
    sent(here, now + 21 * HOUR);
    assert_int_equal(fake_stripe_asked("POST", NULL), 1);
    assert_int_equal(in_state(here, "confirmed"), 1);
}

static void a_different_value_at_stripe_is_reported(void **state)
{
    struct stripe_world *here = *state;
    int64_t now = sent_blindly(here);

    summary(here, "7");
    sent(here, now + 21 * HOUR);
    assert_int_equal(fake_stripe_asked("POST", NULL), 0);
    assert_int_equal(in_state(here, "different"), 1);
    assert_string_equal(pushes(here).row[0].reason, "Stripe counts 7");
}

static void too_old_for_stripe(void **state)
{
    struct stripe_world *here = *state;

    written(here, began_at + HOUR + HOUR / 2);
    sent(here, began_at + 40 * DAY);
    assert_int_equal(in_state(here, "failed"), 1);
    assert_int_equal(fake_stripe_asked("POST", NULL), 0);
}

/* ---- comparing ---- */

static void differences_are_checked_daily(void **state)
{
    struct stripe_world *here = *state;
    struct billing_problem_list_rows problems;
    int64_t now = began_at + 3 * DAY;

    written(here, now);
    sent(here, now);
    fake_stripe_answer("GET /v1/billing/meters/mtr_1/event_summaries", 200, "{\"data\":[]}");
    world_check(stripe_world_run(here, now, usage_report_compare), "compare");
    assert_true(in_state(here, "different") > 24);
    world_check(
        sql_billing_problem_list(here->world->db, here->arena, "", "", 0, INT64_MAX, &problems),
        "problems");
    assert_int_equal(problems.count, 1);
    assert_int_equal(fake_stripe_asked("GET /v1/billing/meters/mtr_1/event_summaries", NULL), 1);
    world_check(stripe_world_run(here, now + DAY - 1, usage_report_compare), "compare");
    assert_int_equal(fake_stripe_asked("GET /v1/billing/meters/mtr_1/event_summaries", NULL), 1);
}

static void a_price_of_another_unit_stops_it(void **state)
{
    struct stripe_world *here = *state;
    struct error *e;

    fake_stripe_answer("GET /v1/prices", 200,
                       fake_stripe_replace(here->arena, PRICES, "0.001", "0.01"));
    e = stripe_world_run(here, began_at + DAY, usage_report_compare);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_non_null(strstr(e->text, "stripe-setup"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hours_add_up_to_months),
        TEST(only_closed_hours),
        TEST(incrementally_or_all_at_once),
        TEST(nothing_after_the_end),
        TEST(sent_once_under_one_identifier),
        TEST(rate_limited_it_backs_off),
        TEST(refused_for_good),
        TEST(a_quick_retry_is_resent),
        TEST(a_late_retry_is_looked_up_first),
        TEST(usage_missing_at_stripe_is_sent),
        TEST(a_different_value_at_stripe_is_reported),
        TEST(too_old_for_stripe),
        TEST(differences_are_checked_daily),
        TEST(a_price_of_another_unit_stops_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
