/*
 * Mail up to the SMTP client: the queue, headers and bodies, back-off, and what the client refuses
 * before it connects. Delivery to a real server is tested end to end (tests/e2e/mail.mjs).
 */
#include "model/label.h"
#include "model/mail_queue.h"

#include "base/array.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/limit.h"
#include "worker/mail_message.h"
#include "worker/mailer.h"
#include "worker/retention.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct world *world;
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    world = world_open(world_folder("fake:///local"));
    arena = world->arena;
    world->config->mail_from_name = "Domicile";
    world->config->mail_from_email = "noreply@example.org";
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(world);
    return 0;
}

/* ---- the queue ---- */

static struct error *queue(const struct mail *mail, int64_t now_at)
{
    struct error *e = db_begin(world->db, arena);

    if (!e)
        e = mail_queue(world->db, arena, mail, now_at);
    if (!e)
        e = db_commit(world->db, arena);
    db_rollback(world->db);
    return e;
}

static int64_t queued(const char *to)
{
    struct mail_count_since_row row;

    world_check(sql_mail_count_since(world->db, arena, to, "suspended", 0, &row), "count");
    return row.total;
}

static void test_queued_once(void **state)
{
    struct mail mail = { .kind = "suspended", .to = "You@Example.org", .once = "a", .until_at = 9 };
    struct mail_next_row next;
    struct mail_take_row row;

    (void)state;
    assert_null(queue(&mail, 5));
    assert_null(queue(&mail, 6));
    assert_int_equal(queued("you@example.org"), 1);
    mail.once = "b";
    assert_null(queue(&mail, 7));
    assert_int_equal(queued("you@example.org"), 2);
    assert_int_equal(sql_mail_next(world->db, arena, 4, &next)->kind, ERROR_NOT_FOUND);
    assert_null(sql_mail_next(world->db, arena, 7, &next));
    assert_null(sql_mail_take(world->db, arena, next.id, 7, &row));
    assert_string_equal(row.to_email, "you@example.org");
    assert_int_equal(row.created_at, 5);
    assert_int_equal(row.until_at, 9);
    assert_int_equal(row.happened_at, 0);
    assert_int_equal(row.attempts, 1);
    assert_null(row.url);
}

static void test_not_queued(void **state)
{
    static const char *const no_addresses[] = {
        "",        "you",   "you@",  "a@b@c", "a@b\r\nBcc: c@d",
        "a@b,c@d", "<a@b>", "a b@c", "a@b>",  "\"a\"@b"
    };
    struct mail mail = { .kind = "suspended", .to = "a@b", .once = "a" };

    (void)state;
    for (size_t i = 0; i < COUNT(no_addresses); i++) {
        mail.to = no_addresses[i];
        assert_int_equal(queue(&mail, 1)->kind, ERROR_INPUT);
    }
    mail.to = "a@b";
    mail.kind = "advertisement";
    assert_int_equal(queue(&mail, 1)->kind, ERROR_CONFLICT);
}

static void test_kept_for_a_month(void **state)
{
    struct mail mail = { .kind = "suspended", .to = "a@b", .once = "a" };
    const struct context context = world_context(world);

    bool is_done;

    (void)state;
    assert_null(queue(&mail, clock_now() - LIMIT_MAIL_KEEP_S + 60));
    mail.once = "b";
    assert_null(queue(&mail, clock_now() - LIMIT_MAIL_KEEP_S - 60));
    assert_null(retention_run(&context, &is_done));
    assert_true(is_done);
    assert_int_equal(queued("a@b"), 1);
}

static void test_off(void **state)
{
    struct mail mail = { .kind = "suspended", .to = "a@b", .once = "a" };
    struct mailer *mailer;
    struct worker_context *context;
    bool has_one;

    (void)state;
    assert_null(queue(&mail, 1));
    assert_null(mailer_open(arena, world->config, &mailer));
    assert_null(mailer_smtp(mailer));
    assert_null(worker_context_open(arena, world->config, &TIMEOUTS, DRIVERS, &context));
    assert_null(mailer_work(mailer, context, &has_one));
    assert_true(has_one);
    assert_null(mailer_work(mailer, context, &has_one));
    assert_false(has_one);
    worker_context_close(context);
}

static void test_backoff(void **state)
{
    static const int64_t minutes[] = { 1, 1, 2, 4, 8, 16, 32, 60, 60 };

    (void)state;
    for (size_t i = 0; i < COUNT(minutes); i++)
        assert_int_equal(backoff_ms((int64_t)i, LIMIT_MAIL_BACKOFF_MS, LIMIT_MAIL_BACKOFF_MAX_MS),
                         minutes[i] * 60 * 1000);
    assert_int_equal(mail_expiry_s("signin_link"), LIMIT_SIGNIN_LINK_S);
    assert_int_equal(mail_expiry_s("suspended"), 2 * 24 * 3600);
}

