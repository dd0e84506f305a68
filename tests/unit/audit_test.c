/*
 * The chains of the history: what is added can be verified, each kind of tampering is found, a
 * person or a VM can be erased, and a writer that is killed leaves no gap.
 */
#include "base/array.h"
#include "base/clock.h"
#include "model/audit.h"
#include "model/audit_check.h"
#include "model/audit_head.h"
#include "model/state_path.h"
#include "worker/audit_day.h"
#include "worker/retention.h"
#include "world.h"

#include "audit_head.sql.h"
#include "audit_link.sql.h"
#include "session.sql.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ADDED = 5 };

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

/* What sqlite3 says of the database to some statements, until the next one. */
static const char *ask(const char *statements)
{
    static char text[1 << 16];
    FILE *pipe = popen(arena_printf(world->arena, "sqlite3 '%s' \"%s\"",
                                    main_db_path(world->arena, world->state_dir), statements),
                       "r");
    size_t length;

    assert_non_null(pipe);
    length = fread(text, 1, sizeof text - 1, pipe);
    text[length] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static struct error *add(const struct audit_entry *entry)
{
    const struct context context = world_context(world);
    struct error *e = db_begin(world->db, world->arena);

    if (!e)
        e = audit_add(&context, entry);
    if (!e)
        e = db_commit(world->db, world->arena);
    db_rollback(world->db);
    return e;
}

static void some_add(void)
{
    for (size_t i = 0; i < ADDED; i++)
        world_check(add(&(struct audit_entry){ .team_id = world->team_id,
                                               .action = AUDIT_KEY_RENAME,
                                               .object = "key",
                                               .detail = arena_printf(world->arena, "old → %zu", i),
                                               .person_id = i % 2 ? 0 : world->person_id }),
                    "add");
}

static struct audit_found check(void)
{
    const struct context context = world_context(world);
    struct audit_found found;

    world_check(audit_check_all(&context, &found), "check");
    return found;
}

static void assert_right(int64_t places, int64_t erased)
{
    struct audit_found found = check();

    if (found.first)
        fail_msg("%s", found.first);
    assert_int_equal(found.problems, 0);
    assert_int_equal(found.places, places);
    assert_int_equal(found.erased, erased);
}

static void ends_sign(void)
{
    const struct context context = world_context(world);
    struct signing_key key;

    world_check(signing_key_load(world->arena, world->state_dir, &key), "key");
    world_check(audit_heads_sign(&context, &key), "sign");
}

/* ---- tests ---- */

/* A new chain does not wait for the day: and what was published of none is published anew. */
static void a_new_chain_is_signed_at_once(void **state)
{
    struct context context = world_context(world), later = context;
    struct audit_head_published_row last;

    (void)state;
    context.now_at = 20000 * A_DAY_S; /* both of one day */
    later.now_at = context.now_at + 60;
    audit_day_open(world->arena, world->config);
    world_check(audit_day_run(&context), "of nothing");
    world_check(sql_audit_head_published(world->db, world->arena, &last), "published");
    assert_true(audit_ends_are_none(last.hash));
    some_add();
    world_check(audit_day_run(&later), "first");
    assert_string_equal(ask("SELECT team_id, seq FROM audit_head"), "1|5\n");
    assert_string_equal(ask("SELECT count(*) FROM audit_publication"), "2\n");
    some_add();
    world_check(add(&(struct audit_entry){
                    .team_id = AUDIT_OPERATOR, .action = AUDIT_REVIEW, .by_operator = true }),
                "add");
    world_check(audit_day_run(&later), "another");
    /* What has begun waits for the day. */
    assert_string_equal(ask("SELECT team_id, seq FROM audit_head"), "0|1\n1|5\n");
    assert_string_equal(ask("SELECT count(*) FROM audit_publication"), "2\n");
    assert_right(2 * ADDED + 1, 0);
}

static void what_is_added_can_be_verified(void **state)
{
    (void)state;
    some_add();
    world_check(add(&(struct audit_entry){
                    .team_id = AUDIT_OPERATOR, .action = AUDIT_REVIEW, .by_operator = true }),
                "add");
    assert_right(ADDED + 1, 0);
    assert_string_equal(ask("SELECT team_id, max(seq), count(*) FROM activity GROUP BY team_id"),
                        "0|1|1\n1|5|5\n");
    ends_sign();
    assert_right(ADDED + 1, 0);
    ends_sign();
    assert_string_equal(ask("SELECT team_id, seq FROM audit_head ORDER BY 1"), "0|1\n1|5\n");
}

/* By an open file alone, from its description: nothing of model/audit_chain.c. */
static void the_description_is_enough(void **state)
{
    const char *line;

    (void)state;
    some_add();
    line = ask("WITH e AS (SELECT *, coalesce(vm_id,'') v, coalesce(person_hash,'') p FROM "
               "activity WHERE seq = 1) SELECT '1:' || team_id || ',1:1,13:' || at_ms || ',10:' || "
               "action || ',' "
               "|| '0:,3:key,6:person,64:' || p || ',4:done,15:SSH key renamed,9:' || detail || "
               "',0:,' FROM e");
    assert_int_equal(strlen(line) > 100, 1);
    {
        unsigned char hash[CRYPTO_HASH_BYTES];

        crypto_sha256(line, strlen(line) - 1, hash);
        line = arena_printf(world->arena, "16:domicile-audit-2,64:%064d,64:%s,", 0,
                            crypto_hex(world->arena, hash, sizeof hash));
        crypto_sha256(line, strlen(line), hash);
        assert_string_equal(
            ask("SELECT lower(hex(hash)) FROM audit_link WHERE seq = 1"),
            arena_printf(world->arena, "%s\n", crypto_hex(world->arena, hash, sizeof hash)));
    }
}

static void tampering_is_found(void **state)
{
    static const struct {
        const char *done, *problem;
    } cases[] = {
        { "UPDATE activity SET detail = 'another' WHERE seq = 2", "place 2 was changed" },
        { "UPDATE activity SET result = 'failed' WHERE seq = 5", "place 5 was changed" },
        { "UPDATE activity SET at_ms = at_ms - 1000 WHERE seq = 3",
          "the entry of place 3 was removed" },
        { "UPDATE activity SET person_id = NULL WHERE seq = 3",
          "the entry of place 3 was changed" },
        { "UPDATE activity SET person_id = 1, salt = x'00112233445566778899aabbccddeeff' "
          "WHERE seq = 2",
          "the entry of place 2 was changed" },
        { "DELETE FROM activity WHERE seq = 3", "the entry of place 3 was removed" },
        { "DELETE FROM activity WHERE seq = 3; DELETE FROM audit_link WHERE seq = 3",
          "place 3 is missing" },
        { "DELETE FROM activity WHERE seq = 1; DELETE FROM audit_link WHERE seq = 1",
          "place 1 is missing" },
        { "DELETE FROM activity WHERE seq = 5; DELETE FROM audit_link WHERE seq = 5",
          "places 5 to 5, which were signed, are missing at the end" },
        { "DELETE FROM activity; DELETE FROM audit_link",
          "places 1 to 5, which were signed, are missing" },
        { "UPDATE audit_link SET hash = zeroblob(32) WHERE seq = 5", "place 5 was changed" },
        { "UPDATE audit_head SET at = at + 1", "the signature at place 5" },
        { "UPDATE audit_head SET seq = 4", "the signature at place 5" },
        { "INSERT INTO activity (team_id, at_ms, id, seq, action, what, actor, result) VALUES "
          "(1, 1, 'x', 4, 'key_add', 'x', 'system', 'done')",
          "an entry is outside its chain" },
    };

    (void)state;
    some_add();
    ends_sign();
    assert_right(ADDED, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct audit_found found;

        ask("CREATE TABLE a AS SELECT * FROM activity; CREATE TABLE l AS SELECT * FROM audit_link;"
            "CREATE TABLE h AS SELECT * FROM audit_head");
        ask(cases[i].done);
        found = check();
        if (!found.problems)
            fail_msg("not found: %s", cases[i].done);
        if (i != 12 && !strstr(found.first, cases[i].problem))
            fail_msg("%s: %s", cases[i].done, found.first);
        ask("DELETE FROM activity; DELETE FROM audit_link; DELETE FROM audit_head;"
            "INSERT INTO activity (team_id, at_ms, id, seq, action, vm_id, object, what, detail, "
            "actor, person_id, salt, person_hash, result, job_number, took_ms) SELECT team_id, "
            "at_ms, id, seq, action, vm_id, object, what, detail, actor, person_id, salt, "
            "person_hash, result, job_number, took_ms FROM a;"
            "INSERT INTO audit_link (team_id, seq, entry_hash, hash, at_ms, id) SELECT team_id, "
            "seq, entry_hash, hash, at_ms, id FROM l; INSERT INTO audit_head (team_id, seq, hash, "
            "at, key_id, signature) "
            "SELECT team_id, seq, hash, at, key_id, signature FROM h;"
            "DROP TABLE a; DROP TABLE l; DROP TABLE h");
        assert_right(ADDED, 0);
    }
}

static void a_person_can_be_erased(void **state)
{
    const struct context context = world_context(world);

    (void)state;
    some_add();
    ends_sign();
    world_check(db_begin(world->db, world->arena), "begin");
    world_check(audit_forget_person(&context, world->person_id), "forget");
    world_check(db_commit(world->db, world->arena), "commit");
    assert_right(ADDED, 0);
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE person_id OR salt"), "0\n");
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE person_hash <> ''"), "3\n");
    some_add();
    assert_right(2 * ADDED, 0);
}

static void what_vms_had_is_erased_and_verified(void **state)
{
    const struct context context = world_context(world);
    const char *vm_id = world_create(world, "build-1");
    bool is_done;

    (void)state;
    some_add();
    world_check(world_ask(world, vm_id, VM_REQUEST_DESTROY, NULL), "destroy");
    /* The job of its creation was dropped, which is an end. */
    assert_string_equal(ask("SELECT action, result, seq FROM activity WHERE vm_id IS NOT NULL "
                            "ORDER BY action"),
                        "create|dropped|6\ndestroy|open|\n");
    ends_sign();
    ask("UPDATE vm SET state = 'gone', wanted = 'gone', gone_at = 1");
    world_check(retention_run(&context, &is_done), "sweep");
    assert_true(is_done);
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE vm_id IS NOT NULL"), "0\n");
    assert_string_equal(ask("SELECT seq, at_ms, id FROM audit_link WHERE seq = 6"), "6||\n");
    assert_right(ADDED + 1, 1);
    some_add();
    assert_right(2 * ADDED + 1, 1);
    /* Nothing more is said about it. */
    world_check(add(&(struct audit_entry){
                    .team_id = world->team_id, .action = AUDIT_VM_REMAINS, .vm_id = vm_id }),
                "add");
    assert_right(2 * ADDED + 1, 1);
}

static void chains_are_cut_at_a_signed_end(void **state)
{
    const struct context context = world_context(world);
    const char *vm_id = world_create(world, "build-1");
    bool is_done;

    (void)state;
    world_check(world_ask(world, vm_id, VM_REQUEST_DESTROY, NULL), "destroy");
    ends_sign();
    some_add();
    world_check(audit_cut(&context), "cut");
    assert_right(ADDED + 1, 0);
    ask("UPDATE vm SET state = 'gone', wanted = 'gone', gone_at = 1");
    world_check(retention_run(&context, &is_done), "sweep");
    assert_right(ADDED + 1, 1);
    ends_sign();
    world_check(audit_cut(&context), "cut");
    assert_string_equal(ask("SELECT min(seq), max(seq) FROM audit_link"), "2|6\n");
    assert_string_equal(ask("SELECT seq, is_start FROM audit_head"), "1|1\n6|0\n");
    assert_right(ADDED, 0);
    /* What follows an end that alone is left goes on from it. */
    ask("DELETE FROM activity; UPDATE audit_link SET at_ms = NULL, id = NULL");
    world_check(audit_cut(&context), "cut");
    assert_string_equal(ask("SELECT count(*) FROM audit_link"), "0\n");
    some_add();
    assert_string_equal(ask("SELECT min(seq), max(seq) FROM audit_link"), "7|11\n");
    assert_right(ADDED, 0);
}

/* In a process of its own, until it is killed before the commit. */
static void killed_writer(void)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (!pid) {
        struct world *own = world_open(world->state_dir);
        const struct context context = world_context(own);

        world_check(db_begin(own->db, own->arena), "begin");
        world_check(audit_add(&context, &(struct audit_entry){ .team_id = own->team_id,
                                                               .action = AUDIT_KEY_ADD,
                                                               .person_id = own->person_id }),
                    "add");
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void a_killed_writer_leaves_no_gap(void **state)
{
    (void)state;
    some_add();
    killed_writer();
    assert_right(ADDED, 0);
    some_add();
    killed_writer();
    assert_right(2 * ADDED, 0);
}

/* As a server has them that was upgraded. */
static void entries_of_before_get_their_place(void **state)
{
    const struct context context = world_context(world);

    (void)state;
    ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1234) INSERT "
        "INTO "
        "activity (team_id, at_ms, id, action, what, actor, person_id, result) SELECT 1, i / 2, i, "
        "'vm', 'Started', CASE WHEN i % 3 THEN 'person' ELSE 'system' END, CASE WHEN i % 3 THEN 1 "
        "END, 'done' FROM n");
    world_check(audit_adopt(&context), "adopt");
    assert_right(1234, 0);
    world_check(audit_adopt(&context), "adopt");
    assert_right(1234, 0);
    assert_string_equal(ask("SELECT count(*) FROM activity WHERE salt IS NULL"), "411\n");
}

static void a_team_that_is_missing_keeps_no_other_from_its_places(void **state)
{
    const struct context context = world_context(world);
    struct error *e;

    (void)state;
    ask("INSERT INTO activity (team_id, at_ms, id, action, what, actor, result) VALUES "
        "(-1, 1, 'a', 'vm', 'Started', 'system', 'done'), "
        "(1, 1, 'b', 'vm', 'Started', 'system', 'done'), "
        "(99, 1, 'c', 'vm', 'Started', 'system', 'done')");
    e = audit_adopt(&context);
    assert_non_null(e);
    assert_non_null(strstr(e->text, "the activity of team -1: "));
    assert_string_equal(ask("SELECT team_id, seq FROM audit_link"), "1|1\n");
    assert_int_equal(check().problems, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_chain_is_signed_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_added_can_be_verified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_description_is_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tampering_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_person_can_be_erased, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_vms_had_is_erased_and_verified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(chains_are_cut_at_a_signed_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_writer_leaves_no_gap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(entries_of_before_get_their_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_team_that_is_missing_keeps_no_other_from_its_places,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
