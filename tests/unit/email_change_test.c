/*
 * The change of an e-mail address: both links are needed, in any order, each once and in time; an
 * address is never given to two people, and nothing of the former one stays.
 */
#include "model/email_change.h"

#include "base/clock.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "model/mail_queue.h"
#include "model/signin_token.h"
#include "model/state_path.h"
#include "worker/mailer.h"
#include "worker/retention.h"
#include "world.h"

#include "mail.sql.h"
#include "person.sql.h"
#include "session.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NEW, OLD };

static struct world *world;
static struct arena *arena;
static struct context now;

static int set_up(void **state)
{
    (void)state;
    world = world_open(world_folder("fake:///local"));
    arena = world->arena;
    world->config->mail = "smtp";
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

static const char *email_of(int64_t person_id)
{
    struct person_get_row row;

    world_check(sql_person_get(world->db, arena, person_id, &row), "get");
    assert_string_equal(row.identity, arena_printf(arena, "local:%s", row.email));
    return row.email;
}

static struct error *request(int64_t person_id, const char *email)
{
    begin();
    return committed(email_change_request(&now, person_id, email));
}

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

/* The secret of a link, as the worker puts it into the mail. NULL: there is none to be sent. */
static const char *link_make(const char *email, int which)
{
    const char *kind = which == NEW ? "email_confirm" : "email_approve";
    const char *id = arena_copy(
        arena, ask(arena_printf(arena,
                                "SELECT change_id FROM mail WHERE to_email = '%s' AND kind = '%s' "
                                "AND state = 'queued' ORDER BY created_at DESC",
                                email, kind)));
    const char *url = NULL;
    int64_t until_at;

    if (!*id || email_change_link(&now, kind, id, &url, &until_at))
        return NULL;
    assert_int_equal(until_at, now.now_at + LIMIT_EMAIL_CHANGE_S);
    return strchr(url, '=') + 1;
}

static struct error *use(const char *token, enum email_change_end *end)
{
    struct email_change change;
    struct error *e = email_change_find(&now, token, &change);

    if (e)
        return e;
    begin();
    return committed(email_change_confirm(&now, &change, (struct bytes){ NULL, 0 }, end));
}

static void assert_no_link(const char *token)
{
    struct email_change change;

    assert_int_equal(email_change_find(&now, token, &change)->kind, ERROR_NOT_FOUND);
}

/* Sends all that waits: mail is off, so that each ends at once. */
static void mails_end(void)
{
    struct worker_context *context;
    struct mailer *mailer;
    bool has_one = true;

    world->config->mail = "off";
    assert_null(mailer_open(arena, world->config, &mailer));
    assert_null(worker_context_open(arena, world->config, &TIMEOUTS, DRIVERS, &context));
    while (has_one)
        assert_null(mailer_work(mailer, context, &has_one));
    worker_context_close(context);
    world->config->mail = "smtp";
}

/* ---- tests ---- */

static void change(const char *from, const char *to, int first)
{
    int64_t ada = person_add(from);
    const char *tokens[2];
    enum email_change_end end;

    assert_null(request(ada, to));
    tokens[NEW] = link_make(to, NEW);
    tokens[OLD] = link_make(from, OLD);
    assert_null(use(tokens[first], &end));
    assert_int_equal(end, EMAIL_CHANGE_WAITS);
    /* Pressed again it waits for the other one all the same. */
    assert_null(use(tokens[first], &end));
    assert_int_equal(end, EMAIL_CHANGE_WAITS);
    assert_string_equal(email_of(ada), from);
    assert_null(use(tokens[!first], &end));
    assert_int_equal(end, EMAIL_CHANGE_DONE);
    assert_string_equal(email_of(ada), to);
    assert_no_link(tokens[NEW]);
    assert_no_link(tokens[OLD]);
    assert_string_equal(ask(arena_printf(arena,
                                         "SELECT group_concat(kind) FROM mail WHERE to_email IN "
                                         "('%s', '%s') AND state = 'queued'",
                                         from, to)),
                        "email_changed,email_former");
}

static void test_both_links_in_any_order(void **state)
{
    (void)state;
    change("ada@example.org", "ada@example.com", NEW);
    change("bob@example.org", "bob@example.com", OLD);
    /* It is in the history, without the addresses. */
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE action = 'email_change' AND "
                            "detail IS NULL AND object IS NULL"),
                        "2");
}

