/*
 * What people are told by mail: each choice is obeyed when a mail is queued, owners are told of a
 * spending limit once a month, and a weekly summary comes once, to who wants it.
 */
#include "model/notice.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/erasure_key.h"
#include "model/restriction.h"
#include "model/spend_cap.h"
#include "model/ssh_key_store.h"
#include "model/state_path.h"
#include "model/weekly.h"
#include "world.h"

#include "ledger.sql.h"
#include "notice.sql.h"
#include "team.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MONDAY_AT = 1795392000 }; /* 23 Nov 2026, 00:00 UTC */

static struct world *world;
static struct arena *arena;
static struct context now;

static void now_set(int64_t at)
{
    now = context_at(world->db, arena, world->config, at * 1000);
}

/* The only column of the only row that a statement gives. */
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

static int set_up(void **state)
{
    (void)state;
    world = world_open(world_folder("fake:///local"));
    arena = world->arena;
    world->config->mail = "smtp";
    now_set(MONDAY_AT);
    return 0;
}

/* The team is older than its usage, and prices hold since then. */
static int set_up_usage(void **state)
{
    set_up(state);
    assert_string_equal(ask("UPDATE team SET created_at = 1; UPDATE price SET from_at = 1"), "");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(world);
    return 0;
}

static void begin(void)
{
    world_check(db_begin(world->db, arena), "begin");
}

static void commit(struct error *e)
{
    world_check(e, "change");
    world_check(db_commit(world->db, arena), "commit");
}

/* The kinds of all mails in the queue, which is empty then. */
static const char *queued(void)
{
    const char *kinds = arena_copy(arena, ask("SELECT ifnull(group_concat(kind), '') FROM mail"));

    ask("DELETE FROM mail");
    return kinds;
}

static void choose(bool has_budget, bool has_idle, bool has_weekly, const char *changes)
{
    const struct notice_choices choices = { has_budget, has_idle, has_weekly };
    const char *found = NULL;

    begin();
    commit(notice_set(&now, world->person_id, &choices, &found));
    if (changes)
        assert_string_equal(found, changes);
    else
        assert_null(found);
}

static void restrict_account(bool is_on)
{
    begin();
    commit(is_on ? restriction_begin(&now, world->person_id)
                 : restriction_end(&now, world->person_id));
}

/* ---- choices ---- */

static void notice_try(const char *kind)
{
    static int number;
    const struct mail mail = { .kind = kind, .once = arena_printf(arena, "once/%d", number++) };

    begin();
    commit(notice_queue(&now, world->person_id, &mail));
}

static void what_can_be_turned_off_is(void **state)
{
    static const char *const budget[] = { "spend_near", "spend_full" }, *const idle =
                                                                            "vm_stops_soon";
    static const char *const always[] = { "key_added", "key_removed", "copy_downloaded" };

    (void)state;
    choose(true, true, false, NULL);
    for (size_t i = 0; i < COUNT(budget); i++) {
        notice_try(budget[i]);
        assert_string_equal(queued(), budget[i]);
    }
    notice_try(idle);
    assert_string_equal(queued(), idle);
    choose(false, true, false, "Spending limit off");
    for (size_t i = 0; i < COUNT(budget); i++)
        notice_try(budget[i]);
    assert_string_equal(queued(), "");
    notice_try(idle);
    assert_string_equal(queued(), idle);
    choose(true, false, true, "Spending limit on, Idle warnings off, Weekly summary on");
    notice_try(idle);
    assert_string_equal(queued(), "");
    notice_try(budget[0]);
    assert_string_equal(queued(), budget[0]);
    choose(false, false, false, "Spending limit off, Weekly summary off");
    for (size_t i = 0; i < COUNT(always); i++) {
        notice_try(always[i]);
        assert_string_equal(queued(), always[i]);
    }
}

static void a_restricted_account_gets_what_cannot_be_turned_off(void **state)
{
    (void)state;
    restrict_account(true);
    notice_try("spend_full");
    assert_string_equal(queued(), "");
    notice_try("key_removed");
    assert_string_equal(queued(), "key_removed");
    restrict_account(false);
    ask("UPDATE person SET suspended_at = 1");
    notice_try("spend_full");
    assert_string_equal(queued(), "");
    ask("UPDATE person SET suspended_at = NULL");
    notice_try("spend_full");
    assert_string_equal(queued(), "spend_full");
}

/* ---- keys ---- */

static struct ssh_key key_of(const char *fingerprint)
{
    return (struct ssh_key){
        .type = "Ed25519", .fingerprint = fingerprint, .comment = "", .line = "ssh-ed25519 AAAA"
    };
}

