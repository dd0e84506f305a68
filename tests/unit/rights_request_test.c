/*
 * Requests about personal data that come by mail: when they are due, by the calendar, and what
 * extending, answering and refusing one does.
 */
#include "model/rights_request.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "model/state_path.h"
#include "worker/retention.h"
#include "world.h"

#include "rights_request.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct world *world;
static struct arena *arena;
static struct context now;

static int set_up(void **state)
{
    (void)state;
    world = world_open(world_folder("fake:///local"));
    arena = world->arena;
    world->config->operator_email = "operator@example.org";
    now = world_context(world);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(world);
    return 0;
}

/* ---- the clock ---- */

static int64_t day(const char *text)
{
    int64_t at;

    assert_true(date_day_read(text, &at));
    return at;
}

static void test_due(void **state)
{
    static const struct {
        const char *received, *due, *extended;
    } cases[] = {
        { "2027-01-15", "2027-02-15", "2027-04-15" }, /* Monday; Thursday */
        { "2027-01-31", "2027-03-01", "2027-04-30" }, /* 28 February is a Sunday */
        { "2027-01-06", "2027-02-08", "2027-04-06" }, /* 6 February is a Saturday */
        { "2027-01-07", "2027-02-08", "2027-04-07" }, /* 7 February is a Sunday */
        { "2028-01-31", "2028-02-29", "2028-05-01" }, /* a leap year; 30 April is a Sunday */
        { "2028-01-30", "2028-02-29", "2028-05-01" }, { "2028-02-29", "2028-03-29", "2028-05-29" },
        { "2027-02-28", "2027-03-29", "2027-05-28" }, /* 28 March is a Sunday */
        { "2026-12-31", "2027-02-01", "2027-03-31" }, /* 31 January is a Sunday */
        { "2026-11-30", "2026-12-30", "2027-03-01" }, /* 28 February is a Sunday */
        { "2026-10-31", "2026-11-30", "2027-02-01" }, /* 31 January is a Sunday */
        { "2026-05-31", "2026-06-30", "2026-08-31" }, { "2026-08-31", "2026-09-30", "2026-11-30" },
        { "2100-01-31", "2100-03-01", "2100-04-30" }, /* no leap year: 28 February, a Sunday */
        { "2000-01-31", "2000-02-29", "2000-05-01" }, /* a leap year; 30 April is a Sunday */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t at = day(cases[i].received);

        assert_string_equal(date_iso(arena, rights_request_due(at, RIGHTS_REQUEST_MONTHS)),
                            arena_printf(arena, "%sT23:59:59Z", cases[i].due));
        assert_string_equal(date_iso(arena, rights_request_due(at, RIGHTS_REQUEST_MONTHS_EXTENDED)),
                            arena_printf(arena, "%sT23:59:59Z", cases[i].extended));
    }
}

/* Of every day of twelve years, with a calendar of its own: walked, not calculated. */
static void test_due_on_every_day(void **state)
{
    int64_t last = day("2036-12-31");

    (void)state;
    for (int64_t at = day("2025-01-01"); at <= last; at += A_DAY_S) {
        const char *from = date_day_iso(arena, at);
        int64_t due = rights_request_due(at, 1), walked = at;
        const char *to, *weekday;

        while (strncmp(date_month_iso(arena, walked), from, 7) == 0)
            walked += A_DAY_S; /* the first of the next month */
        while (strcmp(date_day_iso(arena, walked) + 8, from + 8) < 0 &&
               strncmp(date_month_iso(arena, walked), date_month_iso(arena, walked + A_DAY_S), 7) ==
                   0)
            walked += A_DAY_S; /* the same date, or the last one */
        for (weekday = date_mail(arena, walked); *weekday == 'S';
             weekday = date_mail(arena, walked))
            walked += A_DAY_S; /* Sat, Sun */
        to = date_day_iso(arena, walked);
        assert_string_equal(date_day_iso(arena, due), to);
        assert_int_equal(due % A_DAY_S, A_DAY_S - 1);
    }
}

