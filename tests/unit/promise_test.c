/*
 * Promises: all are kept on a fresh server, and a planted violation of each turns that one red and
 * no other, until it is mended.
 */
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "drain.h"
#include "fake_driver.h"
#include "model/export.h"
#include "model/promise_row.h"
#include "model/review.h"
#include "model/state_path.h"
#include "worker/audit_day.h"
#include "worker/policy_publish.h"
#include "worker/promise.h"
#include "worker/receipt_vm.h"
#include "world.h"

#include "mail.sql.h"
#include "promise.sql.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct test {
    struct world *world;
    struct worker_context *context;
    const char *vm; /* a running VM */
};

/* The ends of the history's chains are signed. */
static void day_end(struct test *test)
{
    const struct context context = worker_context_now(test->context, test->world->arena);

    world_check(audit_day_run(&context), "sign");
}

static int set_up(void **state)
{
    struct policy_held held;
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);

    *fake = (struct fake_host){ .calls = 0 };
    test->world = world_open(world_folder("fake:///local"));
    test->context = drain_bench(test->world);
    test->vm = world_create(test->world, "first");
    drain(test->context);
    world_check(policy_publish(test->world->db, test->world->arena, test->world->config,
                               clock_now(), &held),
                "publish");
    audit_day_open(test->world->arena, test->world->config);
    day_end(test);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;

    worker_context_close(test->context);
    world_close(test->world);
    return 0;
}

/* Changes the database as no code of ours would. */
static void plant(struct test *test, const char *sql)
{
    struct arena *arena = test->world->arena;
    const char *command =
        arena_printf(arena, "sqlite3 -cmd '.read tests/usage_quarter.sql' '%s' \"%s\"",
                     main_db_path(arena, test->world->state_dir), sql);

    assert_int_equal(system(command), 0);
}

static struct promise_list_rows measure(struct test *test)
{
    struct promise_list_rows rows;
    size_t made = 0;

    world_check(promise_round(test->context, true), "round");
    plant(test, "UPDATE promise SET checked_at = 1 WHERE id = 'isolation-probe'");
    world_check(promise_round(test->context, false), "the worker's");
    world_check(sql_promise_list(test->world->db, test->world->arena, clock_now(), &rows), "list");
    for (size_t i = 0; i < PROMISE_COUNT; i++)
        made += !PROMISES[i].is_made || PROMISES[i].is_made(test->world->config);
    assert_int_equal(rows.count, made);
    return rows;
}

/*
 * There is no web server here, see e2e/promises.mjs; without one, nothing is served in plain. Nor
 * has there been a review.
 */
static const char *expected_of(const struct promise_list_row *row)
{
    bool needs_door = strcmp(row->topic, "This website") == 0 && strcmp(row->id, "plain-http") != 0;

    return needs_door || strcmp(row->id, "review") == 0 ? "unknown" : "green";
}

/* Each promise has the usual state, but for `id`, which has `state`. */
static void only_differs(struct test *test, const char *id, const char *state)
{
    struct promise_list_rows rows = measure(test);
    bool is_found = false;

    for (size_t i = 0; i < rows.count; i++) {
        bool is_it = strcmp(rows.row[i].id, id) == 0;
        const char *expected = is_it ? state : expected_of(&rows.row[i]);

        if (strcmp(rows.row[i].state, expected) != 0)
            fail_msg("%s is %s, not %s: %lld of %lld, %s", rows.row[i].id, rows.row[i].state,
                     expected, (long long)rows.row[i].figure, (long long)rows.row[i].figure_max,
                     rows.row[i].evidence);
        is_found |= is_it;
    }
    assert_true(is_found || !*id);
}

static void all_are_kept_at_first(void **state)
{
    only_differs(*state, "", "");
}

/* Their page has each topic once. */
static void topics_stay_together(void **state)
{
    (void)state;
    for (size_t i = 1; i < PROMISE_COUNT; i++) {
        for (size_t k = 0; k + 1 < i; k++) {
            if (strcmp(PROMISES[k].topic, PROMISES[i].topic) == 0)
                assert_string_equal(PROMISES[i - 1].topic, PROMISES[i].topic);
        }
    }
}

/* The sentences of the mail that is next, which is then sent; NULL: there is none. */
static const char *mail_take(struct test *test)
{
    struct world *world = test->world;
    int64_t now_at = clock_now();
    struct mail_next_row next;
    struct mail_take_row mail;
    struct error *e = sql_mail_next(world->db, world->arena, now_at, &next);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL;
    world_check(e, "next");
    world_check(sql_mail_take(world->db, world->arena, next.id, now_at, &mail), "take");
    world_check(sql_mail_end(world->db, world->arena, mail.id, "sent", NULL, now_at), "end");
    assert_string_equal(mail.kind, "promise_broken");
    assert_string_equal(mail.to_email, world->config->operator_email);
    return mail.promise;
}

#define OLD "unixepoch() - 3000000000"

#define OLD_LINK                                                                                   \
    "INSERT INTO signin_link (token_hash, email, created_at, expires_at) VALUES (x'00', 'a', "     \
    "unixepoch() - 94000, unixepoch())"
#define OLD_TRANSFER                                                                               \
    "INSERT INTO outbound VALUES (1, 'a', 'mail', 'text', NULL, 1, 1, 1, 1, 1, 1, " OLD ")"

/* Once for all that are found together, not at each measurement. */
static void the_operator_is_told_once(void **state)
{
    struct test *test = *state;

    measure(test);
    assert_null(mail_take(test));
    plant(test, OLD_TRANSFER);
    plant(test, OLD_LINK);
    measure(test);
    assert_string_equal(mail_take(test),
                        "Sign-in links are deleted after 1 day.#sign-in-links The log of data "
                        "sent to other services is deleted after 90 days.#outbound");
    measure(test);
    assert_null(mail_take(test));
    plant(test, "DELETE FROM signin_link; DELETE FROM outbound; DELETE FROM mail");
    plant(test, "UPDATE promise SET told_at = NULL");
    measure(test);
}