static void who_adds_or_deletes_keys_is_told(void **state)
{
    struct ssh_key key[] = { key_of("SHA256:a"), key_of("SHA256:b") };
    const struct ssh_keys keys = { .key = key, .count = 2 };
    struct ssh_key_stored *stored;
    const char *ids[2];

    (void)state;
    begin();
    commit(ssh_keys_store(&now, &world->actor, &keys, "my.desk", "web", &stored));
    assert_string_equal(ask("SELECT kind || '|' || note || '|' || to_email FROM mail"),
                        "key_added|my. desk, my. desk 2|you@example.org");
    assert_string_equal(ask("SELECT count(*) FROM ssh_key WHERE project = 'web'"), "2");
    ask("DELETE FROM mail");
    /* Keys that are there already change nothing. */
    begin();
    commit(ssh_keys_store(&now, &world->actor, &keys, "again", NULL, &stored));
    assert_string_equal(queued(), "");
    ids[0] = stored[0].id;
    ids[1] = stored[1].id;
    begin();
    commit(erasure_keys_begin(&now, &world->actor, ids, 2));
    assert_string_equal(ask("SELECT kind || '|' || note FROM mail"),
                        "key_removed|my. desk, my. desk 2");
}

/* ---- the spending limit ---- */

/* The open interval of a VM, which costs a cent in ten hours. */
static void spend(const char *vm_id, int64_t from_at, int64_t until_at)
{
    ask(arena_printf(
        arena,
        "INSERT INTO ledger (team_id, month_at, vm_id, from_at, until_at, is_open, vm_name, "
        "state, size, disk_gb, snapshot_gb) VALUES (%lld, %lld, '%s', "
        "%lld, %lld, 1, 'vm', 'running', 'nano', 1, 0)",
        (long long)world->team_id, (long long)date_month_start(from_at), vm_id, (long long)from_at,
        (long long)until_at));
}

static void owners_are_told_once_a_month(void **state)
{
    int64_t cap_cents = 1; /* ten hours of nano */
    const char *vm_id = world_create(world, "one");

    (void)state;
    world->config->billing = "stripe";
    world_check(sql_team_set_cap(world->db, arena, world->team_id, &cap_cents), "cap");
    world_check(spend_cap_run(&now), "run");
    assert_string_equal(queued(), "");
    spend(vm_id, MONDAY_AT - 9 * AN_HOUR_S, MONDAY_AT);
    world_check(spend_cap_run(&now), "run");
    world_check(spend_cap_run(&now), "run");
    assert_string_equal(ask("SELECT kind || '|' || note || '|' || until_at FROM mail"),
                        "spend_near|€0.01|1796083200");
    ask("DELETE FROM mail");
    world_check(spend_cap_run(&now), "run");
    assert_string_equal(queued(), "");
    ask(arena_printf(arena, "UPDATE ledger SET from_at = %lld",
                     (long long)(MONDAY_AT - 11 * AN_HOUR_S)));
    world_check(spend_cap_run(&now), "run");
    world_check(spend_cap_run(&now), "run");
    assert_string_equal(queued(), "spend_full");
    assert_string_equal(ask("SELECT group_concat(action) FROM (SELECT action FROM activity WHERE "
                            "action LIKE 'spend%' ORDER BY at_ms, seq)"),
                        "spend_near,spend_full");
    /* Of the next month again; who does not want it is not told, and it is in the activity. */
    choose(false, true, false, "Spending limit off");
    now_set(date_month_end(MONDAY_AT) + 12 * AN_HOUR_S);
    ask("DELETE FROM ledger");
    spend(vm_id, date_month_end(MONDAY_AT), date_month_end(MONDAY_AT) + 11 * AN_HOUR_S);
    world_check(spend_cap_run(&now), "run");
    assert_string_equal(queued(), "");
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE action = 'spend_full'"), "2");
}

/* ---- the weekly summary ---- */

static void its_time_is_monday_at_six(void **state)
{
    const int64_t due_at = MONDAY_AT + 6 * AN_HOUR_S;

    (void)state;
    assert_int_equal(weekly_due_at(due_at), due_at);
    assert_int_equal(weekly_due_at(due_at - 1), due_at - 7 * A_DAY_S);
    assert_int_equal(weekly_due_at(MONDAY_AT), due_at - 7 * A_DAY_S);
    assert_int_equal(weekly_due_at(due_at + 7 * A_DAY_S - 1), due_at);
}