static void test_left_and_urgent(void **state)
{
    int64_t at = day("2027-01-15"), due = rights_request_due(at, 1);
    int64_t later = rights_request_due(at, 3);

    (void)state;
    assert_int_equal(rights_request_days_left(due, at), 31);
    assert_int_equal(rights_request_days_left(due, due), 0);
    assert_int_equal(rights_request_days_left(due, due + 1), -1);
    assert_false(rights_request_is_urgent(at, due, 0, day("2027-02-11") + A_DAY_S - 1));
    assert_true(rights_request_is_urgent(at, due, 0, day("2027-02-12")));
    assert_false(rights_request_is_urgent(at, later, 1, day("2027-04-12")));
    assert_true(rights_request_is_urgent(at, later, 1, day("2027-04-13")));
    assert_true(rights_request_is_urgent(at, later, 1, later + 1));
}

/* ---- the register ---- */

/* What sqlite3 says of the database to a statement. */
static const char *ask(const char *statement)
{
    static char text[1 << 12];
    FILE *pipe = popen(arena_printf(arena, "sqlite3 '%s' \"%s\" | tr -d '\\n'",
                                    main_db_path(arena, world->state_dir), statement),
                       "r");
    size_t length;

    assert_non_null(pipe);
    length = fread(text, 1, sizeof text - 1, pipe);
    text[length] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static struct error *committed(struct error *e)
{
    if (!e)
        e = db_commit(world->db, arena);
    db_rollback(world->db);
    return e;
}

static void begin(void)
{
    world_check(db_begin(world->db, arena), "begin");
}

static int64_t person_add(const char *email)
{
    const struct identity identity = {
        .key = arena_printf(arena, "local:%s", email),
        .email = email,
        .name = "Somebody",
    };
    const char *notice;
    int64_t person_id, team_id;

    begin();
    world_check(committed(identity_person(&now, &identity, &person_id, &team_id, &notice)),
                "person");
    return person_id;
}

/* Received today. */
static int64_t add(const char *email, const char *word)
{
    struct rights_request_result result;

    begin();
    assert_null(
        committed(rights_request_add(&now, email, rights_request_kind(word), now.now_at, &result)));
    return result.number;
}

static struct error *answer_of(int64_t number, const char *identity,
                               struct rights_request_result *result)
{
    begin();
    return committed(rights_request_answer(&now, number, identity, "Done.", result));
}

static struct error *answer(int64_t number, const char **path)
{
    struct rights_request_result result;
    struct error *e = answer_of(number, NULL, &result);

    *path = result.path;
    return e;
}

static struct error *extend(int64_t number)
{
    struct rights_request_result result;

    begin();
    return committed(rights_request_extend(&now, number, "Many.", &result));
}

static void test_added(void **state)
{
    struct rights_request_result result;

    (void)state;
    assert_null(rights_request_kind("everything"));
    assert_null(rights_request_kind(NULL));
    begin();
    assert_int_equal(
        committed(rights_request_add(&now, "a@b", "copy", now.now_at + A_DAY_S, &result))->kind,
        ERROR_INPUT);
    person_add("ada@example.org");
    assert_int_equal(add("stranger@example.org", "other"), 1);
    assert_int_equal(add("ada@example.org", "copy"), 2);
    assert_string_equal(
        ask(arena_printf(arena, "SELECT due_at = %lld FROM rights_request WHERE number = 2",
                         (long long)rights_request_due(now.now_at, 1))),
        "1");
    /* In the operator's history both, in a team's the one of a person. */
    assert_string_equal(
        ask("SELECT group_concat(object || (team_id > 0)) FROM (SELECT * FROM activity "
            "WHERE action = 'request_add' ORDER BY object, team_id)"),
        "10,20,21");
}

static void test_extended_once_in_the_first_month(void **state)
{
    int64_t first = add("a@example.org", "other"), second = add("a@example.org", "other");

    (void)state;
    assert_null(extend(first));
    assert_string_equal(
        ask(arena_printf(arena, "SELECT due_at = %lld FROM rights_request WHERE number = 1",
                         (long long)rights_request_due(now.now_at, 3))),
        "1");
    assert_string_equal(ask("SELECT kind || to_email || note || (until_at > 0) FROM mail"),
                        "request_extendeda@example.orgMany.1");
    assert_int_equal(extend(first)->kind, ERROR_CONFLICT);
    now.now_at = rights_request_due(now.now_at, 1) + 1;
    assert_int_equal(extend(second)->kind, ERROR_CONFLICT);
    assert_int_equal(extend(99)->kind, ERROR_NOT_FOUND);
}

static void test_answer_does_what_was_asked(void **state)
{
    int64_t ada = person_add("ada@example.org");
    const char *path;

    (void)state;
    assert_null(answer(add("ada@example.org", "copy"), &path));
    assert_null(path);
    assert_string_equal(ask("SELECT person_id || state FROM export"),
                        arena_printf(arena, "%lldqueued", (long long)ada));
    assert_null(answer(add("ada@example.org", "restrict"), &path));
    assert_string_equal(ask("SELECT restricted_at > 0 FROM person WHERE email LIKE 'ada%'"), "1");
    assert_null(answer(add("ada@example.org", "object"), &path));
    assert_string_equal(ask("SELECT p.is_uncounted || t.is_unmeasured FROM person p JOIN team t "
                            "ON t.personal_of = p.id WHERE p.email LIKE 'ada%'"),
                        "11");
    assert_null(answer(add("ada@example.org", "correct"), &path));
    assert_null(answer(add("ada@example.org", "delete"), &path));
    assert_true(strncmp(path, "/deletion/", 10) == 0);
    assert_string_equal(ask("SELECT requested_by FROM erasure"), "operator");
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE kind = 'request_answered' AND note "
                            "LIKE '%Done.'"),
                        "5");
    /* The answer tells of the deletion: when, and where it can be seen. No other mail does. */
    assert_string_equal(
        ask(arena_printf(arena,
                         "SELECT group_concat(kind) FROM mail WHERE (note LIKE '%%closed. It is "
                         "deleted for good on%%Done.' AND url LIKE '%%%s') OR url LIKE "
                         "'%%deletion%%'",
                         path)),
        "request_answered");
    /* And the history says what was done, beside that it was answered. */
    assert_string_equal(ask("SELECT group_concat(action || ' ' || detail) FROM (SELECT * FROM "
                            "activity WHERE actor = 'operator' AND team_id > 0 AND action NOT "
                            "LIKE 'request%' ORDER BY seq)"),
                        "copy Request 1 by email,restriction Request 2 by email,"
                        "statistics Request 3 by email,charts Request 3 by email,"
                        "deletion Request 5 by email");
    assert_string_equal(ask("SELECT count(*) FROM rights_request WHERE outcome = 'answered'"), "5");
    assert_int_equal(answer(1, &path)->kind, ERROR_CONFLICT);
    assert_string_equal(ask("SELECT detail FROM activity WHERE team_id = 0 AND action = "
                            "'deletion'"),
                        "Request 5 by email");
    /* Closed, nobody can download a copy. */
    assert_null(answer(add("ada@example.org", "copy"), &path));
    assert_non_null(strstr(ask("SELECT note FROM mail ORDER BY request_number DESC LIMIT 1"),
                           "No copy was prepared, as your account is closed: nobody can sign in"));
    assert_string_equal(ask("SELECT count(*) FROM export"), "1");
}