static void test_nothing_of_the_former_address_stays(void **state)
{
    const struct mail earlier = { .kind = "suspended", .to = "ada@example.org", .once = "1" };
    const struct mail waits = { .kind = "suspended", .to = "ada@example.org", .once = "2" };
    int64_t ada = person_add("ada@example.org"), until_at;
    enum email_change_end end;
    const char *url;

    (void)state;
    begin();
    assert_null(mail_queue(world->db, arena, &earlier, now.now_at));
    assert_null(committed(signin_token_make(&now, "ada@example.org", &url, &until_at)));
    ask("UPDATE mail SET state = 'sent'");
    begin();
    assert_null(committed(mail_queue(world->db, arena, &waits, now.now_at)));
    assert_null(request(ada, "ada@example.com"));
    assert_null(use(link_make("ada@example.com", NEW), &end));
    assert_null(use(link_make("ada@example.org", OLD), &end));
    assert_int_equal(end, EMAIL_CHANGE_DONE);
    assert_string_equal(ask("SELECT count(*) FROM signin_link"), "0");
    /* What had not been sent goes to the new address. */
    assert_string_equal(ask("SELECT to_email FROM mail WHERE once = '2'"), "ada@example.com");
    assert_string_equal(ask("SELECT group_concat(kind) FROM mail WHERE to_email LIKE '%.org'"),
                        "email_former");
    /* The mail that tells the former address leaves nothing, however it ends. */
    mails_end();
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE to_email LIKE '%.org'"), "0");
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE to_email = 'ada@example.com'"), "2");
}

static void test_two_want_the_same_address(void **state)
{
    int64_t ada = person_add("ada@example.org"), bob = person_add("bob@example.org");
    const char *ada_new, *bob_old;
    enum email_change_end end;

    (void)state;
    assert_null(request(ada, "new@example.org"));
    ada_new = link_make("new@example.org", NEW);
    ask("UPDATE mail SET state = 'sent' WHERE to_email = 'new@example.org'");
    assert_null(request(bob, "new@example.org"));
    bob_old = link_make("bob@example.org", OLD);
    assert_null(use(link_make("new@example.org", NEW), &end));
    assert_int_equal(end, EMAIL_CHANGE_WAITS);
    assert_null(use(ada_new, &end));
    assert_null(use(link_make("ada@example.org", OLD), &end));
    assert_int_equal(end, EMAIL_CHANGE_DONE);
    assert_null(use(bob_old, &end));
    assert_int_equal(end, EMAIL_CHANGE_TAKEN);
    assert_string_equal(email_of(ada), "new@example.org");
    assert_string_equal(email_of(bob), "bob@example.org");
    assert_no_link(bob_old);
    assert_string_equal(ask("SELECT count(*) FROM email_change"), "0");
}

/* The answer and what the database holds of it are the same; only the mailbox learns it. */
static void test_an_address_of_somebody(void **state)
{
    int64_t ada = person_add("ada@example.org");
    const char *const others[] = { "bob@example.org", "operator@example.org" };
    enum email_change_end end;

    (void)state;
    person_add("bob@example.org");
    for (size_t i = 0; i < 2; i++) {
        const char *old;

        assert_null(request(ada, others[i]));
        assert_null(link_make(others[i], NEW));
        old = link_make("ada@example.org", OLD);
        assert_null(use(old, &end));
        assert_int_equal(end, EMAIL_CHANGE_WAITS);
        assert_string_equal(
            ask(arena_printf(arena, "SELECT kind FROM mail WHERE to_email = '%s'", others[i])),
            "email_taken");
    }
    assert_string_equal(email_of(ada), "ada@example.org");
}

