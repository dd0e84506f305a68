/*
 * The isolation probe against a fake host: what its guest reports becomes a promise, whatever fails
 * makes it unknown, and nothing is left of the guest wherever the worker is killed.
 */
#include "base/array.h"
#include "base/clock.h"
#include "drain.h"
#include "fake_driver.h"
#include "model/state_path.h"
#include "worker/probe.h"
#include "worker/promise.h"
#include "worker/reconcile.h"
#include "world.h"

#include "orphan.sql.h"
#include "probe.sql.h"
#include "promise.sql.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct test {
    struct world *world;
    struct worker_context *context;
};

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);

    *fake = (struct fake_host){ .calls = 0 };
    test->world = world_open(world_folder("fake:///local"));
    test->context = drain_bench(test->world);
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

static void plant(struct test *test, const char *sql)
{
    struct arena *arena = test->world->arena;

    assert_int_equal(system(arena_printf(arena, "sqlite3 '%s' \"%s\"",
                                         main_db_path(arena, test->world->state_dir), sql)),
                     0);
}

static struct promise_list_row promise_read(struct test *test)
{
    struct promise_list_rows rows;

    world_check(sql_promise_list(test->world->db, test->world->arena, clock_now(), &rows), "list");
    for (size_t i = 0; i < rows.count; i++) {
        if (strcmp(rows.row[i].id, "isolation-probe") == 0)
            return rows.row[i];
    }
    fail_msg("it has no line");
    return rows.row[0];
}

static struct promise_list_row measured(struct test *test)
{
    plant(test, "UPDATE promise SET checked_at = 1 WHERE id = 'isolation-probe'");
    world_check(promise_round(test->context, false), "round");
    return promise_read(test);
}

static bool has_row(struct test *test)
{
    struct probe_get_row row;

    return !sql_probe_get(test->world->db, test->world->arena, "local", &row);
}

static void nothing_is_left(struct test *test)
{
    struct orphan_list_rows orphans;

    assert_null(fake_find(PROBE_VM_ID));
    assert_false(has_row(test));
    world_check(
        sql_orphan_list(test->world->db, test->world->arena, "", "", 0, INT64_MAX, &orphans),
        "orphans");
    assert_int_equal(orphans.count, 0);
}

static void reconcile(struct test *test)
{
    world_check(reconcile_region(test->context, &test->world->config->regions[0]), "reconcile");
}

static void silence_keeps_the_promise(void **state)
{
    struct test *test = *state;
    struct promise_list_row promise = measured(test);

    assert_string_equal(promise.state, "green");
    assert_non_null(strstr(promise.evidence, "no other VM ran"));
    assert_non_null(strstr(promise.evidence, "confirmed: domain, snapshots, disk, seed, port."));
    nothing_is_left(test);
    world_create(test->world, "first");
    world_create(test->world, "second");
    drain(test->context);
    promise = measured(test);
    assert_string_equal(promise.state, "green");
    assert_non_null(strstr(promise.evidence, "0 of 2 at other VMs"));
    nothing_is_left(test);
}

/* Also when another region cannot be measured, and until it no longer does. */
static void an_answer_breaks_the_promise(void **state)
{
    static const struct {
        const char *kind, *evidence;
    } cases[] = {
        { "neighbour", "1 of 1 at other VMs" },
        { "host", " 0 of 3 at cloud metadata" },
        { "metadata", "3 of 3 at cloud metadata" },
        { "private", " 0 of 3 at cloud metadata, 1" },
    };
    struct test *test = *state;

    world_create(test->world, "first");
    drain(test->context);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct promise_list_row promise;

        memcpy(fake->answers, cases[i].kind, strlen(cases[i].kind) + 1);
        promise = measured(test);
        assert_string_equal(promise.state, "red");
        assert_true(promise.figure > 0 && promise.figure < fake->probed);
        assert_non_null(strstr(promise.evidence, cases[i].evidence));
        nothing_is_left(test);
        fake->answers[0] = '\0';
        assert_string_equal(measured(test).state, "green");
    }
}

