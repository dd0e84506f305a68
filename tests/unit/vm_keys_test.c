/*
 * Keys and name of an existing VM: what is refused, what is pending, and that the guest has exactly
 * them after a start, whatever fails or changes meanwhile.
 */
#include "model/vm_keys.h"

#include "base/clock.h"
#include "drain.h"
#include "fake_driver.h"
#include "world.h"

#include "job.sql.h"
#include "snapshot.sql.h"
#include "ssh_key.sql.h"
#include "vm_key.sql.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FIRST  "SHA256:first"
#define SECOND "SHA256:second"

struct test {
    struct world *world;
    struct worker_context *context;
    const char *vm;  /* a running VM with the world's key */
    const char *own; /* that key's fingerprint */
};

static void key_create(struct test *test, const char *id, const char *fingerprint, const char *line)
{
    world_check(sql_ssh_key_create(test->world->db, test->world->arena, test->world->team_id, id,
                                   test->world->person_id, id, "Ed25519", fingerprint, "", line,
                                   NULL, 1),
                "key");
}

static struct vm_key_list_rows keys_of(struct test *test, const char *vm)
{
    struct vm_key_list_rows keys;

    world_check(
        sql_vm_key_list(test->world->db, test->world->arena, test->world->team_id, vm, &keys),
        "keys");
    return keys;
}

static void sqlite_do(struct test *test, const char *sql)
{
    sqlite3 *sqlite;

    assert_int_equal(
        sqlite3_open(arena_printf(test->world->arena, "%s/data/main.db", test->world->state_dir),
                     &sqlite),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sqlite);
}

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);

    *fake = (struct fake_host){ .calls = 0 };
    test->world = world_open(world_folder("fake:///local"));
    test->context = drain_bench(test->world);
    test->vm = world_create(test->world, "first");
    drain(test->context);
    test->own = keys_of(test, test->vm).row[0].fingerprint;
    key_create(test, "firstfirstfirst2", FIRST, "ssh-ed25519 FIRST");
    key_create(test, "secondsecondsec2", SECOND, "ssh-ed25519 SECOND");
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

static struct error *end(struct test *test, struct error *e)
{
    if (!e)
        e = db_commit(test->world->db, test->world->arena);
    db_rollback(test->world->db);
    return e;
}

static struct error *add(struct test *test, const char *key_id)
{
    const struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    return end(test, e ? e : vm_keys_add(&context, &test->world->actor, test->vm, key_id));
}

static struct error *take_away(struct test *test, const char *fingerprint, bool may_be_last)
{
    const struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    return end(
        test,
        e ? e : vm_keys_remove(&context, &test->world->actor, test->vm, fingerprint, may_be_last));
}

static void ask(struct test *test, enum vm_trigger trigger)
{
    world_check(world_ask(test->world, test->vm, trigger, NULL), "ask");
    drain(test->context);
}

static bool is_pending(struct test *test)
{
    const struct vm_get_row vm = world_vm(test->world, test->vm);

    return vm.setup_wanted > vm.setup_taken;
}

static void what_is_refused(void **state)
{
    struct test *test = *state;
    struct error *e = add(test, "nosuchkeynosuch2");

    assert_int_equal(e->kind, ERROR_INPUT);
    assert_string_equal(e->code, "unknown_key");
    assert_int_equal(add(test, test->world->key_id)->kind, ERROR_INPUT); /* it has it */
    e = take_away(test, test->own, false);
    assert_string_equal(e->code, "last_key");
    assert_null(take_away(test, FIRST, false)); /* it has no such key */
    assert_false(is_pending(test));
    test->world->actor.team_id++;
    assert_int_equal(add(test, "firstfirstfirst2")->kind, ERROR_NOT_FOUND);
    assert_int_equal(take_away(test, test->own, true)->kind, ERROR_NOT_FOUND);
    test->world->actor.team_id--;
    ask(test, VM_REQUEST_DESTROY);
    assert_int_equal(add(test, "firstfirstfirst2")->kind, ERROR_CONFLICT);
    assert_int_equal(take_away(test, test->own, true)->kind, ERROR_CONFLICT);
}

