/*
 * What the admin does about people and teams, without a request: suspensions stop and refuse, but
 * delete nothing, and can be repeated and ended; a team's own quota is obeyed; an invite to an
 * account works once.
 */
#include "model/suspension.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "drain.h"
#include "fake_driver.h"
#include "main_constants.sql.h"
#include "model/access_request.h"
#include "model/announcement.h"
#include "model/identity.h"
#include "model/invite.h"
#include "model/quota.h"
#include "model/restriction.h"
#include "model/state_path.h"
#include "model/vm_life.h"
#include "model/vm_schedule.h"
#include "world.h"

#include "person.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct world *world;
static struct arena *arena;
static struct worker_context *worker;
static struct context now;
static const char *vm; /* a running one */

static int set_up(void **state)
{
    (void)state;
    *fake = (struct fake_host){ .calls = 0 };
    world = world_open(world_folder("fake:///local"));
    arena = world->arena;
    world->config->mail = "smtp";
    worker = drain_bench(world);
    vm = world_create(world, "first");
    drain(worker);
    now = world_context(world);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    worker_context_close(worker);
    world_close(world);
    return 0;
}

static void begin(void)
{
    world_check(db_begin(world->db, arena), "begin");
}

static struct error *end(struct error *e)
{
    if (!e)
        e = db_commit(world->db, arena);
    db_rollback(world->db);
    return e;
}

/* The only column of the only row that a statement gives; "" if it gives none. */
static const char *ask(const char *statement)
{
    char text[1 << 12] = "";
    FILE *pipe = popen(arena_printf(arena, "sqlite3 -bail '%s' \"%s\"",
                                    main_db_path(arena, world->state_dir), statement),
                       "r");

    assert_non_null(pipe);
    if (!fgets(text, sizeof text, pipe))
        text[0] = '\0';
    assert_int_equal(pclose(pipe), 0);
    text[strcspn(text, "\n")] = '\0';
    return arena_copy(arena, text);
}

static struct error *person_suspended(const char *reason)
{
    begin();
    return end(suspension_begin_person(&now, world->person_id, reason));
}

static void person_restored(void)
{
    begin();
    world_check(end(suspension_end_person(&now, world->person_id)), "restore");
}

static struct error *team_suspended(const char *reason)
{
    begin();
    return end(suspension_begin_team(&now, world->team_id, reason));
}

static void team_restored(void)
{
    begin();
    world_check(end(suspension_end_team(&now, world->team_id)), "restore");
}

static void assert_code(const struct error *e, enum error_kind kind, const char *code)
{
    assert_non_null(e);
    assert_int_equal(e->kind, kind);
    assert_string_equal(e->code, code);
    assert_non_null(e->message);
}

/* Whoever asks: the person, another of the team, or the software for a schedule. */
static void assert_nothing_begins(const struct actor *actor, const char *code)
{
    const struct vm_new wanted = {
        .name = "another",
        .region = &world->config->regions[0],
        .image = &world->config->images[0],
        .size = &world->config->sizes[0],
        .key_ids = &world->key_id,
        .key_count = 1,
        .internet.mode = VM_INTERNET_ON,
    };
    const enum vm_trigger triggers[] = { VM_REQUEST_START, VM_REQUEST_RESTART, VM_REQUEST_RESUME,
                                         VM_REQUEST_RETRY };
    const char *id;

    for (size_t i = 0; i < COUNT(triggers); i++) {
        begin();
        assert_code(end(vm_command_send(&now, actor, vm, triggers[i], NULL)), ERROR_CONFLICT, code);
    }
    begin();
    assert_code(end(vm_command_create(&now, actor, &wanted, &id)), ERROR_CONFLICT, code);
    begin();
    assert_code(end(vm_command_snapshot(&now, actor, vm, "now")), ERROR_CONFLICT, code);
    begin();
    assert_code(end(vm_command_resize(&now, actor, vm, &world->config->sizes[1])), ERROR_CONFLICT,
                code);
    assert_code(vm_command_start_check(&now, actor), ERROR_CONFLICT, code);
}