/* Again on the next day; meanwhile no other one is kept back. */
static void a_promise_is_told_of_once_a_day(void **state)
{
    struct test *test = *state;

    plant(test, OLD_LINK);
    measure(test);
    assert_string_equal(mail_take(test), "Sign-in links are deleted after 1 day.#sign-in-links");
    plant(test, "DELETE FROM signin_link");
    measure(test);
    plant(test, OLD_LINK);
    measure(test);
    assert_null(mail_take(test));
    plant(test, OLD_TRANSFER);
    measure(test);
    assert_string_equal(
        mail_take(test),
        "The log of data sent to other services is deleted after 90 days.#outbound");
    plant(test, "UPDATE promise SET told_at = told_at - 86400 WHERE id = 'sign-in-links'");
    plant(test, "UPDATE mail SET once = once || '-'");
    measure(test);
    assert_string_equal(mail_take(test), "Sign-in links are deleted after 1 day.#sign-in-links");
    plant(test, "DELETE FROM signin_link; DELETE FROM outbound; DELETE FROM mail");
    plant(test, "UPDATE promise SET told_at = NULL");
    measure(test);
}

static void an_old_row_turns_its_promise_red(void **state)
{
    static const struct {
        const char *id, *plant, *mend;
    } cases[] = {
        { "sessions",
          "INSERT INTO session (id_hash, handle, csrf_secret, browser, created_at, seen_at, "
          "idle_at, "
          "expires_at) VALUES (x'00', 'old', x'00', 'x', unixepoch() - 9000, 1, unixepoch() - "
          "7300, "
          "unixepoch() + 99)",
          "DELETE FROM session WHERE handle = 'old'" },
        { "session-length",
          "INSERT INTO session (id_hash, handle, csrf_secret, browser, created_at, seen_at, "
          "idle_at, "
          "expires_at) VALUES (x'01', 'long', x'00', 'x', unixepoch() - 86400 * 31, 1, "
          "unixepoch() + 99, unixepoch() + 99)",
          "DELETE FROM session WHERE handle = 'long'" },
        { "mail-content",
          "INSERT INTO mail (id, kind, to_email, once, url, state, attempts, due_at, created_at) "
          "VALUES ('old', 'signin_link', 'a', 'old', 'https://a', 'sent', 1, 1, unixepoch() - "
          "86400 * 3)",
          "DELETE FROM mail" },
        { "user-data",
          "INSERT INTO vm_user_data SELECT id, team_id, unixepoch() - 7300, 'x' FROM vm LIMIT 1; "
          "UPDATE vm SET state = 'running', state_at = unixepoch() - 7300",
          "DELETE FROM vm_user_data" },
        { "user-data",
          "INSERT INTO vm_user_data SELECT id, team_id, unixepoch() - 94000, 'x' FROM vm LIMIT 1; "
          "UPDATE vm SET state = 'failed', state_at = unixepoch()",
          "DELETE FROM vm_user_data" },
        { "restricted-accounts",
          "UPDATE person SET restricted_at = unixepoch() - 7300; UPDATE vm SET observed = "
          "'running'",
          "UPDATE person SET restricted_at = NULL" },
        { "suspended-accounts",
          "UPDATE person SET suspended_at = unixepoch() - 7300; UPDATE vm SET observed = "
          "'running'",
          "UPDATE person SET suspended_at = NULL" },
        { "suspended-accounts",
          "UPDATE team SET suspended_at = unixepoch() - 7300; UPDATE vm SET observed = 'running'",
          "UPDATE team SET suspended_at = NULL" },
        { "usage-objections",
          "INSERT INTO usage_minute SELECT team_id, id, unixepoch() - 7300, 1, 1, 1, 1, 1, 1, 1 "
          "FROM vm LIMIT 1; UPDATE team SET is_unmeasured = 1",
          "UPDATE team SET is_unmeasured = 0; DELETE FROM usage_minute" },
        { "account-deletion",
          "INSERT INTO erasure (id, address_hash, requested_by, requested_at, due_at, state) "
          "VALUES "
          "('old', x'00', 'person', 1, unixepoch() - 7300, 'running')",
          "DELETE FROM erasure" },
        { "account-rest",
          "PRAGMA foreign_keys = OFF; INSERT INTO known_browser VALUES (4711, 'Left', unixepoch())",
          "DELETE FROM known_browser WHERE person_id = 4711" },
        { "closed-accounts",
          "INSERT INTO erasure (id, address_hash, requested_by, requested_at, due_at, state) "
          "VALUES "
          "('late', x'00', 'person', 1, unixepoch(), 'running'); UPDATE team SET closed_at = "
          "unixepoch() - 86400 * 31; INSERT INTO erasure_team SELECT 'late', id FROM team",
          "UPDATE team SET closed_at = NULL; DELETE FROM erasure_team; DELETE FROM erasure" },
        { "requests-answered",
          "INSERT INTO rights_request (email, kind, received_at, due_at) VALUES ('a@b', 'copy', 1, "
          "unixepoch() - 1)",
          "DELETE FROM rights_request" },
        { "destroyed-records",
          "INSERT INTO vm (team_id, created_at, id, name, region, image, size, vcpus, memory_mb, "
          "disk_gb, wanted, wanted_at, state, state_at, observed, observed_at, gone_at) SELECT id, "
          "1, 'old', 'old', 'local', 'tiny', 'nano', 1, 1, 1, 'gone', 1, 'gone', 1, 'absent', 1, "
          "unixepoch() - 86400 * 91 FROM team LIMIT 1",
          "DELETE FROM vm WHERE id = 'old'" },
        { "payment-links",
          "INSERT INTO billing_request (job_id, team_id, url, expires_at) SELECT id, team_id, "
          "'https://pay', unixepoch() - 7300 FROM job LIMIT 1",
          "DELETE FROM billing_request" },
        { "sign-in-links",
          "INSERT INTO signin_link (token_hash, email, created_at, expires_at) VALUES (x'00', 'a', "
          "unixepoch() - 94000, unixepoch())",
          "DELETE FROM signin_link" },
        { "browsers",
          "INSERT INTO known_browser (person_id, browser, seen_at) SELECT id, 'Old', " OLD
          " FROM person LIMIT 1",
          "DELETE FROM known_browser WHERE browser = 'Old'" },
        { "access-requests",
          "INSERT INTO access_request (id, email, note, since_at) VALUES ('old', 'a@b', '', " OLD
          ")",
          "DELETE FROM access_request" },
        { "invites",
          "INSERT INTO invite (id, team_id, person_id, email, role, state, created_at, expires_at) "
          "SELECT 'old', t.id, p.id, 'a@b', 'viewer', 'revoked', " OLD ", 1 FROM team t, person p "
          "LIMIT 1",
          "DELETE FROM invite" },
        { "mails",
          "INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at) VALUES "
          "('old', 'signin_link', 'a', 'old', 'sent', 1, 1, " OLD ")",
          "DELETE FROM mail" },
        { "answered-requests",
          "INSERT INTO rights_request (kind, received_at, due_at, ended_at) VALUES ('copy', 1, 1, "
          "1)",
          "DELETE FROM rights_request" },
        { "outbound",
          "INSERT INTO outbound VALUES (1, 'a', 'mail', 'text', NULL, 1, 1, 1, 1, 1, 1, " OLD ")",
          "DELETE FROM outbound" },
        { "usage-minutes",
          "INSERT INTO usage_minute SELECT team_id, id, unixepoch() - 94000, 1, 1, 1, 1, 1, 1, 1 "
          "FROM vm LIMIT 1",
          "DELETE FROM usage_minute" },
        { "usage",
          "INSERT INTO usage_quarter SELECT team_id, id, unixepoch() - 94000000, 1, 1, 1, 1, 1, 1, "
          "1, 1, 1 "
          "FROM vm LIMIT 1",
          "DELETE FROM usage_day" },
        { "events",
          "INSERT INTO event (source, id, type, received_at, state, attempts, due_at_ms) VALUES "
          "('stripe', 'old', 't', " OLD ", 'applied', 1, 1)",
          "DELETE FROM event" },
        { "identities", "INSERT INTO workos_object VALUES ('old', 1, 0, " OLD ")",
          "DELETE FROM workos_object" },
        { "ledger",
          "INSERT INTO ledger VALUES (1, 1, 'old', 1, 2, 0, 'old', 'running', 'nano', 1, 0)",
          "DELETE FROM ledger WHERE vm_id = 'old'" },
        { "ledger", "INSERT INTO ledger_sum VALUES (1, 1, 'old', 2, 1, 0, 0, 1, 1)",
          "DELETE FROM ledger_sum WHERE vm_id = 'old'" },
        { "ledger", "INSERT INTO ledger_day VALUES (1, 1, 0, 1, 0)", "DELETE FROM ledger_day" },
        { "receipts", "INSERT INTO receipt_part VALUES (1, 'old', 1, 'disk', 'gone', 1)",
          "DELETE FROM receipt_part WHERE vm_id = 'old'" },
        { "receipts",
          "INSERT INTO receipt VALUES (1, 1, 'old', 'old', 'local', 'tiny', 'nano', 1, 1, 1, 1, "
          "NULL, NULL, 0, NULL)",
          "DELETE FROM receipt WHERE vm_id = 'old'" },
        { "invoices",
          "INSERT INTO invoice (team_id, created_at, id, status, currency, total_cents, "
          "remaining_cents, period_start_at, period_end_at) VALUES (1, 1, 'old', 'paid', 'EUR', 1, "
          "0, 1, 2)",
          "DELETE FROM invoice" },
        { "billing-activity",
          "INSERT INTO billing_activity (team_id, at, id, what) VALUES (1, 1, 'old', 'x')",
          "DELETE FROM billing_activity" },
        { "usage-reports",
          "INSERT INTO usage_report (team_id, hour_at, identifier, value, state, attempts, due_at) "
          "VALUES (1, 1, 'old', 1, 'confirmed', 1, 1)",
          "DELETE FROM usage_report" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        plant(*state, cases[i].plant);
        only_differs(*state, cases[i].id, "red");
        plant(*state, cases[i].mend);
        only_differs(*state, cases[i].id, "green");
    }
}

static const struct promise_list_row *promise_find(const struct promise_list_rows *rows,
                                                   const char *id)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->row[i].id, id) == 0)
            return &rows->row[i];
    }
    fail_msg("no promise %s", id);
    return NULL;
}