/* ---- the message ---- */

static void assert_header(const char *text, const char *line)
{
    assert_string_equal(mail_header(arena, "Subject", text, ""), line);
}

static void test_headers(void **state)
{
    (void)state;
    assert_header("Sign-in to Domicile 2", "Subject: Sign-in to Domicile 2");
    assert_header("M\xc3\xbcnchen", "Subject: =?UTF-8?B?TcO8bmNoZW4=?=");
    assert_header("=?UTF-8?Q?a?=", "Subject: =?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?=");
    assert_header("a\r\nBcc: b", "Subject: =?UTF-8?B?YQ0KQmNjOiBi?=");
    assert_header("", "Subject: ");
    /* Encoded words of at most 75 characters, none of which splits a character. */
    assert_header(
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xbc",
        "Subject: =?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\r\n"
        " =?UTF-8?B?w7w=?=");
    assert_string_equal(mail_header(arena, "From", "A", " <a@b>"), "From: A <a@b>");
    assert_string_equal(mail_header(arena, "From", "A, B", " <a@b>"),
                        "From: =?UTF-8?B?QSwgQg==?=\r\n <a@b>");
}

static struct weekly summary;

static struct smtp_message message(struct mail_take_row row)
{
    struct smtp_message sent;

    row.id = "abcdefgh234567ab";
    row.to_email = "you@example.org";
    row.created_at = 1795176000;
    world_check(mail_message(arena, world->config, &row, &summary, &sent), "message");
    return sent;
}