/* In the days in which signing in would undo that. */
static void test_closed_by_its_owner(void **state)
{
    const struct erasure_request closing = { .person_id = person_add("ada@example.org"),
                                             .requested_by = ERASURE_REQUESTED_BY_PERSON };
    struct rights_request_result result;
    const char *token;
    int64_t number;

    (void)state;
    world->config->closed_days = 30;
    begin();
    world_check(committed(erasure_request(&now, &closing, &token)), "close");
    begin();
    assert_null(
        committed(rights_request_add(&now, "ada@example.org", "copy", now.now_at, &result)));
    assert_string_equal(result.account, "local:ada@example.org");
    assert_non_null(strstr(result.closed, "by its owner"));
    assert_null(answer_of(result.number, NULL, &result));
    assert_null(result.acted);
    assert_non_null(strstr(ask("SELECT note FROM mail WHERE kind = 'request_answered'"),
                           "you can sign in, which undoes the deletion"));
    assert_string_equal(ask("SELECT count(*) FROM export"), "0");
    assert_null(answer_of(add("ada@example.org", "restrict"), NULL, &result));
    assert_non_null(result.acted);
    assert_string_equal(ask("SELECT restricted_at > 0 FROM person WHERE email LIKE 'ada%'"), "1");
    assert_string_equal(ask("SELECT requested_by FROM erasure"), "person");
    /* To delete it is final, on the day that it had. */
    number = add("ada@example.org", "delete");
    now.now_at += A_DAY_S;
    assert_null(answer_of(number, NULL, &result));
    assert_non_null(strstr(result.closed, "Its owner requested its deletion by email."));
    assert_non_null(result.path);
    assert_string_equal(
        ask("SELECT requested_by || ((due_at - requested_at) / 86400) FROM erasure"), "operator30");
    assert_string_equal(
        ask(arena_printf(arena, "SELECT count(*) FROM mail WHERE url LIKE '%%%s'", result.path)),
        "1");
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE kind = 'account_closed'"), "0");
    assert_string_equal(ask("SELECT group_concat(action) FROM (SELECT * FROM activity WHERE actor "
                            "= 'operator' AND team_id > 0 ORDER BY seq) WHERE detail = 'Request 3 "
                            "by email'"),
                        "request_add,deletion_final,request_answer");
    /* Once it has begun, nothing else is done. */
    number = add("ada@example.org", "object");
    now.now_at += 30 * A_DAY_S;
    assert_null(answer_of(number, NULL, &result));
    assert_null(result.acted);
    assert_string_equal(ask("SELECT is_uncounted FROM person WHERE email LIKE 'ada%'"), "0");
}

