/*
 * Versions of the policies: what weakens is held back until it was announced and the notice period
 * is over, what strengthens is published at once, and every version is signed and never changes.
 */
#include "adapter/crypto.h"
#include "base/array.h"
#include "base/word_diff.h"
#include "model/policy_hold.h"
#include "view/policy_read.h"
#include "worker/policy_publish.h"
#include "worker/policy_render.h"
#include "world.h"

#include "mail.sql.h"
#include "policy_version.sql.h"
#include "signing_key.sql.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { DAY = 86400 };

static const int64_t NOW = 1793491200 + 3600; /* 1 Nov 2026, 1:00 */
static struct world *world;

static int set_up(void **state)
{
    (void)state;
    world = world_open(world_folder("fake:///local"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(world);
    return 0;
}

/* What no statement of the product writes. */
static void plant(const char *sql)
{
    sqlite3 *sqlite;

    assert_int_equal(
        sqlite3_open(arena_printf(world->arena, "%s/data/main.db", world->state_dir), &sqlite),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sqlite);
}

/* A configuration of its own, regions included. */
static struct config *copy(void)
{
    struct config *config = arena_alloc(world->arena, sizeof *config);

    *config = *world->config;
    config->regions = arena_array(world->arena, config->region_count, sizeof *config->regions);
    memcpy(config->regions, world->config->regions, config->region_count * sizeof *config->regions);
    return config;
}

static struct policy_held publish(struct config *config, int64_t now_at)
{
    struct policy_held held;

    world_check(policy_publish(world->db, world->arena, config, now_at, &held), "publish");
    return held;
}

static int64_t number_at(int64_t now_at)
{
    struct policy_version_now_row now;

    world_check(sql_policy_version_now(world->db, world->arena, now_at, &now), "now");
    return now.number;
}

/* The first version, of the world's configuration; the world has a person. */
static void first_publish(void)
{
    const struct policy_held held = publish(copy(), NOW);

    assert_int_equal(held.number, 1);
    assert_int_equal(held.list.count, 0);
}

/* ---- published ---- */

static void versions_are_signed_and_published_once(void **state)
{
    struct policy_version_get_row version;
    struct signing_key_list_rows keys;
    struct policy_view_rows views;

    (void)state;
    first_publish();
    assert_int_equal(publish(copy(), NOW + DAY).number, 1);
    world_check(sql_policy_version_get(world->db, world->arena, 1, &version), "version");
    world_check(sql_signing_key_list(world->db, world->arena, &keys), "keys");
    assert_int_equal(keys.count, 1);
    assert_string_equal(keys.row[0].id, version.key_id);
    assert_true(crypto_ed25519_is_signed(keys.row[0].public_key.bytes, version.body,
                                         strlen(version.body), version.signature.bytes));
    assert_int_equal(version.announced_at, NOW);
    assert_string_equal(version.changes, "");
    world_check(policy_read(world->arena, version.body, &views), "read");
    assert_non_null(policy_view_find(&views, "cookies"));
}

static void a_stronger_value_is_published_at_once(void **state)
{
    struct config *config = copy();

    (void)state;
    first_publish();
    config->log_days = 7;
    assert_int_equal(publish(config, NOW + 60).number, 2);
    assert_int_equal(config->log_days, 7);
    assert_int_equal(number_at(NOW + 60), 2);
    /* Now the former value would be weaker. */
    config = copy();
    assert_int_equal(publish(config, NOW + 120).list.count, 1);
    assert_int_equal(config->log_days, 7);
    assert_int_equal(number_at(NOW + 120), 2);
}

/* A version that did not speak of something did not promise it: nothing is held at nothing. */
static void what_was_not_said_is_not_held(void **state)
{
    struct config *config = copy();

    (void)state;
    first_publish();
    plant("DELETE FROM policy_fact WHERE name = 'log_days'");
    assert_int_equal(publish(config, NOW + 60).list.count, 0);
    assert_int_equal(config->log_days, 30);
}

static void without_a_key_the_version_in_force_stays(void **state)
{
    struct config *config = copy();
    const char *path = arena_printf(world->arena, "%s/secrets/signing-key", world->state_dir);
    struct context now = context_at(world->db, world->arena, config, (NOW + 60) * 1000);

    (void)state;
    first_publish();
    assert_int_equal(unlink(path), 0);
    config->log_days = 31;
    assert_int_equal(publish(config, NOW + 60).number, 1);
    assert_int_equal(config->log_days, 30);
    world_check(policy_watch(&now), "watch");
    assert_false(policy_is_replaced());
}

static void nobody_has_to_be_told_before_somebody_is_there(void **state)
{
    struct config *config = copy();

    (void)state;
    first_publish();
    plant("DELETE FROM person");
    config->log_days = 300;
    assert_int_equal(publish(config, NOW + 60).number, 2);
    assert_int_equal(config->log_days, 300);
}

/* ---- held ---- */

/* What one change of the configuration weakens; it must not be published. */
static struct config *held_of(void (*change)(struct config *config), const char *text)
{
    struct config *config = copy(), *web = copy();
    struct policy_held held;
    int64_t number;

    change(config);
    change(web);
    held = publish(config, NOW + 60);
    assert_int_equal(held.list.count, 1);
    assert_string_equal(held.list.row[0].text, text);
    assert_int_equal(held.unannounced.count, 1);
    assert_int_equal(number_at(NOW + 60), 1);
    world_check(policy_apply(world->db, world->arena, web, NOW + 60, &number), "apply");
    assert_int_equal(number, 1);
    assert_int_equal(web->log_days, config->log_days);
    assert_string_equal(web->billing, config->billing);
    assert_string_equal(web->mail, config->mail);
    return config;
}

static void logs_longer(struct config *config)
{
    config->log_days = 31;
}

static void records_longer(struct config *config)
{
    config->destroyed_vm_days = 91;
}

static void records_shorter(struct config *config)
{
    config->destroyed_vm_days = 0;
}

static void closed_longer(struct config *config)
{
    config->closed_days = 31;
}

static void closed_shorter(struct config *config)
{
    config->closed_days = 0;
}

static void notice_shorter(struct config *config)
{
    config->notice_days = 13;
}

static void younger(struct config *config)
{
    config->minimum_age = 13;
}

static void counts_on(struct config *config)
{
    config->has_counts = true;
}

static void referrers_on(struct config *config)
{
    config->has_referrers = true;
}

static void disk_looks_on(struct config *config)
{
    config->looks = LOOKS_DISK;
}

static void stripe_on(struct config *config)
{
    config->billing = "stripe";
}

static void workos_on(struct config *config)
{
    config->identity = "workos";
}

static void github_on(struct config *config)
{
    config->github_import = "on";
}

static void mail_on(struct config *config)
{
    config->mail = "smtp";
    config->mail_url = "smtp://mail.example.org:587";
    config->mail_country = "US";
}

static void values_are_held(void **state)
{
    (void)state;
    world->config->looks = LOOKS_CONSOLE;
    first_publish();
    assert_int_equal(
        held_of(logs_longer, "Request and error logs are kept for 31 days (before: 30).")->log_days,
        30);
    assert_int_equal(held_of(records_longer, "The record and activity of a destroyed VM are kept "
                                             "for 91 days (before: 90).")
                         ->destroyed_vm_days,
                     90);
    assert_int_equal(held_of(records_shorter, "The record and activity of a destroyed VM are kept "
                                              "for 0 days (before: 90).")
                         ->destroyed_vm_days,
                     90);
    assert_int_equal(
        held_of(closed_longer, "A closed account is deleted after 31 days (before: 30).")
            ->closed_days,
        30);
    /* A version of before this was a fact of its own has it as the term of a promise. */
    plant("UPDATE policy_fact SET name = 'term', member = 'closed-accounts', number = 2592000 "
          "WHERE name = 'closed_days'");
    assert_int_equal(
        held_of(closed_shorter, "A closed account is deleted after 0 days (before: 30).")
            ->closed_days,
        30);
    assert_int_equal(held_of(notice_shorter, "Changes are announced 13 days before they take "
                                             "effect (before: 14).")
                         ->notice_days,
                     14);
    assert_int_equal(held_of(younger, "People may have an account from the age of 13 (before: 16).")
                         ->minimum_age,
                     16);
    assert_false(held_of(counts_on, "Requests are counted.")->has_counts);
    assert_false(
        held_of(referrers_on, "The websites that visitors come from are counted.")->has_referrers);
    assert_int_equal(held_of(disk_looks_on, "The admin may look at the console and the disk of a "
                                            "VM, for a reason that its owners are told.")
                         ->looks,
                     LOOKS_CONSOLE);
}

/* What was published before there were looks at disks; and where nobody looks at all. */
static void nobody_looks(void **state)
{
    (void)state;
    world->config->looks = LOOKS_NEVER;
    first_publish();
    assert_int_equal(held_of(disk_looks_on, "The admin may look at the console and the disk of a "
                                            "VM, for a reason that its owners are told.")
                         ->looks,
                     LOOKS_NEVER);
}

/* What those who pay were told: they are stopped later, and destroyed later still. */
/* Other words may be weaker, which nobody can tell; where a number tells, it decides. */
static void other_words_are_a_change(void **state)
{
    struct policy_held held;

    (void)state;
    world->config->looks = LOOKS_NEVER;
    first_publish();
    plant("UPDATE policy_fact SET number = 1 WHERE name = 'statement' AND member IN "
          "('looking-inside', 'no-sale')");
    held = publish(copy(), NOW + 60);
    assert_int_equal(held.list.count, 2);
    assert_true(held.list.row[0].is_change && held.list.row[1].is_change);
    assert_string_equal(held.list.row[0].member, "looking-inside");
    plant("UPDATE policy_fact SET number = 1 WHERE name = 'looks';"
          "UPDATE policy_fact SET number = 10 WHERE name = 'log_days'");
    held = publish(copy(), NOW + 120);
    assert_int_equal(held.list.count, 2);
    assert_string_equal(held.list.row[0].name, "log_days");
    assert_false(held.list.row[0].is_change);
    assert_string_equal(held.list.row[1].member, "no-sale");
}

/* As long as the text in force is held, so is each term that it says, also one that is longer. */
static void a_shorter_term_waits_for_its_text(void **state)
{
    struct config *config = copy(), *web = copy();
    int64_t number;

    (void)state;
    first_publish();
    plant("UPDATE policy_fact SET number = 1 WHERE name = 'statement' AND member = 'no-sale'");
    config->log_days = web->log_days = 7;
    assert_int_equal(publish(config, NOW + 60).list.count, 1);
    assert_int_equal(number_at(NOW + 60), 1);
    assert_int_equal(config->log_days, 30);
    world_check(policy_apply(world->db, world->arena, web, NOW + 60, &number), "apply");
    assert_int_equal(web->log_days, 30);
}

static void terms_of_payment_are_held(void **state)
{
    struct config *config = copy();
    struct policy_held held;

    (void)state;
    config->billing = "stripe";
    assert_int_equal(publish(config, NOW).number, 1);
    config->trial_days--;
    config->grace_days--;
    config->retention_days--;
    held = publish(config, NOW + 60);
    assert_int_equal(held.list.count, 3);
    assert_string_equal(held.list.row[0].text,
                        "VMs are stopped 6 days after an invoice was not paid (before: 7).");
    assert_int_equal(config->trial_days, 14);
    assert_int_equal(config->grace_days, 7);
    assert_int_equal(config->retention_days, 30);
    config->grace_days = 8;
    assert_int_equal(publish(config, NOW + 120).list.count, 0);
}

static void new_recipients_are_not_contacted(void **state)
{
    (void)state;
    first_publish();
    assert_string_equal(
        held_of(stripe_on, "Data is sent to a further recipient: Stripe (api.stripe.com, US).")
            ->billing,
        "off");
    assert_string_equal(
        held_of(workos_on, "Data is sent to a further recipient: WorkOS (api.workos.com, US).")
            ->identity,
        "local");
    assert_string_equal(
        held_of(github_on, "Data is sent to a further recipient: GitHub (github.com, US).")
            ->github_import,
        "off");
    assert_string_equal(
        held_of(mail_on, "Data is sent to a further recipient: Mail server (mail.example.org, US).")
            ->mail,
        "off");
}

/* Its password would otherwise go to the former host. */
static void a_recipient_that_moves_is_not_contacted(void **state)
{
    struct config *config = copy();

    (void)state;
    mail_on(config);
    assert_int_equal(publish(config, NOW).number, 1);
    config = copy();
    mail_on(config);
    config->mail_url = "smtp://elsewhere.example.org:587";
    config->mail_country = "RU";
    assert_int_equal(publish(config, NOW + 60).list.count, 1);
    assert_string_equal(config->mail, "off");
    config = copy();
    mail_on(config);
    config->mail_country = "RU";
    assert_int_equal(publish(config, NOW + 120).list.count, 1);
    assert_string_equal(config->mail, "smtp");
    assert_string_equal(config->mail_country, "US");
}

static void places_are_held(void **state)
{
    struct config *config = copy();

    (void)state;
    config->regions[0].country = "";
    assert_int_equal(publish(config, NOW).number, 1);
    /* To declare it for the first time is no further place. */
    config = copy();
    config->regions[0].country = "DE";
    assert_int_equal(publish(config, NOW + 60).list.count, 0);
    assert_string_equal(config->regions[0].country, "DE");
    assert_int_equal(number_at(NOW + 60), 2);
    config = copy();
    config->regions[0].country = "US";
    assert_int_equal(publish(config, NOW + 120).list.count, 1);
    assert_string_equal(config->regions[0].country, "DE");
    /* A region that nobody was told of offers nothing. */
    config = copy();
    config->regions[0].name = "moon";
    config->regions[0].country = "DE";
    assert_int_equal(publish(config, NOW + 180).list.count, 1);
    assert_int_equal(config->region_count, world->config->region_count - 1);
}

static void the_old_text_stays_while_the_software_says_less(void **state)
{
    struct config *config = copy();
    struct policy_held held;

    (void)state;
    first_publish();
    /* As if the former version of the software had been another. */
    plant("DELETE FROM policy_fact WHERE name = 'column' AND member = 'person.email';"
          "UPDATE policy_fact SET number = 1 WHERE name = 'purpose' AND member = 'person.name';"
          "UPDATE policy_fact SET number = 7 * 86400 WHERE name = 'term' AND member = 'mails';"
          "INSERT INTO policy_fact VALUES (1, 'promise', 'no-longer-there', 1)");
    config->log_days = 7; /* stronger, but in no text yet */
    held = publish(config, NOW + 60);
    assert_int_equal(held.list.count, 4);
    assert_string_equal(held.list.row[0].text,
                        "A further kind of personal data is stored: person.email.");
    assert_string_equal(held.list.row[1].text, "The purpose, legal basis or period of stored data "
                                               "changes: person.name.");
    assert_non_null(strstr(held.list.row[2].text, "30 days. (before: 7 days)"));
    assert_string_equal(held.list.row[3].text, "No longer promised: no-longer-there");
    assert_int_equal(number_at(NOW + 60), 1);
    assert_int_equal(config->log_days, 30);
}

/* A region that stays, with less between its guests and the host: the text cannot say so yet. */
static void less_isolation_is_weaker(void **state)
{
    struct config *config = copy();

    (void)state;
    config->regions[0].uri = "qemu:///system";
    assert_int_equal(publish(config, NOW).number, 1);
    config = copy();
    config->regions[0].uri = "qemu:///session";
    assert_int_equal(publish(config, NOW + 60).list.count, 1);
    assert_int_equal(number_at(NOW + 60), 1);
}

/* ---- announced ---- */

static struct error *schedule(struct config *config, int64_t now_at, int64_t from_at,
                              struct policy_schedule *out)
{
    const struct context now = context_at(world->db, world->arena, config, now_at * 1000);

    return policy_schedule(&now, from_at, out);
}

static int64_t mails(void)
{
    struct mail_count_since_row row;

    world_check(
        sql_mail_count_since(world->db, world->arena, "you@example.org", "policy_change", 0, &row),
        "mails");
    return row.total;
}

static void an_announced_change_takes_effect_on_its_day(void **state)
{
    const int64_t day = NOW / DAY * DAY + 15 * DAY;
    struct config *config = copy();
    struct policy_schedule out;
    struct policy_held held;

    (void)state;
    first_publish();
    assert_non_null(schedule(config, NOW, 0, &out)); /* nothing is weaker */
    logs_longer(config);
    assert_non_null(schedule(config, NOW, day - DAY, &out)); /* too early */
    assert_int_equal(number_at(NOW + 100 * DAY), 1);
    world_check(schedule(config, NOW, 0, &out), "schedule");
    assert_int_equal(out.number, 2);
    assert_int_equal(out.effective_at, day);
    assert_int_equal(out.mails, 1);
    assert_int_equal(mails(), 1);
    assert_non_null(schedule(config, NOW, 0, &out)); /* once is enough */
    /* Meanwhile there is no version that the announced one would undo, and so no other term. */
    config->log_days = 7;
    assert_int_equal(publish(config, NOW + DAY).number, 1);
    assert_int_equal(config->log_days, 30);
    config = copy();
    logs_longer(config);
    assert_int_equal(mails(), 1);

    held = publish(config, day - 1);
    assert_int_equal(config->log_days, 30);
    assert_int_equal(held.list.count, 1);
    assert_int_equal(held.unannounced.count, 0);
    assert_int_equal(number_at(day - 1), 1);

    config = copy();
    logs_longer(config);
    held = publish(config, day);
    assert_int_equal(held.number, 2);
    assert_int_equal(held.list.count, 0);
    assert_int_equal(config->log_days, 31);
    assert_int_equal(mails(), 1);
}

static void an_announcement_can_be_withdrawn(void **state)
{
    const int64_t day = NOW / DAY * DAY + 15 * DAY;
    struct context now = context_at(world->db, world->arena, copy(), (NOW + 60) * 1000);
    struct config *config = copy();
    struct policy_schedule out;

    (void)state;
    first_publish();
    assert_non_null(policy_withdraw(&now, &out)); /* nothing is announced */
    logs_longer(config);
    world_check(schedule(config, NOW, 0, &out), "schedule");
    world_check(policy_withdraw(&now, &out), "withdraw");
    assert_int_equal(out.number, 2);
    assert_int_equal(out.mails, 1);
    assert_int_equal(mails(), 2);
    assert_non_null(policy_withdraw(&now, &out)); /* once */
    assert_int_equal(publish(config, day).number, 1);
    assert_int_equal(config->log_days, 30);
    /* Another may be announced, from the text that is in force. */
    records_longer(config);
    world_check(schedule(config, day, 0, &out), "schedule again");
    assert_int_equal(out.number, 3);
    assert_int_equal(out.list.count, 1);
    assert_int_equal(number_at(out.effective_at), 3);
    now = context_at(world->db, world->arena, copy(), out.effective_at * 1000);
    assert_non_null(policy_withdraw(&now, &out)); /* it is in force */
}

static void a_day_may_be_chosen_after_the_notice(void **state)
{
    const int64_t day = NOW / DAY * DAY + 40 * DAY;
    struct config *config = copy();
    struct policy_schedule out;

    (void)state;
    first_publish();
    stripe_on(config);
    world_check(schedule(config, NOW, day, &out), "schedule");
    assert_int_equal(out.effective_at, day);
    /* What is announced is not more than that. */
    logs_longer(config);
    assert_int_equal(publish(config, NOW + 60).unannounced.count, 1);
    assert_int_equal(config->log_days, 30);
}

static void a_clock_that_was_set_back_publishes_nothing_in_the_past(void **state)
{
    struct config *config = copy();
    struct policy_version_get_row version;

    (void)state;
    first_publish();
    config->log_days = 7;
    publish(config, NOW - 10 * DAY);
    config = copy();
    config->log_days = 6;
    publish(config, NOW + 1);
    world_check(sql_policy_version_get(world->db, world->arena, number_at(NOW + 1), &version),
                "version");
    assert_true(version.effective_at >= NOW);
}

/* ---- differences ---- */

static void words_that_changed_are_found(void **state)
{
    struct diff_steps steps = diff_words_find(world->arena, "Logs are kept for 30 days here.",
                                              "Logs stay for 60 days here.");

    (void)state;
    assert_int_equal(steps.count, 7);
    assert_string_equal(steps.row[0].text, "Logs ");
    assert_int_equal(steps.row[1].kind, DIFF_REMOVED);
    assert_string_equal(steps.row[1].text, "are kept ");
    assert_int_equal(steps.row[2].kind, DIFF_ADDED);
    assert_string_equal(steps.row[2].text, "stay ");
    assert_string_equal(steps.row[3].text, "for ");
    assert_string_equal(steps.row[4].text, "30 ");
    assert_string_equal(steps.row[5].text, "60 ");
    assert_string_equal(steps.row[6].text, "days here.");
    assert_int_equal(diff_words_find(world->arena, "", "").count, 0);
    assert_int_equal(diff_words_find(world->arena, "same", "same").count, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(versions_are_signed_and_published_once),
        TEST(a_stronger_value_is_published_at_once),
        TEST(what_was_not_said_is_not_held),
        TEST(without_a_key_the_version_in_force_stays),
        TEST(nobody_has_to_be_told_before_somebody_is_there),
        TEST(values_are_held),
        TEST(nobody_looks),
        TEST(other_words_are_a_change),
        TEST(a_shorter_term_waits_for_its_text),
        TEST(terms_of_payment_are_held),
        TEST(new_recipients_are_not_contacted),
        TEST(a_recipient_that_moves_is_not_contacted),
        TEST(places_are_held),
        TEST(the_old_text_stays_while_the_software_says_less),
        TEST(less_isolation_is_weaker),
        TEST(an_announced_change_takes_effect_on_its_day),
        TEST(an_announcement_can_be_withdrawn),
        TEST(a_day_may_be_chosen_after_the_notice),
        TEST(a_clock_that_was_set_back_publishes_nothing_in_the_past),
        TEST(words_that_changed_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