static void test_message(void **state)
{
    const struct mail_take_row row = { .kind = "vm_destroyed",
                                       .vm_name = "quiet-maple",
                                       .happened_at = 1795176000,
                                       .url = "https://localhost/a?b&c" };
    struct smtp_message sent = message(row);
    static const char *const headers[] = {
        "From: Domicile <noreply@example.org>",       "To: <you@example.org>",
        "Subject: quiet-maple on Test was destroyed", "Date: Fri, 20 Nov 2026 12:00:00 +0000",
        "Message-ID: <abcdefgh234567ab@example.org>", "Auto-Submitted: auto-generated"
    };

    (void)state;
    assert_string_equal(sent.from, "noreply@example.org");
    assert_string_equal(sent.to, "you@example.org");
    assert_int_equal(sent.header_count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(sent.headers[i], headers[i]);
    assert_true(
        strncmp(sent.text, "The VM quiet-maple was destroyed on 20 Nov 2026, 12:00 UTC", 58) == 0);
    assert_non_null(strstr(sent.text, "\r\nhttps://localhost/a?b&c\r\n"));
    assert_null(strstr(sent.text, "Subject:"));
    assert_non_null(strstr(sent.html, "<title>quiet-maple on Test was destroyed</title>\r\n"));
    assert_non_null(strstr(sent.html, "href=\"https://localhost/a?b&amp;c\""));
}

/* Each says when an account ends, where that can be seen, and whether it can be undone. */
static void test_deletions(void **state)
{
    struct mail_take_row row = { .kind = "account_deletion",
                                 .happened_at = 1795176000,
                                 .until_at = 1797768000,
                                 .url = "https://localhost/deletion/secret" };
    const char *text = message(row).text;

    (void)state;
    assert_non_null(strstr(text, "deleted for good on 20 Dec 2026, 12:00 UTC"));
    assert_non_null(strstr(text, "you can undo it: sign in"));
    assert_non_null(strstr(text, "\r\nhttps://localhost/deletion/secret\r\n"));
    row.until_at = 0;
    text = message(row).text;
    assert_non_null(strstr(text, "begins at once and cannot be undone"));
    assert_null(strstr(text, "sign in"));
    row.kind = "account_closed";
    row.note = "by the admin";
    assert_non_null(strstr(message(row).text, "was closed by the admin."));
    assert_non_null(strstr(message(row).text, "This cannot be undone"));
    row.until_at = 1797768000;
    row.url = NULL;
    text = message(row).text;
    assert_non_null(strstr(text, "deleted for good on 20 Dec 2026, 12:00 UTC"));
    assert_non_null(strstr(text, "Signing in does not undo that"));
    assert_non_null(strstr(text, "the address that you were given"));
}

/* A day has no hour. */
static void test_days(void **state)
{
    const struct mail_take_row row = { .kind = "request_extended",
                                       .promise = "for a copy of your data",
                                       .note = "Seven came.",
                                       .request_number = 3,
                                       .happened_day_at = 1795132800,
                                       .until_day_at = 1802995199,
                                       .url = "https://localhost/privacy" };
    struct smtp_message sent;

    (void)state;
    world->config->authority = "Example authority";
    world->config->authority_url = "https://authority.example";
    sent = message(row);
    assert_non_null(strstr(sent.text, "On 20 Nov 2026, "));
    assert_non_null(
        strstr(sent.text, " received your request for a copy of your data (number 3)."));
    assert_non_null(
        strstr(sent.text, "this server, Example authority (https://authority.example), and"));
    assert_non_null(strstr(sent.text, "takes until 18 Feb 2027 at the latest."));
    assert_null(strstr(sent.html, "UTC"));
}

static void test_each_promise_has_its_line(void **state)
{
    struct mail_take_row row = { .kind = "promise_broken",
                                 .promise = "Number 1.#first Two.#second",
                                 .url = "https://localhost/status" };
    struct smtp_message sent = message(row);

    (void)state;
    assert_non_null(strstr(sent.headers[2], "Promises of"));
    assert_non_null(strstr(sent.text, "these are not kept:\r\n\r\n"
                                      "Number 1.\r\nhttps://localhost/status#first\r\n\r\n"
                                      "Two.\r\nhttps://localhost/status#second\r\n\r\n"));
    assert_non_null(strstr(sent.html, "href=\"https://localhost/status#second\""));
    row.promise = "One.#first";
    sent = message(row);
    assert_non_null(strstr(sent.headers[2], "A promise of"));
    assert_non_null(strstr(sent.text, "this is not kept:\r\n\r\n"
                                      "One.\r\nhttps://localhost/status#first\r\n\r\nVisitors"));
}

/* Its link is in both parts and in the headers that mail programs read (RFC 8058); others have
 * none. */
static void test_weekly(void **state)
{
    struct weekly_team teams[] = {
        { .name = "Birch",
          .hours = "24.0 h",
          .cost = "€0.02",
          .vms = 3,
          .created = 2,
          .destroyed = 1,
          .snapshots = 4,
          .snapshot_gb = 40 },
        { .name = "<b>", .hours = "0.0 h", .failed = 1, .silent = 2, .warning = "€8 of €10" },
    };
    const struct mail_take_row row = { .kind = "weekly_summary",
                                       .happened_day_at = 1794787200,
                                       .until_day_at = 1795392000,
                                       .url = "https://localhost/vms" };
    struct smtp_message sent;

    (void)state;
    assert_int_equal(message(row).header_count, 6);
    summary = (struct weekly){ .unsubscribe_url = "https://localhost/unsubscribe/secret",
                               .teams = { teams, 2 },
                               .more = 3 };
    sent = message(row);
    summary = (struct weekly){ .more = 0 };
    assert_int_equal(sent.header_count, 8);
    assert_string_equal(sent.headers[6],
                        "List-Unsubscribe: <https://localhost/unsubscribe/secret>");
    assert_string_equal(sent.headers[7], "List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    assert_non_null(strstr(sent.text, "From 16 Nov 2026 to 23 Nov 2026, 00:00 UTC.\r\n\r\n"
                                      "Birch\r\n"
                                      "VMs: 3, with 2 created and 1 destroyed\r\n"
                                      "Running: 24.0 h, cost €0.02\r\n"
                                      "Snapshots: 4, 40 GB\r\n\r\n"
                                      "<b>\r\n"
                                      "VMs: 0, with 0 created and 0 destroyed\r\n"
                                      "Running: 0.0 h\r\n"
                                      "Snapshots: 0\r\n"
                                      "Failed VMs: 1\r\n"
                                      "VMs that don’t respond: 2\r\n"
                                      "€8 of €10\r\n\r\n"
                                      "Not shown: 3 of your teams.\r\n"));
    assert_non_null(strstr(sent.text, "\r\nhttps://localhost/unsubscribe/secret\r\n"));
    assert_non_null(strstr(sent.html, "href=\"https://localhost/unsubscribe/secret\""));
    assert_null(strstr(sent.html, "<b><b>"));
}