static void test_objection_without_counts(void **state)
{
    struct rights_request_result result;

    (void)state;
    person_add("ada@example.org");
    world->config->has_counts = false;
    assert_null(answer_of(add("ada@example.org", "object"), NULL, &result));
    assert_null(strstr(ask("SELECT note FROM mail"), "no longer counted"));
    assert_non_null(strstr(ask("SELECT note FROM mail"), "Usage charts are off"));
}

static void test_without_an_account(void **state)
{
    const char *path;
    int64_t copy = add("stranger@example.org", "copy");
    int64_t gone = add("stranger@example.org", "delete");

    (void)state;
    assert_null(answer(copy, &path));
    assert_null(path);
    assert_string_equal(ask("SELECT count(*) FROM export"), "0");
    assert_string_equal(ask("SELECT note FROM mail"), "Done.");
    ask("UPDATE mail SET state = 'sent'");
    assert_null(answer(gone, &path));
    /* What was sent before is gone, and so will be the answer once it is sent. */
    assert_string_equal(ask("SELECT state || is_transient FROM mail"), "queued1");
    assert_string_equal(ask("SELECT group_concat(ifnull(email, '-')) FROM (SELECT email FROM "
                            "rights_request ORDER BY number)"),
                        "stranger@example.org,-");
}

static void test_refused(void **state)
{
    struct rights_request_result result;
    int64_t number = add("stranger@example.org", "delete");

    (void)state;
    world->config->authority_url = "https://authority.example";
    begin();
    assert_null(committed(rights_request_refuse(&now, number, "Unknown.", &result)));
    assert_null(result.account);
    assert_string_equal(result.email, "stranger@example.org");
    assert_string_equal(ask("SELECT outcome || outcome_why || email FROM rights_request"),
                        "refusedUnknown.stranger@example.org");
    assert_string_equal(ask("SELECT kind || note || url FROM mail"),
                        "request_refusedUnknown.https://authority.example");
    assert_non_null(strstr(answer_of(number, NULL, &result)->text, "was refused before"));
}

static void test_several_accounts(void **state)
{
    struct rights_request_result result;
    const struct error *e;
    int64_t refused, other, copy, foreign;

    (void)state;
    person_add("ada@example.org");
    ask("INSERT INTO person (identity, email, name, created_at) "
        "VALUES ('workos:user_1', 'ada@example.org', 'Ada', 1)");
    ask("INSERT INTO team (name, personal_of, created_at) SELECT 'Ada', id, 1 FROM person WHERE "
        "identity = 'workos:user_1'");
    refused = add("ada@example.org", "delete");
    other = add("ada@example.org", "other");
    copy = add("ada@example.org", "copy");
    foreign = add("ada@example.org", "restrict");
    assert_null(extend(refused));
    begin();
    assert_null(committed(rights_request_refuse(&now, refused, "Unknown.", &result)));
    assert_null(answer_of(other, NULL, &result));
    assert_null(result.acted);
    /* What is done to an account needs to know to which. */
    e = answer_of(copy, NULL, &result);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_non_null(strstr(e->text, "local:ada@example.org, workos:user_1"));
    e = answer_of(copy, "workos:user_2", &result);
    assert_non_null(strstr(e->text, "local:ada@example.org, workos:user_1"));
    assert_string_equal(ask("SELECT count(*) FROM export"), "0");
    assert_null(answer_of(copy, "workos:user_1", &result));
    assert_non_null(result.acted);
    assert_string_equal(result.account, "workos:user_1");
    assert_null(answer_of(foreign, "local:ada@example.org", &result));
    assert_string_equal(ask("SELECT p.identity FROM export e JOIN person p ON p.id = e.person_id"),
                        "workos:user_1");
    assert_string_equal(ask("SELECT identity FROM person WHERE restricted_at > 0"),
                        "local:ada@example.org");
}