static void a_suspended_person_runs_nothing(void **state)
{
    const struct actor other = { .team_id = world->team_id, .role = MEMBERSHIP_ROLE_MEMBER };
    const struct actor system = actor_system(world->team_id, "By its schedule");

    (void)state;
    assert_string_equal(world_vm(world, vm).state, VM_STATE_RUNNING);
    assert_null(person_suspended("Mining"));
    drain(worker);
    assert_string_equal(world_vm(world, vm).state, VM_STATE_STOPPED);
    assert_nothing_begins(&world->actor, SUSPENSION_CODE);
    assert_nothing_begins(&other, "team_suspended");
    assert_nothing_begins(&system, "team_suspended");
    /* The reason is between the admin and the person. */
    assert_null(strstr(restriction_check(&now, &other)->message, "Mining"));
    assert_non_null(strstr(restriction_check(&now, &world->actor)->message, "Mining"));
    person_restored();
    begin();
    world_check(end(vm_command_send(&now, &world->actor, vm, VM_REQUEST_START, NULL)), "start");
    drain(worker);
    assert_string_equal(world_vm(world, vm).state, VM_STATE_RUNNING);
}

static void a_suspended_person_signs_in_nowhere(void **state)
{
    struct error *e;

    (void)state;
    assert_null(suspension_check_sign_in(&now, world->person_id));
    ask("INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser, "
        "created_at, seen_at, "
        "idle_at, expires_at) SELECT x'00', 'a', 1, id, x'00', 'b', 1, 1, 9999999999, 9999999999 "
        "FROM team");
    assert_null(person_suspended("Mining"));
    assert_string_equal(ask("SELECT count(*) FROM session"), "0");
    e = suspension_check_sign_in(&now, world->person_id);
    assert_code(e, ERROR_FORBIDDEN, SUSPENSION_CODE);
    assert_non_null(strstr(e->message, "Mining"));
    person_restored();
    assert_null(suspension_check_sign_in(&now, world->person_id));
}

static void twice_is_once(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_null(person_suspended(i ? "Another" : "Mining"));
        assert_null(team_suspended("Late"));
    }
    assert_string_equal(ask("SELECT suspended_reason FROM person"), "Mining");
    assert_string_equal(ask("SELECT group_concat(kind || ' ' || note || ' ' || ifnull(promise, "
                            "'-')) FROM (SELECT * FROM "
                            "mail ORDER BY note DESC)"),
                        "account_suspended Mining -,account_suspended Late Yours");
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE action LIKE '%suspension'"), "4");
    for (int i = 0; i < 2; i++) {
        person_restored();
        team_restored();
    }
    /* The reason goes with the suspension. */
    assert_string_equal(ask("SELECT suspended_reason IS NULL AND suspended_at IS NULL FROM person"),
                        "1");
    assert_string_equal(ask("SELECT suspended_reason IS NULL AND suspended_at IS NULL FROM team"),
                        "1");
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE kind = 'account_restored'"), "2");
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE action LIKE '%suspension_end'"),
                        "4");
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE detail LIKE '%Mining%'"), "0");
}

static void what_is_no_suspension(void **state)
{
    char *long_reason = arena_copy(arena, "123456789 ");

    (void)state;
    while (strlen(long_reason) <= LIMIT_SUSPENSION_REASON)
        long_reason = arena_printf(arena, "%s%s", long_reason, long_reason);
    assert_code(person_suspended(""), ERROR_INPUT, "no_reason");
    assert_code(person_suspended(long_reason), ERROR_INPUT, "too_long");
    assert_code(team_suspended(""), ERROR_INPUT, "no_reason");
    begin();
    assert_int_equal(end(suspension_begin_person(&now, 99, "x"))->kind, ERROR_NOT_FOUND);
    begin();
    assert_int_equal(end(suspension_begin_team(&now, 99, "x"))->kind, ERROR_NOT_FOUND);
    /* The admin could not end their own. */
    world->config->operator_email = "You@Example.org";
    assert_code(person_suspended("Oops"), ERROR_CONFLICT, "operator");
    assert_string_equal(ask("SELECT suspended_at IS NULL FROM person"), "1");
}

/* What could not be stopped when it began is stopped later; nothing ends by itself meanwhile. */
static void a_suspended_team_keeps_all(void **state)
{
    const char *late = world_create(world, "late");

    (void)state;
    assert_null(team_suspended("Late"));
    assert_nothing_begins(&world->actor, "team_suspended");
    assert_string_equal(world_vm(world, late).state, VM_STATE_CREATING);
    drain(worker);
    assert_string_equal(world_vm(world, late).state, VM_STATE_RUNNING);
    world_check(restriction_run(&now), "the worker's look");
    drain(worker);
    assert_string_equal(world_vm(world, late).state, VM_STATE_STOPPED);
    assert_string_equal(ask("SELECT detail FROM activity WHERE action = 'stop' LIMIT 1"),
                        SUSPENSION_CAUSE);
    ask("UPDATE vm SET life = 'ephemeral', life_minutes = 60, clock_at = 1, warned_at = 2, zone = "
        "'UTC', run_days = 127, "
        "start_minute = 0, stop_minute = 1, run_done_at = 1");
    world_check(vm_life_run(&now), "lives");
    world_check(vm_schedule_run(&now), "schedules");
    drain(worker);
    assert_string_equal(ask("SELECT group_concat(DISTINCT state) FROM vm"), VM_STATE_STOPPED);
    /* Nor because of what was due meanwhile, when it is over. */
    team_restored();
    world_check(vm_life_run(&now), "lives");
    world_check(vm_schedule_run(&now), "schedules");
    drain(worker);
    assert_string_equal(ask("SELECT group_concat(DISTINCT state) FROM vm"), VM_STATE_STOPPED);
    ask("UPDATE vm SET clock_at = 1, warned_at = 2");
    world_check(vm_life_run(&now), "lives");
    drain(worker);
    assert_string_equal(ask("SELECT group_concat(DISTINCT state) FROM vm"), VM_STATE_GONE);
}