static void a_start_brings_the_keys(void **state)
{
    struct test *test = *state;
    char host_key[FAKE_KEY];

    memcpy(host_key, fake_find(test->vm)->guest_key, sizeof host_key);
    world_check(add(test, "firstfirstfirst2"), "add");
    assert_true(is_pending(test));
    assert_null(strstr(fake_find(test->vm)->lines, "FIRST"));
    ask(test, VM_REQUEST_RESTART);
    assert_non_null(strstr(fake_find(test->vm)->lines, "ssh-ed25519 FIRST\n"));
    assert_string_equal(fake_find(test->vm)->guest_key, host_key);
    assert_false(fake_find(test->vm)->has_seed);
    assert_false(is_pending(test));

    world_check(take_away(test, test->own, false), "remove");
    ask(test, VM_REQUEST_STOP);
    assert_true(is_pending(test));
    assert_int_equal(keys_of(test, test->vm).count, 2);
    ask(test, VM_REQUEST_START);
    assert_string_equal(fake_find(test->vm)->lines, "ssh-ed25519 FIRST\n");
    assert_int_equal(keys_of(test, test->vm).count, 1);

    world_check(take_away(test, FIRST, true), "the last one");
    ask(test, VM_REQUEST_RESTART);
    assert_string_equal(fake_find(test->vm)->lines, "");
    assert_int_equal(keys_of(test, test->vm).count, 0);
    assert_string_equal(fake_find(test->vm)->guest_key, host_key);
}

static void a_start_brings_the_name(void **state)
{
    struct test *test = *state;
    const struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    world_check(
        end(test, e ? e : vm_command_rename(&context, &test->world->actor, test->vm, "renamed")),
        "rename");
    assert_string_equal(fake_find(test->vm)->name, "first");
    ask(test, VM_REQUEST_RESTART);
    assert_string_equal(fake_find(test->vm)->name, "renamed");
    assert_false(is_pending(test));
}

/* Nothing is written where nothing has changed. */
static void an_unchanged_vm_gets_no_seed(void **state)
{
    struct test *test = *state;

    strcpy(fake->fails, "seed");
    fake->fail_times = 100;
    fake->fail_kind = ERROR_CONFLICT;
    ask(test, VM_REQUEST_RESTART);
    assert_string_equal(world_vm(test->world, test->vm).state, "running");
    assert_int_equal(fake->fail_times, 100);
}

static void a_failed_start_leaves_it_pending(void **state)
{
    struct test *test = *state;

    world_check(add(test, "firstfirstfirst2"), "add");
    ask(test, VM_REQUEST_STOP);
    fake->dies_booting = true;
    ask(test, VM_REQUEST_START);
    fake->dies_booting = false;
    assert_true(is_pending(test));
    assert_int_equal(
        keys_of(test, test->vm).row[0].is_pending + keys_of(test, test->vm).row[1].is_pending, 1);
    world_check(add(test, "secondsecondsec2"), "add another");
    ask(test, VM_REQUEST_START);
    assert_non_null(strstr(fake_find(test->vm)->lines, "FIRST"));
    assert_non_null(strstr(fake_find(test->vm)->lines, "SECOND"));
    assert_false(is_pending(test));
}

/* Of an image that reads its first seed alone the page goes on saying that nothing has changed. */
static void a_guest_that_takes_no_changes(void **state)
{
    struct test *test = *state;
    const char *detail = NULL;

    fake->takes_no_changes = true;
    world_check(add(test, "firstfirstfirst2"), "add");
    ask(test, VM_REQUEST_RESTART);
    assert_string_equal(world_vm(test->world, test->vm).state, "running");
    assert_true(is_pending(test));
    assert_int_equal(world_events(test->world, test->vm, "Restarted", &detail), 1);
    assert_string_equal(detail, "did not take the changes of its keys and name");
    assert_false(fake_find(test->vm)->has_seed);
    world_check(take_away(test, test->own, false), "remove");
    ask(test, VM_REQUEST_RESTART);
    assert_int_equal(keys_of(test, test->vm).count, 2);
    assert_int_equal(world_events(test->world, test->vm, "SSH keys of the VM changed", NULL), 0);
    fake->takes_no_changes = false;
    ask(test, VM_REQUEST_RESTART);
    assert_false(is_pending(test));
    assert_int_equal(world_events(test->world, test->vm, "SSH keys of the VM changed", NULL), 1);
    assert_int_equal(keys_of(test, test->vm).count, 1);
}