/* Every term is written with the unit of its sentence. */
static void figures_are_for_people(void **state)
{
    static const struct {
        const char *id, *plant, *figure;
    } cases[] = {
        { "usage-reports",
          "INSERT INTO usage_report (team_id, hour_at, identifier, value, state, attempts, due_at) "
          "VALUES (1, unixepoch() - 86400 * (7 * 366 - 1), 'x', 1, 'sent', 1, 1)",
          "6 years 365 d, limit 7 years" },
        { "usage-reports",
          "UPDATE usage_report SET hour_at = unixepoch() - 86400 * (7 * 366) - 7200 - 90",
          "1 min over the limit of 7 years" },
        { "usage-reports", "UPDATE usage_report SET hour_at = hour_at - 86400 * 366 * 3",
          "10 years, limit 7 years" },
        { "mails",
          "INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at) VALUES "
          "('old', 'signin_link', 'a', 'old', 'sent', 1, 1, unixepoch() - 86400 * 12 - 9000)",
          "12 d, limit 30 d" },
        { "sign-in-links",
          "INSERT INTO signin_link (token_hash, email, created_at, expires_at) VALUES (x'00', 'a', "
          "unixepoch() - 3630, unixepoch())",
          "1 h, limit 1 d 2 h" },
    };
    struct test *test = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct promise_list_rows rows;

        plant(test, cases[i].plant);
        rows = measure(test);
        assert_string_equal(
            promise_row_figure(test->world->arena, promise_find(&rows, cases[i].id)),
            cases[i].figure);
    }
}