/* What becomes less is allowed. */
static void a_suspended_team_may_destroy(void **state)
{
    (void)state;
    assert_null(team_suspended("Late"));
    drain(worker);
    begin();
    world_check(end(vm_command_send(&now, &world->actor, vm, VM_REQUEST_DESTROY, NULL)), "destroy");
    drain(worker);
    assert_string_equal(world_vm(world, vm).state, VM_STATE_GONE);
}

/* ---- quotas ---- */

static const char *created(const char *name)
{
    const struct vm_new wanted = {
        .name = name,
        .region = &world->config->regions[0],
        .image = &world->config->images[0],
        .size = &world->config->sizes[0],
        .key_ids = &world->key_id,
        .key_count = 1,
        .internet.mode = VM_INTERNET_ON,
    };
    const char *id;
    struct error *e;

    begin();
    e = end(vm_command_create(&now, &world->actor, &wanted, &id));
    return e ? e->code : "created";
}

static void quota_given(const struct quota_change *change)
{
    begin();
    world_check(end(quota_set(&now, world->team_id, change)), "quota");
}

static void a_teams_own_quota_counts(void **state)
{
    const int64_t none = 0, one = 1, two = 2, many = 1000;

    (void)state;
    quota_given(&(struct quota_change){ .vms = &one });
    assert_string_equal(created("second"), "quota_exceeded");
    quota_given(&(struct quota_change){ .vms = &two, .memory_mb = &none });
    assert_string_equal(created("second"), "quota_exceeded");
    quota_given(&(struct quota_change){ .disk_gb = &one });
    begin();
    assert_code(end(vm_command_snapshot(&now, &world->actor, vm, "now")), ERROR_INPUT,
                "quota_exceeded");
    /* More than the default, too; and what is left empty is the default. */
    world->config->quota_vms = 1;
    quota_given(&(struct quota_change){ .vms = &many });
    assert_string_equal(created("second"), "created");
    quota_given(&(struct quota_change){ .vcpus = &many });
    assert_string_equal(created("third"), "quota_exceeded");
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE action = 'quota' AND team_id > 0"),
                        "5");
}

/* ---- invites to an account ---- */

static struct bytes invited(const char *email)
{
    const char *url = NULL;

    begin();
    world_check(end(invite_account(&now, &world->actor, email, true, &url)), "invite");
    return invite_hash(arena, strchr(url, '=') + 1);
}

static void an_invite_makes_an_account_once(void **state)
{
    const char *email = "new@example.org";
    struct bytes first = invited(email), second = invited(email);
    struct identity identity = { "local:new@example.org", email, "New" };
    struct invite invite;
    const char *notice, *url;
    int64_t person_id, team_id;

    (void)state;
    assert_int_equal(invite_find(&now, first, &invite)->kind,
                     ERROR_NOT_FOUND); /* the later one counts */
    world_check(invite_find(&now, second, &invite), "find");
    assert_null(invite.team);
    assert_int_equal(invite.team_id, 0);
    begin();
    world_check(end(identity_person(&now, &identity, &person_id, &team_id, &notice)), "person");
    begin();
    assert_int_equal(end(invite_accept(&now, &invite, world->person_id, "you@example.org"))->kind,
                     ERROR_FORBIDDEN);
    begin();
    world_check(end(invite_accept(&now, &invite, person_id, email)), "accept");
    assert_string_equal(
        ask(arena_printf(arena,
                         "SELECT group_concat(team_id) FROM membership WHERE person_id = %lld",
                         (long long)person_id)),
        arena_printf(arena, "%lld", (long long)team_id));
    begin();
    assert_int_equal(end(invite_accept(&now, &invite, person_id, email))->kind, ERROR_NOT_FOUND);
    begin();
    assert_int_equal(end(invite_account_revoke(&now, &world->actor, invite.id))->kind,
                     ERROR_NOT_FOUND);
    begin();
    world_check(end(invite_account(&now, &world->actor, "mailed@example.org", false, &url)),
                "by mail");
    assert_string_equal(
        ask("SELECT kind || ' ' || ifnull(promise, '-') FROM mail WHERE kind = 'invited'"),
        "invited -");
    begin();
    world_check(end(invite_account_revoke(&now, &world->actor,
                                          ask("SELECT id FROM invite WHERE email LIKE 'mailed%'"))),
                "revoke");
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE kind = 'invited'"), "0");
}