/* Without a seed of its own, a start that finds the guest running says nothing of the change. */
static void a_running_guest_has_not_taken_it(void **state)
{
    struct test *test = *state;

    ask(test, VM_REQUEST_STOP);
    fake->is_silent = true;
    ask(test, VM_REQUEST_START);
    fake->is_silent = false;
    world_check(add(test, "firstfirstfirst2"), "add");
    ask(test, VM_REQUEST_RETRY);
    assert_string_equal(world_vm(test->world, test->vm).state, "running");
    assert_true(is_pending(test));
    ask(test, VM_REQUEST_RESTART);
    assert_false(is_pending(test));
}

static void a_restore_makes_it_pending(void **state)
{
    struct test *test = *state;
    const char *before = world_snapshot(test->world, test->vm), *after;

    drain(test->context);
    world_check(add(test, "firstfirstfirst2"), "add");
    ask(test, VM_REQUEST_RESTART);
    after = world_snapshot(test->world, test->vm);
    drain(test->context);
    world_check(world_ask(test->world, test->vm, VM_REQUEST_RESTORE, after), "restore");
    drain(test->context);
    assert_false(is_pending(test));
    world_check(world_ask(test->world, test->vm, VM_REQUEST_RESTORE, before), "restore");
    drain(test->context);
    assert_true(is_pending(test));
    ask(test, VM_REQUEST_RESTART);
    assert_false(is_pending(test));
}

/* How many VMs the list of keys says to accept the first. */
static int64_t holders(struct test *test)
{
    struct ssh_key_list_rows keys;

    world_check(sql_ssh_key_list(test->world->db, test->world->arena, test->world->team_id,
                                 "firstfirstfirst2", "", 5, 0, 9, &keys),
                "list");
    assert_int_equal(keys.count, 1);
    assert_int_equal(keys.row[0].vms, *keys.row[0].some_vms != '\0');
    return keys.row[0].vms;
}

/* A removed key opens the VM again after a restore, and so the page shows it again. */
static void a_restore_brings_removed_keys_back(void **state)
{
    struct test *test = *state;
    const char *before;

    world_check(add(test, "firstfirstfirst2"), "add");
    ask(test, VM_REQUEST_RESTART);
    before = world_snapshot(test->world, test->vm);
    drain(test->context);
    world_check(take_away(test, FIRST, false), "remove");
    assert_int_equal(holders(test), 1);
    ask(test, VM_REQUEST_RESTART);
    assert_int_equal(keys_of(test, test->vm).count, 1);
    assert_int_equal(holders(test), 0);
    world_check(world_ask(test->world, test->vm, VM_REQUEST_RESTORE, before), "restore");
    drain(test->context);
    assert_int_equal(keys_of(test, test->vm).count, 2);
    assert_int_equal(holders(test), 1);
    assert_true(is_pending(test));
    ask(test, VM_REQUEST_RESTART);
    assert_null(strstr(fake_find(test->vm)->lines, "FIRST"));
    assert_int_equal(keys_of(test, test->vm).count, 1);
    /* With the snapshot the record of the key goes. */
    world_check(world_ask(test->world, test->vm, VM_REQUEST_SNAPSHOT_DELETE, before), "delete");
    drain(test->context);
    sqlite_do(test, "UPDATE vm SET setup_taken = 0");
    assert_int_equal(keys_of(test, test->vm).count, 1);
}

/* What was changed before the seed of a new VM was written is in it. */
static void a_key_added_while_it_is_created(void **state)
{
    struct test *test = *state;

    test->vm = world_create(test->world, "second");
    world_check(add(test, "firstfirstfirst2"), "add");
    world_check(take_away(test, test->own, false), "remove");
    drain(test->context);
    assert_string_equal(fake_find(test->vm)->lines, "ssh-ed25519 FIRST\n");
    assert_false(is_pending(test));
    assert_int_equal(keys_of(test, test->vm).count, 1);
    world_check(take_away(test, FIRST, true), "remove");
    assert_true(keys_of(test, test->vm).row[0].is_removed);
}