static void recipients_are(struct test *test, const char *sentence, const char *evidence)
{
    struct promise_list_rows rows = measure(test);
    const struct promise_list_row *promise = promise_find(&rows, "recipients");

    assert_string_equal(promise->sentence, sentence);
    assert_string_equal(promise->evidence, evidence);
}

#define SENT(host, was_listed)                                                                     \
    "INSERT INTO outbound VALUES (unixepoch(), '" host "', 'mail', 'text', NULL, " was_listed      \
    ", 1, 1, 1, 1, unixepoch(), unixepoch())"

static void an_unlisted_recipient_turns_its_promise_red(void **state)
{
    struct test *test = *state;
    struct config *config = test->world->config;

    recipients_are(test, "This server sends data to no other service.",
                   "0 hosts contacted in the last 90 days.");
    plant(test, SENT("evil.example", "0"));
    only_differs(test, "recipients", "red");
    recipients_are(test, "This server sends data to no other service.",
                   "1 host contacted in the last 90 days. Not listed: evil.example.");
    config->mail = "smtp";
    config->mail_url = "smtp://evil.example:587";
    only_differs(test, "recipients", "green");
    config->mail_url = "smtp://mail.example.org";
    only_differs(test, "recipients", "red");
    plant(test, "DELETE FROM outbound");
    recipients_are(test, "This server sends data only to the one recipient that is listed.",
                   "0 hosts contacted in the last 90 days. Listed, but not contacted: "
                   "mail.example.org.");
    plant(test, SENT("mail.example.org", "1") "; " SENT("former.example", "1"));
    only_differs(test, "recipients", "green"); /* it was listed then */
    config->billing = "stripe";
    recipients_are(test, "This server sends data only to the 2 recipients that are listed.",
                   "2 hosts contacted in the last 90 days. Listed, but not contacted: "
                   "api.stripe.com.");
    config->billing = "off";
    config->mail = "off";
    plant(test, "DELETE FROM outbound");
    only_differs(test, "", "");
}

static const char *destroyed_sql(struct test *test, const char *when)
{
    return arena_printf(test->world->arena, "UPDATE vm SET gone_at = %s WHERE id = '%s'", when,
                        test->vm);
}

static void what_a_destroyed_vm_left_turns_its_promise_red(void **state)
{
    struct test *test = *state;
    struct fake_vm *left = fake_find(test->vm);

    left->has_domain = false;
    plant(test, destroyed_sql(test, "unixepoch() - 30"));
    only_differs(test, "destroyed-disks", "green"); /* it may take a while */
    plant(test, destroyed_sql(test, "unixepoch() - 3600"));
    only_differs(test, "destroyed-disks", "red");
    left->has_disk = false;
    left->has_domain = true;
    only_differs(test, "destroyed-domains", "red");
    left->has_domain = false;
    left->has_seed = true;
    only_differs(test, "destroyed-seeds", "red");
    left->has_seed = false;
    only_differs(test, "", "");
}

static void a_host_key_that_stays_turns_its_promise_red(void **state)
{
    struct test *test = *state;

    plant(test, "UPDATE vm SET state_at = unixepoch() - 3600");
    only_differs(test, "", "");
    fake_find(test->vm)->has_seed = true;
    only_differs(test, "host-keys", "red");
    fake_find(test->vm)->has_seed = false;
    only_differs(test, "", "");
}

static void an_open_network_turns_its_promise_red(void **state)
{
    fake->is_open = true;
    only_differs(*state, "isolation", "red");
    fake->is_open = false;
    only_differs(*state, "", "");
}

static void a_way_to_an_agent_nobody_wants_turns_its_promise_red(void **state)
{
    struct test *test = *state;

    fake_find(test->vm)->has_agent = true;
    only_differs(test, "guest-agent", "red");
    plant(test, "UPDATE vm SET has_agent = 1, agent_started = 1");
    only_differs(test, "", "");
    plant(test, "UPDATE vm SET has_agent = 0, agent_started = 0");
    fake_find(test->vm)->has_agent = false;
}

static void an_unreachable_host_makes_them_unknown(void **state)
{
    struct test *test = *state;
    struct promise_list_rows rows;
    size_t unknown = 0;

    fake->is_unreachable = true;
    rows = measure(test);
    for (size_t i = 0; i < rows.count; i++)
        unknown += strcmp(rows.row[i].state, "unknown") == 0 &&
                   strcmp(expected_of(&rows.row[i]), "green") == 0;
    assert_int_equal(unknown, 6);
    assert_string_equal(rows.row[0].state, "unknown");
    fake->is_unreachable = false;
    only_differs(test, "", "");
}

static void file_write(struct test *test, const char *path, const char *text)
{
    struct arena *arena = test->world->arena;
    const char *command =
        arena_printf(arena, "cd '%s' && mkdir -p \"$(dirname %s)\" && printf '%%b' '%s' >>%s",
                     test->world->state_dir, path, text, path);

    assert_int_equal(system(command), 0);
}

static void file_remove(struct test *test, const char *path)
{
    assert_int_equal(
        unlink(arena_printf(test->world->arena, "%s/%s", test->world->state_dir, path)), 0);
}

