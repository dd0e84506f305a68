/*
 * Teams of several people: an invite works once, for whom and for as long as it should; every team
 * keeps an owner; and what somebody could do in a team ends with their place in it.
 */
#include "model/team.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/erasure.h"
#include "model/identity.h"
#include "model/inventory.h"
#include "model/invite.h"
#include "model/signin_mail.h"
#include "model/state_path.h"
#include "model/suspension.h"
#include "world.h"

#include "person.sql.h"
#include "team.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
    world->config->mail = "smtp";
    world->config->controller = "Somebody";
    world->config->controller_address = "Somewhere 1";
    world->config->controller_country = "DE";
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
    const struct identity identity = { .key = arena_printf(arena, "local:%s", email),
                                       .email = email,
                                       .name = "Somebody" };
    const char *notice;
    int64_t person_id, team_id;

    begin();
    world_check(committed(identity_person(&now, &identity, &person_id, &team_id, &notice)),
                "person");
    return person_id;
}

static struct actor actor_of(int64_t team_id, int64_t person_id)
{
    return (struct actor){ .team_id = team_id, .person_id = person_id, .role = "owner" };
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

static int64_t team_new(int64_t person_id)
{
    const struct actor actor = actor_of(0, person_id);
    int64_t team_id = 0;

    begin();
    world_check(committed(team_make(&now, &actor, "Birch", &team_id)), "team");
    return team_id;
}

static const char *role_of(int64_t team_id, int64_t person_id)
{
    struct team_role_row row;

    return sql_team_role(world->db, arena, team_id, person_id, &row) ? "" : row.role;
}

/* The secret of a new invite, of a mail as the worker puts it there. NULL: refused. */
static struct bytes invited(int64_t team_id, int64_t by, const char *email, const char *role,
                            struct error **e)
{
    const struct actor actor = actor_of(team_id, by);
    const char *url = NULL;
    int64_t until_at;

    begin();
    *e = committed(invite_make(&now, &actor, email, role, &url));
    if (*e)
        return (struct bytes){ NULL, 0 };
    if (email) {
        const char *id = arena_copy(
            arena, ask(arena_printf(arena,
                                    "SELECT change_id FROM mail WHERE to_email = '%s' AND kind = "
                                    "'invited' AND state = 'queued'",
                                    email)));

        begin();
        world_check(committed(invite_link(&now, id, &url, &until_at)), "link");
        assert_int_equal(until_at, now.now_at + LIMIT_INVITE_S);
    }
    return invite_hash(arena, strstr(url, "token=") + strlen("token="));
}

static struct error *accepted(struct bytes hash, int64_t person_id)
{
    struct person_get_row person;
    struct invite invite;
    struct error *e = sql_person_get(world->db, arena, person_id, &person);