static void unknown_because(struct test *test, const char *why)
{
    struct promise_list_row promise = measured(test);

    assert_string_equal(promise.state, "unknown");
    assert_string_equal(promise.evidence, why);
    nothing_is_left(test);
}

static void what_cannot_be_measured_is_unknown(void **state)
{
    struct test *test = *state;

    fake->is_silent = true;
    unknown_because(test, "The guest that was started for this did not answer.");
    fake->is_silent = false;
    fake->has_no_control = true;
    unknown_because(test, "The guest that was started for this could not try everything.");
    fake->has_no_control = false;
    fake->is_full = true;
    unknown_because(test, "A host has too little free space to start a guest.");
    fake->is_full = false;
    fake->has_no_guests = true;
    unknown_because(test, "A host here runs no guests.");
    fake->has_no_guests = false;
    fake->is_unreachable = true;
    unknown_because(test, "A host cannot be reached, or could not start the guest.");
    fake->is_unreachable = false;
    fake->dies_booting = true;
    unknown_because(test, "A host cannot be reached, or could not start the guest.");
    fake->dies_booting = false;
    /* Another server answers at its port: what it says is not the guest's. */
    fake->is_wrong = true;
    unknown_because(test, "A host cannot be reached, or could not start the guest.");
    fake->is_wrong = false;
    plant(test, "UPDATE image SET version = NULL");
    unknown_because(test, "The image \"tiny\", which is booted for this, is not there.");
}

/* Without waiting for as long as a boot may take. */
static void an_old_image_is_noticed(void **state)
{
    struct test *test = *state;

    worker_context_close(test->context);
    test->context = drain_patient(test->world);
    fake->runs_no_script = true;
    unknown_because(test, "The image \"tiny\" is an old one, which runs no script.");
}

/* Daily if it is kept, else soon again; a command does not measure it. */
static void it_is_measured_once_a_day(void **state)
{
    struct test *test = *state;
    struct promise_list_row promise;

    world_check(promise_round(test->context, true), "a command's");
    assert_int_equal(fake->probed, 0);
    promise = promise_read(test);
    assert_string_equal(promise.state, "unknown");
    assert_memory_equal(promise.evidence, "Not run yet. ", strlen("Not run yet. "));
    assert_int_equal(promise.checked_at, 0);
    assert_false(promise.is_late);
    plant(test, "CREATE TABLE images AS SELECT * FROM image; DELETE FROM image");
    world_check(promise_round(test->context, false), "before images have been looked at");
    assert_int_equal(fake->probed, 0);
    plant(test, "INSERT INTO image SELECT * FROM images; DROP TABLE images");
    assert_string_equal(measured(test).state, "green");
    plant(test, "UPDATE promise SET checked_at = unixepoch() - 86000");
    fake->probed = 0;
    world_check(promise_round(test->context, false), "round");
    assert_int_equal(fake->probed, 0);
    plant(test, "UPDATE promise SET checked_at = unixepoch() - 86400");
    world_check(promise_round(test->context, false), "round");
    assert_true(fake->probed > 0);
    plant(test, "UPDATE promise SET state = 'red', checked_at = unixepoch() - 301");
    fake->probed = 0;
    world_check(promise_round(test->context, false), "round");
    assert_true(fake->probed > 0);
}

/* It is removed once the host lets it. */
static void what_is_left_is_removed_later(void **state)
{
    struct test *test = *state;

    memcpy(fake->fails, "disk_remove", sizeof "disk_remove");
    fake->fail_kind = ERROR_UPSTREAM;
    fake->fail_times = 2;
    assert_string_equal(measured(test).state, "green");
    assert_non_null(fake_find(PROBE_VM_ID));
    assert_true(has_row(test));
    reconcile(test);
    assert_true(has_row(test));
    reconcile(test);
    nothing_is_left(test);
}