static void what_a_file_must_not_hold_turns_its_promise_red(void **state)
{
    static const struct {
        const char *id, *path, *text;
    } cases[] = {
        { "declared-files", "data/copy.db", "x" },
        { "declared-files", "forgotten", "" },
        { "private-keys", "log/2026-01-01", "-----BEGIN OPENSSH PRIVATE KEY-----\\n" },
        { "private-keys", "nginx/body/0000000001", "-----BEGIN RSA PRIVATE KEY-----" },
        { "provider-keys", "nginx/body/0000000002", "key=sk-ant-api03-AAAAAAAAAAAAAAAA" },
        { "private-keys", "nginx/body/0000000003", "PuTTY-User-Key-File-3: ssh-ed25519" },
        { "private-keys", "nginx/body/0000000004", "-----BEGIN PGP PRIVATE KEY BLOCK-----" },
        { "private-keys", "nginx/body/0000000005", "AGE-SECRET-KEY-1QQQ" },
        { "declared-files", "data/main.db.bak", "x" },
        { "declared-files", "nginx/copy.db", "x" },
        { "declared-files", "nginx/body/1/copy.db", "x" },
        { "declared-files", "worker/copy.db", "x" },
        { "declared-files", "disks/copy.db", "x" },
        { "declared-files", "seeds/copy.db", "x" },
        { "declared-files", "images/copy.db", "x" },
        { "declared-files", "images/tiny/copy.db", "x" },
        { "declared-files", "image_versions/copy.db", "x" },
        { "declared-files", "tls/copy.db", "x" },
        { "declared-files", "secrets/copy.db", "x" },
        { "declared-files", "exports/copy.db", "x" },
        { "log-addresses", "log/2026-01-02", "a=1 client=203.0.113.7\\n" },
        { "log-addresses", "log/2026-01-02", "a=1 client=[2001:db8::77]:443\\n" },
        { "log-age", "log/2025-01-01", "time=1735689600.000 level=info\\n" },
    };

    file_write(*state, "log/2026-01-03",
               "client=127.0.0.1 version=0.0.0.0 [::1]:80 at 12:30:45 mac=52:54:00:12:34:56\\n");
    only_differs(*state, "", "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        file_write(*state, cases[i].path, cases[i].text);
        only_differs(*state, cases[i].id, "red");
        file_remove(*state, cases[i].path);
        only_differs(*state, "", "");
    }
}

/* Files are counted, not keys, and each is named. */
static void files_with_keys_are_counted_and_named(void **state)
{
    struct test *test = *state;
    struct promise_list_rows rows;
    size_t at = 0;

    file_write(test, "nginx/body/0000000001",
               "-----BEGIN RSA PRIVATE KEY-----\\nMII\\n-----END RSA PRIVATE KEY-----\\n"
               "-----BEGIN RSA PRIVATE KEY-----");
    file_write(test, "log/2026-01-02", "PuTTY-User-Key-File-3: ssh-ed25519\\n");
    only_differs(test, "private-keys", "red");
    world_check(sql_promise_list(test->world->db, test->world->arena, clock_now(), &rows), "list");
    while (strcmp(rows.row[at].id, "private-keys") != 0)
        at++;
    assert_int_equal(rows.row[at].figure, 2);
    assert_non_null(strstr(rows.row[at].evidence, "a PEM private key in nginx/body/0000000001"));
    assert_non_null(strstr(rows.row[at].evidence, "a PuTTY private key in log/2026-01-02"));
    file_remove(test, "nginx/body/0000000001");
    file_remove(test, "log/2026-01-02");
}

#define COUNTED(requests, crowd)                                                                   \
    "INSERT INTO request_count VALUES (0, 0, 'teams', 'vm', 'GET /vms', 2, " requests              \
    ", 1, " crowd ")"

/* A count of too few, and a day of the log that nobody has counted. */
static void what_the_logs_leave_turns_its_promise_red(void **state)
{
    struct test *test = *state;
    struct promise_get_row row;

    only_differs(test, "", "");
    assert_non_null(sql_promise_get(test->world->db, test->world->arena, "log-aggregates", &row));
    test->world->config->has_counts = true;
    plant(test, COUNTED("10", "10"));
    only_differs(test, "log-aggregates", "green");
    plant(test, "UPDATE request_count SET crowd = 9");
    only_differs(test, "log-aggregates", "red");
    plant(test, "UPDATE request_count SET crowd = 10, requests = 9");
    only_differs(test, "log-aggregates", "red");
    plant(test, "DELETE FROM request_count");
    only_differs(test, "log-aggregates", "green");
    plant(test, "INSERT INTO source_count VALUES (0, 'a.example', 9)");
    only_differs(test, "log-aggregates", "red");
    plant(test, "DELETE FROM source_count");
    only_differs(test, "log-aggregates", "green");
    file_write(test, "log/2026-01-01", "");
    only_differs(test, "log-aggregates", "red");
    plant(test, "INSERT INTO log_day VALUES (unixepoch('2026-01-01'), 'teams', 'counted')");
    only_differs(test, "log-aggregates", "green");
    file_remove(test, "log/2026-01-01");
}

static const char *review_make(struct test *test, int64_t at)
{
    struct world *world = test->world;
    const char *text = arena_printf(world->arena, "{\"review_at\":\"%s\"}\n{\"kind\":\"a\"}\n",
                                    date_iso(world->arena, at));

    world_check(review_sign(world->arena, world->state_dir, text, &text), "sign");
    world_check(review_store(world->arena, world->state_dir, at, text), "store");
    return arena_printf(world->arena, "reviews/%s", date_iso(world->arena, at));
}

#define GONE "bbbbbbbbbbbbbbbb" /* has a receipt */