/* SQLite's connections must not cross a fork: close, fork, open again. */
static bool worker_is_killed(struct test *test)
{
    struct world *world = test->world;
    int status;
    pid_t child;

    worker_context_close(test->context);
    db_close(world->db);
    child = fork();
    if (child == 0) {
        drain(drain_bench(world));
        _exit(0);
    }
    waitpid(child, &status, 0);
    fake->kill_at = 0;
    world_check(db_open(world->arena, &DB_MAIN,
                        arena_printf(world->arena, "%s/data/main.db", world->state_dir),
                        DB_READ_WRITE, &world->db),
                "open");
    test->context = drain_bench(world);
    world_check(sql_job_recover(world->db, world->arena, clock_now_ms()), "recover");
    drain(test->context);
    return WIFSIGNALED(status);
}

/* Wherever the worker was killed, a key that opens the VM is listed, until it does not. */
static void what_is_listed_is_so_after_a_kill(void **state)
{
    struct test *test = *state;
    bool is_killed = true;

    for (int at = 1; is_killed; at++) {
        world_check(add(test, "firstfirstfirst2"), "add");
        world_check(world_ask(test->world, test->vm, VM_REQUEST_RESTART, NULL), "ask");
        fake->kills_after = true;
        fake->kill_at = fake->calls + at;
        is_killed = worker_is_killed(test);
        assert_non_null(strstr(fake_find(test->vm)->lines, "FIRST"));
        assert_false(is_pending(test));
        world_check(take_away(test, FIRST, false), "remove");
        assert_int_equal(keys_of(test, test->vm).count, 2);
        ask(test, VM_REQUEST_RESTART);
        assert_null(strstr(fake_find(test->vm)->lines, "FIRST"));
        assert_int_equal(keys_of(test, test->vm).count, 1);
        assert_true(at < 100);
    }
}

/* A clone gets what the VM is to accept, not what it still accepts. */
static void a_clone_has_no_removed_key(void **state)
{
    struct test *test = *state;
    const char *snapshot = world_snapshot(test->world, test->vm), *clone;

    drain(test->context);
    world_check(add(test, "firstfirstfirst2"), "add");
    world_check(take_away(test, test->own, false), "remove");
    clone = world_clone(test->world, "copy", test->vm, snapshot);
    drain(test->context);
    assert_string_equal(fake_find(clone)->lines, "ssh-ed25519 FIRST\n");
}

/* Of a deleted account's key the line is not known: the list without it is what the guest takes. */
static void a_deleted_accounts_key_goes(void **state)
{
    struct test *test = *state;

    world_check(add(test, "firstfirstfirst2"), "add");
    ask(test, VM_REQUEST_RESTART);
    sqlite_do(test, "UPDATE vm_key SET public_line = '' WHERE fingerprint = '" FIRST "'");
    assert_string_equal(take_away(test, test->own, false)->code, "last_key");
    world_check(add(test, "secondsecondsec2"), "add");
    ask(test, VM_REQUEST_RESTART);
    assert_null(strstr(fake_find(test->vm)->lines, "FIRST"));
    assert_int_equal(keys_of(test, test->vm).count, 2);
}

static void a_key_is_removed_everywhere(void **state)
{
    struct test *test = *state;
    const struct context context = world_context(test->world);
    const char *other = world_create(test->world, "second");
    struct error *e;

    drain(test->context);
    e = db_begin(test->world->db, test->world->arena);
    if (!e)
        e = vm_keys_remove_everywhere(&context, &test->world->actor, test->own);
    world_check(end(test, e), "remove");
    assert_true(keys_of(test, test->vm).row[0].is_removed);
    assert_true(keys_of(test, other).row[0].is_removed);
    assert_int_equal(
        world_events(test->world, other, "SSH key to be removed at the next start", NULL), 1);
}

static int fake_open_once(void **state)
{
    (void)state;
    fake_open();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_refused),
        TEST(a_start_brings_the_keys),
        TEST(a_start_brings_the_name),
        TEST(an_unchanged_vm_gets_no_seed),
        TEST(a_failed_start_leaves_it_pending),
        TEST(a_guest_that_takes_no_changes),
        TEST(a_running_guest_has_not_taken_it),
        TEST(a_restore_makes_it_pending),
        TEST(a_restore_brings_removed_keys_back),
        TEST(a_key_added_while_it_is_created),
        TEST(what_is_listed_is_so_after_a_kill),
        TEST(a_clone_has_no_removed_key),
        TEST(a_deleted_accounts_key_goes),
        TEST(a_key_is_removed_everywhere),
    };

    return cmocka_run_group_tests(tests, fake_open_once, NULL);
}