/* A request for access becomes such an invite, by mail, and is over. */
static void an_invited_request_is_an_invite(void **state)
{
    static const char email[] = "asks@example.org";
    struct bytes before = invited(email);
    struct invite invite;
    const char *id, *told, *url;

    (void)state;
    begin();
    world_check(end(access_request_make(&now, email, "To build")), "request");
    id = ask("SELECT id FROM access_request");
    begin();
    assert_int_equal(end(access_request_invite(&now, &world->actor, "unknown", &told))->kind,
                     ERROR_NOT_FOUND);
    for (int i = 1; i < LIMIT_INVITE_MAILS_PER_HOUR; i++)
        invited(arena_printf(arena, "%d@example.org", i));
    begin();
    assert_code(end(access_request_invite(&now, &world->actor, id, &told)), ERROR_CONFLICT,
                "too_many_invites");
    assert_string_equal(ask("SELECT id FROM access_request"), id);
    assert_null(invite_find(&now, before, &invite));

    now.now_at += AN_HOUR_S;
    begin();
    world_check(end(access_request_invite(&now, &world->actor, id, &told)), "invite");
    assert_string_equal(told, email);
    assert_string_equal(ask("SELECT count(*) FROM access_request"), "0");
    assert_int_equal(invite_find(&now, before, &invite)->kind, ERROR_NOT_FOUND);
    assert_string_equal(ask("SELECT to_email FROM mail WHERE kind = 'invited'"), email);
    world_check(invite_link(&now, ask("SELECT change_id FROM mail WHERE kind = 'invited'"), &url,
                            &invite.expires_at),
                "link");
    world_check(invite_find(&now, invite_hash(arena, strchr(url, '=') + 1), &invite), "find");
    assert_int_equal(invite.team_id, 0);
    assert_string_equal(invite.email, email);
    begin();
    assert_int_equal(end(access_request_invite(&now, &world->actor, id, &told))->kind,
                     ERROR_NOT_FOUND);
}

/* ---- announcements ---- */

static const char *published(int64_t id, int64_t from_at, int64_t until_at, const char *level)
{
    const struct announcement announcement = { "Maintenance", level, from_at, until_at };
    struct error *e;

    begin();
    e = end(announcement_put(&now, &world->actor, id, &announcement));
    return !e ? "published" : e->field ? e->field : "none";
}

static void announcements_have_a_time(void **state)
{
    int64_t at = now.now_at;

    (void)state;
    assert_string_equal(published(0, at, at + 60, "info"), "published");
    assert_string_equal(published(0, at, at + 60, "loud"), "level");
    assert_string_equal(published(0, at + 60, at + 60, "info"), "until");
    assert_string_equal(published(0, at - 60, at, "info"), "until");
    assert_string_equal(published(0, at, at + (LIMIT_ANNOUNCEMENT_DAYS + 1) * A_DAY_S, "info"),
                        "until");
    assert_string_equal(published(99, at, at + 60, "info"), "none");
    assert_string_equal(published(1, at, at + 90, "warning"), "published");
    begin();
    world_check(end(announcement_end(&now, &world->actor, 1)), "end");
    assert_string_equal(
        ask(arena_printf(arena, "SELECT level || (until_at = %lld) FROM announcement",
                         (long long)at)),
        "warning1");
    assert_string_equal(ask("SELECT group_concat(action) FROM (SELECT action FROM activity WHERE "
                            "team_id = 0 ORDER BY seq)"),
                        "announcement,announcement_edit,announcement_end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_suspended_person_runs_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_suspended_person_signs_in_nowhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(twice_is_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_suspension, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_suspended_team_keeps_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_suspended_team_may_destroy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_teams_own_quota_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_invite_makes_an_account_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_invited_request_is_an_invite, set_up, tear_down),
        cmocka_unit_test_setup_teardown(announcements_have_a_time, set_up, tear_down),
    };

    fake_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