/* Of a VM that exists, or of another server's, it may be of any age. */
static void an_old_log_of_a_destroyed_vm_turns_its_promise_red(void **state)
{
    static const char *const owners[] = { "aaaaaaaaaaaaaaaa", NULL, GONE };
    struct test *test = *state;
    struct arena *arena = test->world->arena;
    const char *system_logs = promise_system_logs;
    char elsewhere[] = "/tmp/dg.XXXXXX";
    const char *const folders[] = {
        arena_printf(arena, "%s/libvirt/cache/libvirt/qemu/log", test->world->state_dir),
        mkdtemp(elsewhere),
    };

    promise_system_logs = folders[1];
    plant(test, "INSERT INTO receipt VALUES (1, unixepoch(), '" GONE
                "', 'old', 'local', 'tiny', 'nano', 1, 1, 1, 1, NULL, NULL, 0, NULL)");
    for (size_t i = 0; i < COUNT(folders) * COUNT(owners) * 2; i++) {
        const char *owner = owners[i / COUNT(folders) % COUNT(owners)];
        const char *path = arena_printf(arena, "%s/domicile-%s.log%s", folders[i % COUNT(folders)],
                                        owner ? owner : test->vm, i < 6 ? "" : ".0");
        bool is_gone = owner && strcmp(owner, GONE) == 0;

        assert_int_equal(system(arena_printf(arena, "mkdir -p %s && touch -d '31 days ago' %s",
                                             folders[i % COUNT(folders)], path)),
                         0);
        test->world->config->log_days = 30;
        only_differs(test, "vm-logs", is_gone ? "red" : "green");
        test->world->config->log_days = 31;
        only_differs(test, "vm-logs", "green");
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(elsewhere), 0);
    promise_system_logs = system_logs;
}

/* Nobody knows without one; of several the last one counts, if nobody has changed it. */
static void an_old_review_turns_its_promise_red(void **state)
{
    struct test *test = *state;
    int64_t now_at = clock_now();
    const char *old, *recent, *path;
    struct review review;

    file_write(test, "reviews/.none", "");
    file_remove(test, "reviews/.none");
    only_differs(test, "", "");
    old = review_make(test, now_at - LIMIT_REVIEW_S - 60);
    only_differs(test, "review", "red");
    recent = review_make(test, now_at - LIMIT_REVIEW_S + 60);
    only_differs(test, "review", "green");
    path = arena_printf(test->world->arena, "%s/%s", test->world->state_dir, recent);
    world_check(review_read(test->world->arena, path, &review), "read");
    assert_int_equal(review.at, now_at - LIMIT_REVIEW_S + 60);
    assert_int_equal(system(arena_printf(test->world->arena, "sed -i s/kind/king/ %s", path)), 0);
    only_differs(test, "review", "unknown");
    file_remove(test, recent);
    only_differs(test, "review", "red");
    file_remove(test, old);
    file_write(test, "reviews/9999-01-01T00:00:00Z", "{\"review_at\":\"9999-01-01T00:00:00Z\"}\n");
    only_differs(test, "", "");
    file_remove(test, "reviews/9999-01-01T00:00:00Z");
}

static void a_policy_that_was_changed_turns_its_promise_red(void **state)
{
    plant(*state, "UPDATE policy_version SET body = replace(body, 'Privacy', 'privacy')");
    only_differs(*state, "policy-versions", "red");
}

/* The next version keeps logs for longer from the day on which it is published. */
static void a_policy_without_notice_turns_its_promise_red(void **state)
{
    plant(*state, "INSERT INTO policy_version SELECT 2, body, content_hash, hash, signature, "
                  "key_id, '', '', announced_at, effective_at, NULL FROM policy_version;"
                  "INSERT INTO policy_fact SELECT 2, name, member, number + (name = 'log_days') "
                  "FROM policy_fact WHERE version = 1");
    only_differs(*state, "policy-notice", "red");
    plant(*state, "UPDATE policy_version SET announced_at = announced_at - 14 * 86400 "
                  "WHERE number = 2");
    only_differs(*state, "", "");
    plant(*state, "UPDATE policy_version SET announced_at = announced_at + 1 WHERE number = 2");
    only_differs(*state, "policy-notice", "red");
    plant(*state, "UPDATE policy_fact SET number = 29 WHERE version = 2 AND name = 'log_days'");
    only_differs(*state, "", "");
    plant(*state, "UPDATE policy_version SET number = 3 WHERE number = 2;"
                  "UPDATE policy_fact SET version = 3 WHERE version = 2");
    only_differs(*state, "policy-versions", "red");
}

/* Three VMs are destroyed. What is planted is as somebody could do it who has the database and no
 * key. */
static void a_receipt_that_was_changed_turns_its_promise_red(void **state)
{
    static const char *const plants[] = {
        /* A body; one with its hash; with that of the next. */
        "UPDATE signed_receipt SET body = replace(body, 'local', 'loyal') WHERE number = 2",
        "UPDATE signed_receipt SET body = (SELECT body FROM kept WHERE number = 1), "
        "hash = (SELECT hash FROM kept WHERE number = 1) WHERE number = 2",
        "UPDATE signed_receipt SET body = (SELECT body FROM kept WHERE number = 1), "
        "hash = (SELECT hash FROM kept WHERE number = 1), signature = (SELECT signature FROM kept "
        "WHERE number = 1) WHERE number = 2",
        /* A hash, a signature, a number. */
        "UPDATE signed_receipt SET hash = (SELECT hash FROM kept WHERE number = 1) WHERE number = "
        "2",
        "UPDATE signed_receipt SET signature = randomblob(64) WHERE number = 2",
        "UPDATE signed_receipt SET number = 5 WHERE number = 3",
        /* One is gone: in the middle, the first, the last, all. */
        "DELETE FROM signed_receipt WHERE number = 2",
        "DELETE FROM signed_receipt WHERE number = 1",
        "DELETE FROM signed_receipt WHERE number = 3",
        "DELETE FROM signed_receipt",
        /* Emptied before its time; called another kind; of another VM. */
        "UPDATE signed_receipt SET body = NULL, signature = NULL WHERE number = 2",
        "UPDATE signed_receipt SET kind = 'team' WHERE number = 2",
        "UPDATE signed_receipt SET subject_id = 'another' WHERE number = 2",
    };
    struct test *test = *state;
    const struct context context = worker_context_now(test->context, test->world->arena);
    bool is_done;

    for (int i = 0; i < 3; i++) {
        const char *vm = world_create(test->world, arena_printf(test->world->arena, "vm-%d", i));

        drain(test->context);
        world_check(world_ask(test->world, vm, VM_REQUEST_DESTROY, NULL), "destroy");
        drain(test->context);
    }
    world_check(receipts_sign(&context, &is_done), "sign");
    day_end(test);
    plant(test, "CREATE TABLE kept AS SELECT * FROM signed_receipt");
    only_differs(test, "", "");
    for (size_t i = 0; i < COUNT(plants); i++) {
        plant(test, plants[i]);
        only_differs(test, "receipt-chain", "red");
        plant(test, "DELETE FROM signed_receipt; INSERT INTO signed_receipt SELECT * FROM kept; "
                    "UPDATE sqlite_sequence SET seq = 3");
        only_differs(test, "", "");
    }
    /* What is deleted by age stays in its place. */
    plant(test, "UPDATE signed_receipt SET body = NULL, signature = NULL, subject_id = NULL, "
                "created_at = 1 WHERE number = 1");
    only_differs(test, "", "");
    plant(test, "DROP TABLE kept");
}