/* Nothing is answered, nor done to an account that may be somebody else's. */
static void test_identity_of_another_address(void **state)
{
    struct rights_request_result result;
    const struct error *e;
    int64_t number;

    (void)state;
    person_add("ada@example.org");
    number = add("ada@work.example", "delete");
    e = answer_of(number, "local:ada@example.org", &result);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_non_null(strstr(e->text, "local:ada@example.org belongs to ada@example.org"));
    assert_non_null(strstr(e->text, "request-add"));
    e = answer_of(number, "local:nobody@example.org", &result);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_non_null(strstr(e->text, "no account has the identity"));
    assert_string_equal(ask("SELECT count(*) FROM rights_request WHERE ended_at IS NULL"), "1");
    assert_string_equal(ask("SELECT count(*) FROM mail"), "0");
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE action = 'request_answer'"), "0");
    assert_null(answer_of(number, NULL, &result));
    assert_null(result.acted);
}

static void test_operator_is_not_closed(void **state)
{
    const char *path;
    int64_t number;

    (void)state;
    person_add("operator@example.org");
    number = add("operator@example.org", "delete");
    assert_int_equal(answer(number, &path)->kind, ERROR_INPUT);
    assert_string_equal(ask("SELECT count(*) FROM erasure"), "0");
    assert_string_equal(ask("SELECT count(*) FROM mail"), "0");
    assert_string_equal(ask("SELECT count(*) FROM rights_request WHERE ended_at IS NULL"), "1");
}

static void test_kept_for_three_years(void **state)
{
    const char *path;
    bool is_done;

    (void)state;
    assert_null(answer(add("a@example.org", "other"), &path));
    add("a@example.org", "other");
    now.now_at += LIMIT_REQUEST_KEEP_S;
    assert_null(retention_run(&now, &is_done));
    assert_string_equal(ask("SELECT count(*) FROM rights_request"), "2");
    now.now_at += 1;
    assert_null(retention_run(&now, &is_done));
    assert_string_equal(ask("SELECT group_concat(number) FROM rights_request"), "2");
}

/* Nobody waits for an answer to who was erased: it neither is overdue nor stays for ever. */
static void test_erased_before_the_answer(void **state)
{
    struct rights_request_overdue_row overdue;
    const char *path;
    bool is_done;

    (void)state;
    add("a@example.org", "other");
    now.now_at = rights_request_due(now.now_at, 1) + 1;
    assert_null(sql_rights_request_overdue(world->db, arena, now.now_at, &overdue));
    assert_int_equal(overdue.total, 1);
    begin();
    assert_null(
        committed(sql_rights_request_end_erased(world->db, arena, "a@example.org", now.now_at)));
    ask("UPDATE rights_request SET email = NULL");
    assert_null(sql_rights_request_overdue(world->db, arena, now.now_at, &overdue));
    assert_int_equal(overdue.total, 0);
    assert_int_equal(answer(1, &path)->kind, ERROR_CONFLICT);
    now.now_at += LIMIT_REQUEST_KEEP_S + 1;
    assert_null(retention_run(&now, &is_done));
    assert_string_equal(ask("SELECT count(*) FROM rights_request"), "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_due, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_due_on_every_day, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_left_and_urgent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_added, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_extended_once_in_the_first_month, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answer_does_what_was_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed_by_its_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_objection_without_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_an_account, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_several_accounts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_identity_of_another_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_operator_is_not_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept_for_three_years, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_erased_before_the_answer, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