/* A VM that is created meanwhile gets another port. */
static void its_port_is_its_own(void **state)
{
    struct test *test = *state;
    const char *vm;

    plant(test, "INSERT INTO probe VALUES ('local', 22800, 1)");
    test->world->config->regions[0].ssh_port_last = 22801;
    vm = world_create(test->world, "first");
    drain(test->context);
    assert_int_equal(world_vm(test->world, vm).ssh_port, 22801);
    reconcile(test);
    nothing_is_left(test);
}

/* SQLite's connections must not cross a fork: close, fork, open again. */
static bool child_is_killed(struct test *test)
{
    struct world *world = test->world;
    int status;
    pid_t child;

    worker_context_close(test->context);
    db_close(world->db);
    child = fork();
    if (child == 0) {
        world_check(promise_round(drain_bench(world), false), "round");
        _exit(0);
    }
    waitpid(child, &status, 0);
    fake->kill_at = 0;
    world_check(db_open(world->arena, &DB_MAIN, main_db_path(world->arena, world->state_dir),
                        DB_READ_WRITE, &world->db),
                "open");
    test->context = drain_bench(world);
    return WIFSIGNALED(status);
}

static void killed_at_every_call(void **state)
{
    struct test *test = *state;
    int kills = 0;

    for (int kills_after = 0; kills_after < 2; kills_after++) {
        bool is_killed = true;

        for (int at = 1; is_killed; at++) {
            plant(test, "DELETE FROM promise WHERE id = 'isolation-probe'");
            fake->kills_after = kills_after;
            fake->kill_at = fake->calls + at;
            is_killed = child_is_killed(test);
            kills += is_killed;
            reconcile(test);
            nothing_is_left(test);
        }
    }
    print_message("%d kills\n", kills);
    assert_true(kills > 20);
}

static void *worker_ends(void *unused)
{
    (void)unused;
    while (!fake_find(PROBE_VM_ID) || !fake_find(PROBE_VM_ID)->boots)
        usleep(1000);
    probe_end();
    return NULL;
}

/*
 * In an orderly stop nothing is left of its guest, also while it boots; what was last measured
 * stays, and no other begins. In a process of its own: it has then ended for good.
 */
static int ended_meanwhile(struct world *world)
{
    struct test test = { world, drain_patient(world) };
    struct promise_list_row promise;
    pthread_t thread;

    fake->is_silent = true;
    plant(&test, "UPDATE promise SET checked_at = 1 WHERE id = 'isolation-probe'");
    assert_int_equal(pthread_create(&thread, NULL, worker_ends, NULL), 0);
    world_check(promise_round(test.context, false), "round");
    assert_null(fake_find(PROBE_VM_ID));
    assert_false(has_row(&test));
    promise = promise_read(&test);
    assert_int_equal(promise.checked_at, 1);
    assert_string_equal(promise.evidence, "as before");
    fake->probed = 0;
    world_check(promise_round(test.context, false), "another");
    assert_int_equal(fake->probed, 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return 0;
}

static void ended_nothing_is_left(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    pid_t child;
    int status;

    measured(test);
    plant(test, "UPDATE promise SET evidence = 'as before' WHERE id = 'isolation-probe'");
    worker_context_close(test->context);
    db_close(world->db);
    child = fork();
    world_check(db_open(world->arena, &DB_MAIN, main_db_path(world->arena, world->state_dir),
                        DB_READ_WRITE, &world->db),
                "open");
    if (child == 0)
        _exit(ended_meanwhile(world));
    waitpid(child, &status, 0);
    test->context = drain_bench(world);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    nothing_is_left(test);
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
        TEST(silence_keeps_the_promise),
        TEST(an_answer_breaks_the_promise),
        TEST(what_cannot_be_measured_is_unknown),
        TEST(an_old_image_is_noticed),
        TEST(it_is_measured_once_a_day),
        TEST(what_is_left_is_removed_later),
        TEST(its_port_is_its_own),
        TEST(ended_nothing_is_left),
        TEST(killed_at_every_call),
    };

    return cmocka_run_group_tests(tests, fake_open_once, NULL);
}