    begin();
    if (!e)
        e = invite_find(&now, hash, &invite);
    return committed(e ? e : invite_accept(&now, &invite, person_id, person.email));
}

static void join(int64_t team_id, int64_t by, int64_t person_id, const char *role)
{
    struct error *e;
    struct bytes hash = invited(team_id, by, NULL, role, &e);

    world_check(e, "invite");
    world_check(accepted(hash, person_id), "accept");
}

static void assert_kind(const struct error *e, enum error_kind kind)
{
    assert_non_null(e);
    assert_int_equal(e->kind, kind);
}

static void test_accepted_once(void **state)
{
    int64_t ann = person_add("ann@example.org"), bob = person_add("bob@example.org");
    int64_t eve = person_add("eve@example.org"), team = team_new(ann);
    struct error *e;
    struct bytes link = invited(team, ann, NULL, "viewer", &e);
    struct bytes mailed = invited(team, ann, "bob@example.org", "member", &e);

    (void)state;
    assert_kind(accepted(mailed, eve), ERROR_FORBIDDEN);
    assert_null(accepted(mailed, bob));
    assert_kind(accepted(mailed, bob), ERROR_CONFLICT); /* in the team already */
    assert_string_equal(role_of(team, bob), "member");
    assert_kind(accepted(link, bob), ERROR_CONFLICT); /* which does not use the link up */
    assert_null(accepted(link, eve));
    assert_string_equal(role_of(team, eve), "viewer");
    assert_kind(accepted(link, person_add("late@example.org")), ERROR_NOT_FOUND);
    assert_string_equal(ask("SELECT count(*) FROM membership WHERE team_id = 2"), "1");
}

static void test_ends(void **state)
{
    int64_t ann = person_add("ann@example.org"), bob = person_add("bob@example.org");
    int64_t team = team_new(ann);
    const struct actor actor = actor_of(team, ann);
    struct error *e;
    struct bytes late = invited(team, ann, NULL, "viewer", &e), revoked, replaced, closed;

    (void)state;
    now.now_at += LIMIT_INVITE_S;
    assert_kind(accepted(late, bob), ERROR_NOT_FOUND);
    now.now_at -= 1;
    assert_null(accepted(late, bob));
    now.now_at -= LIMIT_INVITE_S - 1;

    revoked = invited(team, ann, NULL, "viewer", &e);
    begin();
    assert_null(committed(invite_revoke(&now, &actor,
                                        arena_copy(arena, ask("SELECT id FROM invite WHERE state = "
                                                              "'open'")))));
    assert_kind(accepted(revoked, bob), ERROR_NOT_FOUND);

    replaced = invited(team, ann, "eve@example.org", "viewer", &e);
    invited(team, ann, "eve@example.org", "viewer", &e);
    assert_kind(accepted(replaced, person_add("eve@example.org")), ERROR_NOT_FOUND);

    closed = invited(team, ann, NULL, "viewer", &e);
    begin();
    world_check(committed(sql_team_close(world->db, arena, team, now.now_at)), "close");
    assert_kind(accepted(closed, bob), ERROR_NOT_FOUND);
}

/* Who may no longer invite has no way back in by a link of their own. */
static void test_ends_with_its_maker(void **state)
{
    int64_t ann = person_add("ann@example.org"), bob = person_add("bob@example.org");
    int64_t team = team_new(ann);
    const struct actor actor = actor_of(team, ann);
    struct error *e;
    struct bytes demoted, removed, gone;

    (void)state;
    join(team, ann, bob, "member");
    begin();
    assert_null(committed(team_role_set(&now, &actor, bob, "owner")));
    demoted = invited(team, bob, NULL, "member", &e);
    begin();
    assert_null(committed(team_role_set(&now, &actor, bob, "viewer")));
    assert_kind(accepted(demoted, person_add("x@example.org")), ERROR_NOT_FOUND);

    begin();
    assert_null(committed(team_role_set(&now, &actor, bob, "owner")));
    removed = invited(team, bob, NULL, "member", &e);
    begin();
    assert_null(committed(team_end_person(&now, &actor, bob, false)));
    assert_kind(accepted(removed, bob), ERROR_NOT_FOUND);

    join(team, ann, bob, "member");
    begin();
    assert_null(committed(team_role_set(&now, &actor, bob, "owner")));
    gone = invited(team, bob, "new@example.org", "member", &e);
    {
        const struct erasure_request request = { .person_id = bob, .requested_by = "person" };
        const char *token;

        begin();
        world_check(committed(erasure_request(&now, &request, &token)), "closed");
    }
    assert_kind(accepted(gone, person_add("new@example.org")), ERROR_NOT_FOUND);
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE kind = 'invited' AND state = "
                            "'queued'"),
                        "0");
}

static void test_limits(void **state)
{
    int64_t ann = person_add("ann@example.org"), team = team_new(ann);
    struct error *e;

    (void)state;
    for (int i = 0; i < LIMIT_INVITES_PER_ADDRESS; i++) {
        invited(team, ann, "bob@example.org", "member", &e);
        assert_null(e);
    }
    invited(team, ann, "bob@example.org", "member", &e);
    assert_string_equal(e->code, "too_many_invites");
    for (int i = LIMIT_INVITES_PER_ADDRESS; i < LIMIT_INVITE_MAILS_PER_HOUR; i++) {
        invited(team, ann, arena_printf(arena, "p%d@example.org", i), "member", &e);
        assert_null(e);
    }
    invited(team_new(ann), ann, "more@example.org", "member", &e);
    assert_string_equal(e->code, "too_many_invites");
    now.now_at += AN_HOUR_S;
    invited(team, ann, "more@example.org", "member", &e);
    assert_null(e);
    for (int i = 0; !e && i < LIMIT_TEAM_PEOPLE; i++)
        invited(team, ann, NULL, "member", &e);
    assert_string_equal(e->code, "team_full");
    assert_string_equal(ask(arena_printf(arena,
                                         "SELECT count(*) FROM invite WHERE team_id = %lld AND "
                                         "state = 'open'",
                                         (long long)team)),
                        arena_printf(arena, "%d", LIMIT_TEAM_PEOPLE - 1));
    for (int i = 2; i < LIMIT_TEAMS_OWNED; i++) {
        if (i > 2)
            team_new(ann);
    }
    {
        const struct actor actor = actor_of(0, ann);
        int64_t team_id;

        begin();
        assert_string_equal(committed(team_make(&now, &actor, "One more", &team_id))->code,
                            "too_many_teams");
    }
}

