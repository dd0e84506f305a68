/*
 * The outbound ledger against a fake Stripe: it holds the hosts, purposes and names of fields of
 * exactly the requests that arrived there, and no value of them.
 */
#include "adapter/smtp_client.h"
#include "adapter/transfer.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/text.h"
#include "billing/dunning.h"
#include "model/outbound.h"
#include "model/recipient.h"
#include "model/state_path.h"
#include "stripe_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = stripe_world_open();
    transfer_observe(outbound_note);
    return 0;
}

static int tear_down(void **state)
{
    transfer_observe(NULL);
    stripe_world_close(*state);
    return 0;
}

/* What sqlite3 says of the database to some statements, until the next one. */
static const char *ask(struct stripe_world *here, const char *statements)
{
    static char text[1 << 16];
    const char *path = main_db_path(here->arena, here->world->state_dir);
    FILE *pipe = popen(arena_printf(here->arena, "sqlite3 '%s' \"%s\"", path, statements), "r");
    size_t length;

    assert_non_null(pipe);
    length = fread(text, 1, sizeof text - 1, pipe);
    text[length] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static const char *stripe_host(struct stripe_world *here)
{
    return here->world->config->stripe_url + strlen("http://");
}

static void what_stripe_was_sent_is_recorded(void **state)
{
    struct stripe_world *here = *state;
    int64_t now_at = clock_now();

    fake_stripe_answer("GET /v1/invoices", 200, "{\"data\":[]}");
    world_check(stripe_world_run(here, now_at, dunning_sync), "sync");
    assert_int_equal(fake_stripe_asked("", NULL), 3);
    assert_string_equal(
        ask(here, "SELECT host, purpose, team_id, was_listed, sum(transfers), sum(answered), "
                  "min(day_at) = max(day_at), min(first_at) = max(last_at) FROM outbound "
                  "GROUP BY 1, 2, 3, 4"),
        arena_printf(here->arena, "%s|billing|%lld|1|3|3|1|1\n", stripe_host(here),
                     (long long)here->world->team_id));
    assert_string_equal(ask(here, "SELECT fields FROM outbound ORDER BY 1"),
                        "customer, limit\n"
                        "customer, limit, expand[0]\n"
                        "lookup_keys[0], active\n");
}

static void no_value_is_recorded(void **state)
{
    static const char *const values[] = { STRIPE_CUSTOMER, "sk_test", "domicile_usage", "FixtUse" };
    struct stripe_world *here = *state;
    const char *dump;

    fake_stripe_answer("GET /v1/invoices", 200, "{\"data\":[]}");
    world_check(stripe_world_run(here, clock_now(), dunning_sync), "sync");
    dump = ask(here, ".dump outbound");
    assert_non_null(strstr(dump, "billing"));
    for (size_t i = 0; i < COUNT(values); i++)
        assert_null(strstr(dump, values[i]));
}

static void mail_send(struct stripe_world *here, const char *url)
{
    const struct smtp_server smtp = { .url = url, .name = "localhost" };
    const struct smtp_message mail = { .from = "a@b", .to = "secret@c", .text = "x", .html = "" };
    const char *reply;

    assert_null(smtp_client_open(here->arena));
    assert_non_null(smtp_client_send(&smtp, here->arena, &mail, &reply));
}

/* Nothing listens there: what was tried counts, too. */
static void what_is_not_answered_is_recorded(void **state)
{
    struct stripe_world *here = *state;
    const struct context now = world_context(here->world);

    mail_send(here, "smtp://127.0.0.1:1");
    mail_send(here, "smtp://127.0.0.1:1");
    outbound_write(&now, 0);
    mail_send(here, "smtp://127.0.0.1:1");
    outbound_write(&now, 0);
    assert_string_equal(ask(here, "SELECT host, purpose, fields, team_id IS NULL, was_listed, "
                                  "transfers, answered, sent_bytes FROM outbound"),
                        "127.0.0.1:1|mail|recipient, subject, text|1|0|3|0|0\n");
}

static void a_failed_write_is_made_up_for(void **state)
{
    struct stripe_world *here = *state;
    const struct context now = world_context(here->world);

    ask(here, "ALTER TABLE outbound RENAME TO hidden");
    mail_send(here, "smtp://127.0.0.1:1");
    outbound_write(&now, here->world->team_id);
    assert_false(db_is_in_transaction(now.db));
    mail_send(here, "smtp://127.0.0.1:2");
    ask(here, "ALTER TABLE hidden RENAME TO outbound");
    outbound_write(&now, 0);
    assert_string_equal(ask(here, "SELECT host, team_id, transfers FROM outbound ORDER BY 1"),
                        arena_printf(here->arena, "127.0.0.1:1|%lld|1\n127.0.0.1:2||1\n",
                                     (long long)here->world->team_id));
    outbound_write(&now, 0);
    assert_string_equal(ask(here, "SELECT sum(transfers) FROM outbound"), "2\n");
}

static void notes_are_few(void **state)
{
    struct stripe_world *here = *state;
    const struct context now = world_context(here->world);

    for (int i = 0; i < 100; i++)
        outbound_note(&(struct transfer_note){
            .host = arena_printf(here->arena, "%d.example", i), .purpose = "mail", .fields = "x" });
    outbound_write(&now, 0);
    assert_string_equal(ask(here, "SELECT count(*) FROM outbound"), "64\n");
}

static void a_deleted_team_takes_its_rows_along(void **state)
{
    struct stripe_world *here = *state;
    const struct context now = world_context(here->world);
    int64_t team_id = here->world->team_id;

    mail_send(here, "smtp://127.0.0.1:1");
    outbound_write(&now, team_id);
    mail_send(here, "smtp://127.0.0.1:2");
    ask(here, "PRAGMA foreign_keys = ON; DELETE FROM team");
    outbound_write(&now, team_id);
    assert_string_equal(ask(here, "SELECT host, team_id FROM outbound"), "127.0.0.1:2|\n");
}

static void recipients_follow_the_configuration(void **state)
{
    struct stripe_world *here = *state;
    struct config config = *here->world->config;
    struct recipient_rows rows;

    config.billing = "off";
    assert_int_equal(recipient_list(here->arena, &config).count, 0);
    config.billing = "stripe";
    rows = recipient_list(here->arena, &config);
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.row[0].host, stripe_host(here));
    config.identity = "workos";
    config.github_import = "on";
    config.mail = "smtp";
    config.mail_url = "smtps://Mail.example.org:465";
    rows = recipient_list(here->arena, &config);
    assert_int_equal(rows.count, RECIPIENT_MAX);
    assert_string_equal(recipient_find(&rows, "api.workos.com")->name, "WorkOS");
    assert_string_equal(recipient_find(&rows, "github.com")->name, "GitHub");
    assert_string_equal(recipient_find(&rows, "mail.example.org")->name, "Mail server");
    assert_null(recipient_find(&rows, "api.workos.com.evil.example"));
    assert_null(recipient_find(&rows, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_stripe_was_sent_is_recorded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_value_is_recorded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_answered_is_recorded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_write_is_made_up_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notes_are_few, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_team_takes_its_rows_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(recipients_follow_the_configuration, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