static void test_taken_between(void **state)
{
    int64_t ada = person_add("ada@example.org");
    enum email_change_end end;

    (void)state;
    assert_null(request(ada, "new@example.org"));
    assert_null(use(link_make("new@example.org", NEW), &end));
    person_add("new@example.org");
    assert_null(use(link_make("ada@example.org", OLD), &end));
    assert_int_equal(end, EMAIL_CHANGE_TAKEN);
    assert_string_equal(email_of(ada), "ada@example.org");
}

static void test_expired(void **state)
{
    int64_t ada = person_add("ada@example.org");
    const char *new, *old;
    enum email_change_end end;
    bool is_done;

    (void)state;
    assert_null(request(ada, "new@example.org"));
    new = link_make("new@example.org", NEW);
    old = link_make("ada@example.org", OLD);
    now.now_at += LIMIT_EMAIL_CHANGE_S - 1;
    assert_null(use(new, &end));
    now.now_at += 1;
    assert_no_link(old);
    assert_string_equal(email_of(ada), "ada@example.org");
    now.now_at += 1;
    assert_null(retention_run(&now, &is_done));
    assert_string_equal(ask("SELECT count(*) FROM email_change"), "0");
}

static void test_cancelled_or_replaced(void **state)
{
    int64_t ada = person_add("ada@example.org");
    const char *first;

    (void)state;
    assert_null(request(ada, "first@example.org"));
    first = link_make("first@example.org", NEW);
    assert_null(request(ada, "second@example.org"));
    assert_no_link(first);
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE kind = 'email_approve'"), "1");
    first = link_make("second@example.org", NEW);
    begin();
    assert_null(committed(email_change_cancel(&now, ada)));
    assert_no_link(first);
    assert_string_equal(ask("SELECT count(*) FROM mail"), "0");
}

static void test_account_deleted_meanwhile(void **state)
{
    int64_t ada = person_add("ada@example.org");
    const struct erasure_request erasure = { .person_id = ada,
                                             .requested_by = ERASURE_REQUESTED_BY_PERSON };
    const char *new, *old, *token;
    enum email_change_end end;

    (void)state;
    assert_null(request(ada, "new@example.org"));
    new = link_make("new@example.org", NEW);
    old = link_make("ada@example.org", OLD);
    assert_null(use(new, &end));
    begin();
    assert_null(committed(erasure_request(&now, &erasure, &token)));
    assert_no_link(new);
    assert_no_link(old);
}

static void test_refused(void **state)
{
    int64_t ada = person_add("ada@example.org"), operator= person_add("operator@example.org");

    (void)state;
    assert_string_equal(request(ada, "ada@example.org")->code, "same");
    assert_string_equal(request(operator, "other@example.org")->code, "operator");
    world->config->mail = "off";
    assert_int_equal(request(ada, "other@example.org")->kind, ERROR_NOT_FOUND);
}

static void cancel(int64_t person_id)
{
    begin();
    assert_null(committed(email_change_cancel(&now, person_id)));
}

/* Of requests, not of mails: of those that were cancelled, too, and whoever has the address. */
static void test_requests_are_limited(void **state)
{
    const char *const wanted[] = { "free@example.org", "cyd@example.org" };
    int64_t bob = person_add("bob@example.org"), people[2];
    bool is_done;

    (void)state;
    person_add("cyd@example.org");
    for (size_t i = 0; i < 2; i++) {
        people[i] = person_add(arena_printf(arena, "ada%zu@example.org", i));
        for (int requests = 0; requests < LIMIT_EMAIL_CHANGES_PER_DAY; requests++) {
            assert_null(request(people[i], wanted[i]));
            cancel(people[i]);
        }
        assert_string_equal(ask("SELECT count(*) FROM mail"), "0");
        assert_string_equal(request(people[i], wanted[i])->code, "too_many_changes");
        assert_string_equal(request(people[i], "other@example.org")->code, "too_many_changes");
        /* Who wants it, too, can ask for it once. */
        assert_null(request(bob, wanted[i]));
        assert_string_equal(request(bob, wanted[i])->code, "too_many_changes");
        cancel(bob);
    }
    now.now_at += A_DAY_S;
    assert_null(request(people[0], "free@example.org"));
    now.now_at += 1;
    assert_null(retention_run(&now, &is_done));
    assert_string_equal(ask("SELECT count(*) FROM email_request"), "1");
}