static void weekly_at(int64_t at, const char *kinds)
{
    now_set(at);
    world_check(weekly_run(&now), "run");
    world_check(weekly_run(&now), "run again");
    assert_string_equal(queued(), kinds);
}

static void it_comes_once_to_who_wants_it(void **state)
{
    const int64_t due_at = MONDAY_AT + 6 * AN_HOUR_S;

    (void)state;
    weekly_at(due_at, "");
    choose(true, true, true, "Weekly summary on");
    weekly_at(due_at + 60, ""); /* the first is that of the next Monday */
    weekly_at(due_at + 7 * A_DAY_S - 1, "");
    weekly_at(due_at + 7 * A_DAY_S, "weekly_summary");
    /* Not even if its row in the queue is gone and the address is another one. */
    ask("UPDATE person SET email = 'new@example.org'");
    weekly_at(due_at + 7 * A_DAY_S + 60, "");
    /* After a week in which the worker was down, one. */
    weekly_at(due_at + 23 * A_DAY_S, "weekly_summary");
    weekly_at(due_at + 28 * A_DAY_S, "weekly_summary");
    restrict_account(true);
    weekly_at(due_at + 35 * A_DAY_S, "");
    restrict_account(false);
    weekly_at(due_at + 36 * A_DAY_S, "");
    world->config->mail = "off";
    weekly_at(due_at + 42 * A_DAY_S, "");
    world->config->mail = "smtp";
    choose(true, true, false, "Weekly summary off");
    weekly_at(due_at + 43 * A_DAY_S, "");
}

static void it_says_what_the_week_was(void **state)
{
    const struct weekly_team *team;
    struct weekly weekly;
    const char *one;

    (void)state;
    assert_int_equal(weekly_read(&now, world->person_id, MONDAY_AT, &weekly)->kind,
                     ERROR_NOT_FOUND);
    choose(true, true, true, "Weekly summary on");
    one = world_create(world, "one");
    world_create(world, "two");
    ask(arena_printf(
        arena,
        "UPDATE vm SET created_at = %lld WHERE name = 'one'; UPDATE vm SET created_at = "
        "%lld, state = 'failed' WHERE name = 'two'",
        (long long)(MONDAY_AT - A_DAY_S), (long long)MONDAY_AT));
    spend(one, MONDAY_AT - 8 * A_DAY_S, MONDAY_AT - 6 * A_DAY_S);
    world_check(weekly_read(&now, world->person_id, MONDAY_AT, &weekly), "read");
    assert_int_equal(weekly.teams.count, 1);
    team = &weekly.teams.row[0];
    assert_int_equal(team->vms, 1);
    assert_int_equal(team->failed, 1);
    assert_int_equal(team->created, 1);
    assert_int_equal(team->destroyed, 0);
    assert_string_equal(team->hours, "24.0 h");
    assert_null(team->cost);
    assert_null(team->warning);
    world->config->billing = "stripe";
    world_check(weekly_read(&now, world->person_id, MONDAY_AT, &weekly), "read");
    assert_string_equal(weekly.teams.row[0].cost, "€0.02");
    assert_non_null(strstr(weekly.unsubscribe_url, "/unsubscribe/"));
}

static void its_link_turns_it_off(void **state)
{
    struct notice_weekly_of_row row;
    struct notice_choices choices;

    (void)state;
    choose(true, true, true, "Weekly summary on");
    world_check(sql_notice_weekly_of(world->db, arena, world->person_id, &row), "token");
    begin();
    commit(notice_unsubscribe(&now, "another"));
    world_check(notice_read(&now, world->person_id, &choices), "read");
    assert_true(choices.has_weekly);
    for (int i = 0; i < 2; i++) {
        begin();
        commit(notice_unsubscribe(&now, row.token));
        world_check(notice_read(&now, world->person_id, &choices), "read");
        assert_false(choices.has_weekly);
    }
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE action = 'notices'"), "1");
    /* Turned on again, it has another one. */
    choose(true, true, true, "Weekly summary on");
    begin();
    commit(notice_unsubscribe(&now, row.token));
    world_check(notice_read(&now, world->person_id, &choices), "read");
    assert_true(choices.has_weekly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_can_be_turned_off_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restricted_account_gets_what_cannot_be_turned_off, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_adds_or_deletes_keys_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(owners_are_told_once_a_month, set_up_usage, tear_down),
        cmocka_unit_test_setup_teardown(its_time_is_monday_at_six, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_comes_once_to_who_wants_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_says_what_the_week_was, set_up_usage, tear_down),
        cmocka_unit_test_setup_teardown(its_link_turns_it_off, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