/* The VM has been created, which is place 1, and the day has ended. */
static void a_history_that_was_changed_turns_its_promise_red(void **state)
{
    static const struct {
        const char *plant, *mend;
    } cases[] = {
        /* A row is changed, one is removed, the end is cut off behind a signature. */
        { "UPDATE activity SET what = 'Stopped' WHERE seq = 1",
          "UPDATE activity SET what = 'Created' WHERE seq = 1" },
        { "UPDATE activity SET id = 'x' || id WHERE seq = 1",
          "UPDATE activity SET id = substr(id, 2) WHERE seq = 1" },
        { "UPDATE audit_link SET seq = 3 WHERE seq = 2",
          "UPDATE audit_link SET seq = 2 WHERE seq = 3" },
        { "UPDATE audit_link SET team_id = 0", "UPDATE audit_link SET team_id = 1" },
        /* What is over has no place. */
        { "INSERT INTO activity (team_id, at_ms, id, action, what, actor, result) VALUES "
          "(1, 1, 'x', 'key_add', 'x', 'system', 'done')",
          "DELETE FROM activity WHERE id = 'x'" },
        /* Nobody signs any more. */
        { "UPDATE audit_publication SET at = at - 3 * 86400",
          "UPDATE audit_publication SET at = at + 3 * 86400" },
    };
    struct test *test = *state;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    for (size_t i = 0; i < COUNT(cases); i++) {
        plant(test, cases[i].plant);
        only_differs(test, "audit-chain", "red");
        plant(test, cases[i].mend);
        only_differs(test, "", "");
    }
    plant(test, "DELETE FROM audit_publication");
    only_differs(test, "audit-chain", "unknown");
    day_end(test);
    only_differs(test, "", "");
}

static void a_private_key_in_a_column_turns_its_promise_red(void **state)
{
    plant(*state, "UPDATE person SET name = '-----BEGIN OPENSSH PRIVATE KEY-----'");
    only_differs(*state, "private-keys", "red");
    plant(*state, "UPDATE person SET name = 'Ada'; PRAGMA secure_delete = ON; "
                  "PRAGMA wal_checkpoint(TRUNCATE)");
    only_differs(*state, "", "");
}

static void a_copy_that_is_not_deleted_turns_its_promise_red(void **state)
{
    struct test *test = *state;
    const struct timespec old[2] = { { .tv_sec = clock_now() - 27 * 3600 },
                                     { .tv_sec = clock_now() - 27 * 3600 } };
    const char *path = export_path(test->world->arena, test->world->state_dir, "copycopycopycop2");
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fclose(file);
    only_differs(test, "", "");
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    only_differs(test, "exports", "red");
    unlink(path);
    only_differs(test, "", "");
}

/* The operator's term is in the sentence and is what the row is held against. */
static void a_promise_has_the_operators_term(void **state)
{
    static const struct {
        int64_t days;
        const char *text, *state;
    } cases[] = { { 90, "90 days", "green" }, { 1, "1 day", "red" }, { 0, "2 hours", "red" } };
    struct test *test = *state;

    plant(test, "UPDATE vm SET gone_at = unixepoch() - 3 * 86400, state = 'gone'");
    fake_find(test->vm)->has_disk = fake_find(test->vm)->has_domain = false;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct promise_list_rows rows;
        size_t at = 0;

        test->world->config->destroyed_vm_days = cases[i].days;
        rows = measure(test);
        while (strcmp(rows.row[at].id, "destroyed-records") != 0)
            at++;
        assert_string_equal(rows.row[at].sentence,
                            arena_printf(test->world->arena,
                                         "The record and activity of a destroyed VM are deleted "
                                         "after %s.",
                                         cases[i].text));
        assert_string_equal(rows.row[at].state, cases[i].state);
    }
}

/* The state of "encrypted-disks", and whether its evidence names the folder. */
static void disks_are(struct test *test, const char *state, const char *folder)
{
    struct promise_list_rows rows;
    const struct promise_list_row *row;

    world_check(promise_round(test->context, true), "round");
    world_check(sql_promise_list(test->world->db, test->world->arena, clock_now(), &rows), "list");
    row = promise_find(&rows, "encrypted-disks");
    if (strcmp(row->state, state) != 0 || !strstr(row->evidence, folder))
        fail_msg("%s: %s, %s", folder, row->state, row->evidence);
}

/* A device of the planted kernel, below a folder. */
static void device_plant(struct test *test, const char *folder, const char *uuid)
{
    assert_int_equal(
        system(arena_printf(test->world->arena,
                            "cd '%s' && n=$(stat -c %%d '%s') && mkdir -p %s/dm dev/block && "
                            "echo %s >%s/dm/uuid && ln -sfn ../../%s "
                            "dev/block/$((n >> 8)):$((n & 255))",
                            promise_sysfs, folder, uuid, uuid, uuid, uuid)),
        0);
}