/* No row has it longer than its mail needs, whatever becomes of the change. */
static void test_no_mail_row_keeps_the_other_address(void **state)
{
    int64_t ada = person_add("ada@example.org");

    (void)state;
    person_add("cyd@example.org");
    assert_null(request(ada, "new@example.org"));
    mails_end();
    assert_null(request(ada, "cyd@example.org"));
    mails_end();
    assert_string_equal(ask("SELECT group_concat(DISTINCT to_email) FROM mail"), "ada@example.org");
    assert_null(request(ada, "new@example.org"));
    ask("UPDATE mail SET taken_at = 1 WHERE state = 'queued'");
    cancel(ada);
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE state = 'queued'"), "0");
}

/* What is just being sent when the address changes: it may arrive at the former one. */
static void test_a_mail_on_its_way_leaves_nothing(void **state)
{
    const struct mail earlier = { .kind = "suspended", .to = "ada@example.org", .once = "1" };
    int64_t ada = person_add("ada@example.org");

    (void)state;
    begin();
    assert_null(committed(mail_queue(world->db, arena, &earlier, now.now_at)));
    ask("UPDATE mail SET taken_at = 1");
    begin();
    assert_null(committed(email_change_by_operator(&now, ada, "ada@example.com")));
    assert_string_equal(ask("SELECT to_email FROM mail WHERE kind = 'suspended'"),
                        "ada@example.com");
    mails_end();
    assert_string_equal(ask("SELECT group_concat(kind || to_email) FROM mail"),
                        "email_changedada@example.com");
}

static void test_by_operator(void **state)
{
    int64_t ada = person_add("ada@example.org");

    (void)state;
    person_add("bob@example.org");
    begin();
    assert_int_equal(committed(email_change_by_operator(&now, ada, "bob@example.org"))->kind,
                     ERROR_INPUT);
    begin();
    assert_int_equal(committed(email_change_by_operator(&now, ada, "nothing"))->kind, ERROR_INPUT);
    begin();
    assert_int_equal(committed(email_change_by_operator(&now, ada, "Operator@example.org"))->kind,
                     ERROR_INPUT);
    begin();
    assert_null(committed(email_change_by_operator(&now, ada, "Ada@M\xc3\xbcnchen.example")));
    assert_string_equal(email_of(ada), "ada@xn--mnchen-3ya.example");
    assert_string_equal(ask("SELECT actor FROM activity WHERE action = 'email_change'"),
                        "operator");
}

/* The deletion of an account looks for the address that it has. */
static void test_not_of_a_closed_account(void **state)
{
    int64_t ada = person_add("ada@example.org");
    const struct erasure_request erasure = { .person_id = ada,
                                             .requested_by = ERASURE_REQUESTED_BY_PERSON };
    const struct error *e;
    const char *token;

    (void)state;
    world->config->closed_days = 30;
    begin();
    assert_null(committed(erasure_request(&now, &erasure, &token)));
    begin();
    e = committed(email_change_by_operator(&now, ada, "new@example.org"));
    assert_int_equal(e->kind, ERROR_CONFLICT);
    assert_non_null(strstr(e->text, "by its owner"));
    assert_non_null(strstr(e->text, "domicile-admin signin ada@example.org"));
    ask("UPDATE erasure SET requested_by = 'operator'");
    begin();
    e = committed(email_change_by_operator(&now, ada, "new@example.org"));
    assert_int_equal(e->kind, ERROR_CONFLICT);
    assert_non_null(strstr(e->text, "by the admin"));
    assert_null(strstr(e->text, "signin ada@example.org"));
    assert_string_equal(email_of(ada), "ada@example.org");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_both_links_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_of_the_former_address_stays, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_two_want_the_same_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_address_of_somebody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_taken_between, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_expired, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancelled_or_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_account_deleted_meanwhile, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_requests_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_mail_row_keeps_the_other_address, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_mail_on_its_way_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_by_operator, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_of_a_closed_account, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