static void test_refused(void **state)
{
    int64_t ann = person_add("ann@example.org"), team = team_new(ann);
    struct error *e;

    (void)state;
    invited(team, ann, "ann@example.org", "member", &e);
    assert_string_equal(e->code, "known");
    invited(team, ann, NULL, "owner", &e);
    assert_string_equal(e->code, "unknown_role");
    world->config->controller = "";
    invited(team, ann, NULL, "member", &e);
    assert_string_equal(e->code, "sign_up_closed");
    world->config->controller = "Somebody";
    world->config->identity = "workos";
    invited(team, ann, NULL, "member", &e);
    assert_kind(e, ERROR_NOT_FOUND);
    world->config->identity = "local";
}

/* Its link is kept, and says nothing of what is between the admin and the team. */
static void test_suspended_team(void **state)
{
    int64_t ann = person_add("ann@example.org"), bob = person_add("bob@example.org");
    int64_t team = team_new(ann);
    struct error *e;
    struct bytes hash = invited(team, ann, NULL, "member", &e);

    (void)state;
    begin();
    world_check(committed(suspension_begin_team(&now, team, "a secret reason")), "suspend");
    e = accepted(hash, bob);
    assert_string_equal(e->code, "team_suspended");
    assert_null(strstr(e->message, "secret"));
    begin();
    world_check(committed(suspension_end_team(&now, team)), "restore");
    world_check(accepted(hash, bob), "accept");
}

static void suspended(int64_t person_id, bool is_on)
{
    begin();
    world_check(committed(is_on ? suspension_begin_person(&now, person_id, "why")
                                : suspension_end_person(&now, person_id)),
                "suspension");
}

static void test_last_owner(void **state)
{
    int64_t ann = person_add("ann@example.org"), bob = person_add("bob@example.org");
    int64_t team = team_new(ann);
    const struct actor actor = actor_of(team, ann), bobs = actor_of(team, bob);
    struct team_personal_row own;

    (void)state;
    join(team, ann, bob, "member");
    begin();
    assert_string_equal(committed(team_end_person(&now, &actor, ann, false))->code, "last_owner");
    begin();
    assert_string_equal(committed(team_role_set(&now, &actor, ann, "viewer"))->code, "last_owner");
    /* Nor does the team become that of somebody who cannot sign in. */
    suspended(bob, true);
    begin();
    assert_string_equal(committed(team_hand_over(&now, &actor, bob))->code, "unknown_person");
    begin();
    assert_null(committed(team_role_set(&now, &actor, bob, "owner")));
    begin();
    assert_string_equal(committed(team_end_person(&now, &actor, ann, false))->code, "last_owner");
    begin();
    assert_null(committed(team_role_set(&now, &actor, bob, "member")));
    suspended(bob, false);
    begin();
    assert_null(committed(team_hand_over(&now, &actor, bob)));
    assert_string_equal(role_of(team, bob), "owner");
    assert_string_equal(role_of(team, ann), "member");
    begin();
    assert_null(committed(team_end_person(&now, &bobs, ann, false)));
    assert_string_equal(role_of(team, ann), "");

    /* A personal team is its person's, whoever else owns it. */
    world_check(sql_team_personal(world->db, arena, bob, &own), "own");
    join(own.id, bob, ann, "member");
    {
        const struct actor in_own = actor_of(own.id, bob), other = actor_of(own.id, ann);

        begin();
        assert_null(committed(team_role_set(&now, &in_own, ann, "owner")));
        begin();
        assert_string_equal(committed(team_end_person(&now, &other, bob, false))->code,
                            "personal_team");
        begin();
        assert_string_equal(committed(team_hand_over(&now, &in_own, ann))->code, "personal_team");
    }
}