/* Each folder in turn is a link to a device that is not encrypted. */
static void each_folder_is_looked_up(struct test *test, const char *elsewhere)
{
    static const char *const folders[] = {
        "data", "disks", "seeds",   "images", "image_versions", "inbox",      "inbox/stripe",
        "log",  "nginx", "reviews", "worker", "libvirt",        "unheard-of",
    };
    struct arena *arena = test->world->arena;

    for (size_t i = 0; i < COUNT(folders); i++) {
        const char *path = arena_printf(arena, "%s/%s", test->world->state_dir, folders[i]);

        /* The database is open, and so are its files where it was. */
        assert_int_equal(system(arena_printf(arena,
                                             "mkdir -p '%s' && mv '%s' '%s.moved' && "
                                             "ln -s '%s' '%s'",
                                             path, path, path, elsewhere, path)),
                         0);
        disks_are(test, "red", folders[i]);
        assert_int_equal(
            system(arena_printf(arena, "rm '%s' && mv '%s.moved' '%s'", path, path, path)), 0);
        disks_are(test, "green", "looked up");
    }
    assert_int_equal(system(arena_printf(arena, "rmdir '%s/unheard-of'", test->world->state_dir)),
                     0);
}

/* Only where the profile promises it; red if one folder is on a device that is not encrypted. */
static void disks_are_looked_up_in_sysfs(void **state)
{
    struct test *test = *state;
    char sysfs[] = "/tmp/dg.XXXXXX", elsewhere[] = "/dev/shm/dg.XXXXXX";
    struct config *config = test->world->config;
    const char *image_dir = config->images[0].dir;
    struct promise_get_row row;

    measure(test);
    assert_non_null(sql_promise_get(test->world->db, test->world->arena, "encrypted-disks", &row));
    config->has_encrypted_disks = true;
    assert_non_null(mkdtemp(elsewhere));
    promise_sysfs = mkdtemp(sysfs);
    disks_are(test, "unknown", "data");
    device_plant(test, test->world->state_dir, "LVM-0a1b");
    disks_are(test, "red", "the state directory");
    device_plant(test, test->world->state_dir, "CRYPT-LUKS2-0a1b-disk");
    disks_are(test, "green", "looked up");
    config->images[0].dir = elsewhere;
    disks_are(test, "unknown", "image tiny");
    device_plant(test, elsewhere, "LVM-2c3d");
    disks_are(test, "red", "image tiny");
    config->images[0].dir = image_dir;
    each_folder_is_looked_up(test, elsewhere);
    promise_sysfs = "/sys";
    assert_int_equal(system(arena_printf(test->world->arena, "rm -rf '%s' '%s'", sysfs, elsewhere)),
                     0);
    config->has_encrypted_disks = false;
    only_differs(test, "", "");
}

/* Not before its interval is over; and what this version does not promise is forgotten. */
static void a_promise_is_measured_when_it_is_due(void **state)
{
    struct test *test = *state;
    struct promise_get_row before, after;
    struct world *world = test->world;

    only_differs(test, "", "");
    plant(test, "UPDATE promise SET checked_at = checked_at - 400; INSERT INTO promise "
                "SELECT 'former', 99, topic, sentence, mechanism, every_s, state, unit, figure, "
                "figure_max, evidence, checked_at, changed_at, NULL FROM promise LIMIT 1");
    world_check(sql_promise_get(world->db, world->arena, "mails", &before), "before");
    world_check(promise_round(test->context, false), "round");
    world_check(sql_promise_get(world->db, world->arena, "mails", &after), "after");
    assert_int_equal(after.checked_at, before.checked_at);
    world_check(sql_promise_get(world->db, world->arena, "destroyed-disks", &after), "after");
    assert_true(after.checked_at > before.checked_at);
    assert_non_null(sql_promise_get(world->db, world->arena, "former", &after));
    /* This website did not answer, as at a start: it is tried again a minute later. */
    plant(test, "UPDATE promise SET checked_at = unixepoch() - 61");
    world_check(promise_round(test->context, false), "round");
    world_check(sql_promise_get(world->db, world->arena, "destroyed-disks", &after), "after");
    assert_true(after.checked_at < clock_now() - 50);
    world_check(sql_promise_get(world->db, world->arena, "certificate", &after), "after");
    assert_true(after.checked_at > clock_now() - 50);
    plant(test, "UPDATE promise SET position = position + 1, checked_at = checked_at - 10");
    world_check(promise_round(test->context, false), "round");
    world_check(sql_promise_get(world->db, world->arena, "mails", &after), "after");
    assert_int_equal(after.position, before.position);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_are_kept_at_first),
        TEST(topics_stay_together),
        TEST(the_operator_is_told_once),
        TEST(a_promise_is_told_of_once_a_day),
        TEST(an_old_row_turns_its_promise_red),
        TEST(figures_are_for_people),
        TEST(an_unlisted_recipient_turns_its_promise_red),
        TEST(what_a_destroyed_vm_left_turns_its_promise_red),
        TEST(a_host_key_that_stays_turns_its_promise_red),
        TEST(an_open_network_turns_its_promise_red),
        TEST(a_way_to_an_agent_nobody_wants_turns_its_promise_red),
        TEST(an_unreachable_host_makes_them_unknown),
        TEST(what_a_file_must_not_hold_turns_its_promise_red),
        TEST(files_with_keys_are_counted_and_named),
        TEST(what_the_logs_leave_turns_its_promise_red),
        TEST(an_old_log_of_a_destroyed_vm_turns_its_promise_red),
        TEST(an_old_review_turns_its_promise_red),
        TEST(a_policy_that_was_changed_turns_its_promise_red),
        TEST(a_policy_without_notice_turns_its_promise_red),
        TEST(a_receipt_that_was_changed_turns_its_promise_red),
        TEST(a_history_that_was_changed_turns_its_promise_red),
        TEST(a_private_key_in_a_column_turns_its_promise_red),
        TEST(a_copy_that_is_not_deleted_turns_its_promise_red),
        TEST(a_promise_has_the_operators_term),
        TEST(disks_are_looked_up_in_sysfs),
        TEST(a_promise_is_measured_when_it_is_due),
    };

    fake_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