/* Every value in a row may come from an attacker who wants to forge a mail. */
static void test_values_cannot_inject_headers(void **state)
{
    static const char evil[] = "x\r\nBcc: e@f\r\n\r\n.\r\n\xc2\x85\xe2\x80\xa8<script>\"'";
    static const char *const kinds[] = {
        "signin_link",       "new_signin",       "payment_failed",  "suspended",
        "promise_broken",    "vm_destroyed",     "vm_look",         "email_confirm",
        "email_approve",     "email_taken",      "email_changed",   "email_former",
        "request_extended",  "request_answered", "request_refused", "team_deletion",
        "vm_disk_look",      "account_deletion", "account_closed",  "team_closed",
        "vm_stops_soon",     "vm_ends_soon",     "account_kept",    "team_kept",
        "passkey_added",     "passkey_removed",  "passkey_refused", "access_requested",
        "account_suspended", "account_restored", "invited",         "role_changed",
        "member_removed",    "key_added",        "key_removed",     "copy_downloaded",
        "spend_near",        "spend_full",       "weekly_summary"
    };

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct mail_take_row row = { .kind = kinds[i],
                                     .amount = evil,
                                     .vm_name = evil,
                                     .browser = evil,
                                     .promise = evil,
                                     .note = evil,
                                     .url = evil };
        struct smtp_message sent = message(row);

        assert_null(strstr(sent.text, "\nBcc"));
        assert_null(strstr(sent.text, "\n.\r"));
        assert_null(strstr(sent.text, "\xe2\x80\xa8"));
        assert_null(strstr(sent.html, "<script>"));
        assert_null(strstr(sent.html, "href=\"x"));
        for (size_t h = 0; h < sent.header_count; h++)
            assert_null(strstr(sent.headers[h], "Bcc"));
    }
    assert_int_equal(mail_message(arena, world->config, &(struct mail_take_row){ .kind = "other" },
                                  &summary, &(struct smtp_message){ .from = NULL })
                         ->kind,
                     ERROR_INTERNAL);
}

/* What a name may look like, and no part of it is an address then. */
static void test_names_are_no_links(void **state)
{
    static const char *const names[][2] = {
        { "Dave & Co", "Dave & Co" },
        { "St. Mary", "St. Mary" },
        { "evil.example", "evil. example" },
        { "https://evil.example/x?y", "https: //evil. example/x?y" },
        { "pay@evil.example", "pay@ evil. example" },
        { "evil\u3002example \uff20x", "evil\u3002 example \uff20 x" },
        { "a..b.", "a. . b." },
        { "evil\u2024example", "evil\u2024 example" },
        { "evil\ufe52example", "evil\ufe52 example" },
        { "https\uff1a//evil\u2026example", "https\uff1a //evil\u2026 example" },
        { "evil\u00b7example\u2027x\u2022y", "evil\u00b7 example\u2027 x\u2022 y" },
        { "evil\u30fbexample\U00010a50x", "evil\u30fb example\U00010a50 x" },
        { "evil\u2488example", "evil\u2488 example" },
        { "pay\ufe6bevil\U0001f100example", "pay\ufe6b evil\U0001f100 example" },
        { "\u2460\u2492\u249c\u00e9", "\u2460\u2492 \u249c\u00e9" },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(label_in_mail(arena, names[i][0]), names[i][1]);
}

/* ---- the client, before it connects ---- */

static struct error *sent(const char *from, const char *to, const char *header, const char *text)
{
    /* Nothing listens there. */
    static const struct smtp_server smtp = { .url = "smtp://127.0.0.1:1", .name = "localhost" };
    const struct smtp_message sent = {
        .from = from, .to = to, .headers = &header, .header_count = 1, .text = text, .html = ""
    };
    const char *answer = "unset";
    struct error *e = smtp_client_send(&smtp, arena, &sent, &answer);

    assert_non_null(e);
    assert_null(answer);
    return e;
}

static void test_client_refusals(void **state)
{
    static const char *const no_headers[] = {
        "A: b\r\nBcc: c@d", "A: b\nBcc: c@d", "A: b\r\n", "A: b\r\n\r\n",
        "A: \xc3\xbc",      "A: \x7f",        "\r"
    };
    char *large = arena_alloc(arena, LIMIT_MAIL_BYTES + 2);

    (void)state;
    assert_null(smtp_client_open(arena));
    for (size_t i = 0; i < COUNT(no_headers); i++)
        assert_int_equal(sent("a@b", "c@d", no_headers[i], "")->kind, ERROR_INPUT);
    assert_int_equal(sent("a@b", "c@d>\r\nRCPT TO:<e@f", "A: b", "")->kind, ERROR_INPUT);
    assert_int_equal(sent("a@b> SIZE=1", "c@d", "A: b", "")->kind, ERROR_INPUT);
    memset(large, 'x', LIMIT_MAIL_BYTES + 1);
    assert_int_equal(sent("a@b", "c@d", "A: b", large)->kind, ERROR_INPUT);
    assert_int_equal(sent("a@b", "c@d", "A: b\r\n c", "x")->kind, ERROR_UPSTREAM);
    assert_string_equal(sent("a@b", "c@d", "A: b", "x")->text,
                        "smtp://127.0.0.1:1: Couldn't connect to server");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_queued_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_queued, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept_for_a_month, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_backoff, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deletions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_days, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_promise_has_its_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_weekly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values_cannot_inject_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names_are_no_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_client_refusals, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