static void test_sessions_leave(void **state)
{
    int64_t ann = person_add("ann@example.org"), bob = person_add("bob@example.org");
    int64_t team = team_new(ann);
    const struct actor actor = actor_of(team, ann);

    (void)state;
    join(team, ann, bob, "member");
    ask(arena_printf(arena,
                     "INSERT INTO session (id_hash, handle, person_id, current_team_id, "
                     "csrf_secret, browser, created_at, seen_at, idle_at, expires_at) VALUES "
                     "(x'01', 'one', %lld, %lld, x'00', 'x', 1, 1, 1, 1), (x'02', 'two', %lld, "
                     "%lld, x'00', 'x', 1, 1, 1, 1)",
                     (long long)bob, (long long)team, (long long)ann, (long long)team));
    begin();
    assert_null(committed(team_end_person(&now, &actor, bob, false)));
    assert_string_equal(ask("SELECT t.personal_of = s.person_id AND s.handle <> 'one' AND "
                            "s.csrf_secret <> x'00' FROM session s JOIN team t ON t.id = "
                            "s.current_team_id WHERE s.id_hash = x'01'"),
                        "1");
    assert_string_equal(ask("SELECT handle FROM session WHERE id_hash = x'02'"), "two");
}

/* Who has an address gets what names it in a copy, and takes it along. */
static void test_address(void **state)
{
    int64_t ann = person_add("ann@example.org"), team = team_new(ann);
    const struct inventory_table *table = NULL;
    struct db_run *run;
    struct error *e;
    bool has_row;

    (void)state;
    invited(team, ann, "bob@example.org", "member", &e);
    invited(team, ann, "eve@example.org", "member", &e);
    for (size_t i = 0; i < INVENTORY_MAIN.table_count; i++) {
        if (strcmp(INVENTORY_MAIN.tables[i].name, "invite") == 0)
            table = &INVENTORY_MAIN.tables[i];
    }
    assert_non_null(table);
    run = inventory_start(world->db, &INVENTORY_MAIN, table->copy_address);
    db_bind_text(run, 1, "bob@example.org");
    db_bind_text(run, 2, "[]");
    world_check(db_step(run, arena, &has_row), "copy");
    assert_true(has_row && strstr(db_column_text(run, 0, arena), "bob@example.org"));
    db_end(run);
    begin();
    run = inventory_start(world->db, &INVENTORY_MAIN, table->erase_address);
    db_bind_text(run, 1, "bob@example.org");
    world_check(db_step(run, arena, &has_row), "erase");
    db_end(run);
    world_check(committed(NULL), "commit");
    assert_string_equal(ask("SELECT group_concat(email) FROM invite"), "eve@example.org");
}

/* Somebody without an account gets a sign-in link by an invite to nobody in particular alone. */
static void test_signin_mail(void **state)
{
    int64_t ann = person_add("ann@example.org"), team = team_new(ann);
    struct error *e;
    struct bytes link = invited(team, ann, NULL, "viewer", &e), none = { NULL, 0 };
    struct bytes mailed = invited(team, ann, "bob@example.org", "viewer", &e);

    (void)state;
    begin();
    assert_null(committed(signin_mail_request(&now, "new@example.org", none)));
    begin();
    assert_null(committed(signin_mail_request(&now, "new@example.org", mailed)));
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE kind = 'signin_link'"), "0");
    for (int i = 0; i < 2 * LIMIT_INVITE_SIGNINS; i++) {
        begin();
        assert_null(
            committed(signin_mail_request(&now, arena_printf(arena, "n%d@example.org", i), link)));
    }
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE kind = 'signin_link'"),
                        arena_printf(arena, "%d", LIMIT_INVITE_SIGNINS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_accepted_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ends_with_its_maker, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_suspended_team, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_last_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sessions_leave, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signin_mail, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
