/*
 * Pools against a fake host: VMs are booted in advance and given to whoever creates one like them,
 * each once; people come first; whatever fails is told; and wherever the worker is killed, a VM is
 * the pool's or the person's and nothing is left over.
 */
#include "base/array.h"
#include "base/clock.h"
#include "drain.h"
#include "fake_driver.h"
#include "ledger_check.h"
#include "main_constants.sql.h"
#include "model/state_path.h"
#include "model/vm_pool.h"
#include "worker/image_version.h"
#include "worker/internet.h"
#include "worker/pool.h"
#include "worker/promise.h"
#include "worker/reconcile.h"
#include "world.h"

#include "image.sql.h"
#include "job.sql.h"
#include "ledger.sql.h"
#include "orphan.sql.h"
#include "pool.sql.h"
#include "pool_vm.sql.h"
#include "promise.sql.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct test {
    struct world *world;
    struct worker_context *context;
};

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

/* The build of the image that new VMs get from now on. */
static void image_put(struct test *test, const char *command_line)
{
    const struct context context = world_context(test->world);
    const char *dir = test->world->config->images[0].dir;

    assert_int_equal(system(arena_printf(test->world->arena,
                                         "echo '%s' >'%s/cmdline' && touch -d @2000 '%s/cmdline'",
                                         command_line, dir, dir)),
                     0);
    world_check(image_versions_sync(&context), "images");
}

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);

    *fake = (struct fake_host){ .calls = 0 };
    test->world = world_open(world_folder("fake:///local"));
    test->context = drain_patient(test->world);
    image_put(test, "domicile.waits");
    *state = test;
    return 0;
}

/* The operator sets it, and restarts. */
static void pool_set(struct test *test, int64_t count)
{
    test->world->config->images[0].pool = count;
}

static void look(struct test *test)
{
    world_check(pool_run(test->context), "look");
}

static struct pool_vm_list_rows pool(struct test *test)
{
    struct pool_vm_list_rows rows;

    world_check(sql_pool_vm_list(test->world->db, test->world->arena, "local", &rows), "pool");
    return rows;
}

static size_t ready(struct test *test)
{
    struct pool_vm_list_rows rows = pool(test);
    size_t count = 0;

    for (size_t i = 0; i < rows.count; i++)
        count += strcmp(rows.row[i].state, POOL_VM_STATE_READY) == 0;
    return count;
}

/*
 * Some time after the last change, until nothing more is to be done: one VM takes a look to begin,
 * one to boot, one to see it wait.
 */
static void fill(struct test *test)
{
    plant(test, "UPDATE vm SET state_at = state_at - 60");
    for (int i = 0; i < 12; i++)
        look(test);
}

static const char *problem(struct test *test)
{
    struct pool_get_row row;

    world_check(sql_pool_get(test->world->db, test->world->arena, "local", "tiny", &row),
                "problem");
    return row.problem ? row.problem : "";
}

static size_t host_count(void)
{
    size_t count = 0;

    for (size_t i = 0; i < FAKE_VMS; i++)
        count += fake->vms[i].id[0] != '\0';
    return count;
}

static bool is_in_pool(struct test *test, const char *id)
{
    struct pool_vm_exists_row row;

    world_check(sql_pool_vm_exists(test->world->db, test->world->arena, id, &row), "exists");
    return row.total;
}

/* Host and database agree, and the reconciler finds nothing that it cannot explain. */
static void all_is_explained(struct test *test)
{
    struct orphan_list_rows orphans;
    struct pool_vm_list_rows rows = pool(test);
    struct vm_states_rows vms;

    world_check(reconcile_region(test->context, &test->world->config->regions[0]), "reconcile");
    world_check(
        sql_orphan_list(test->world->db, test->world->arena, "", "", 0, INT64_MAX, &orphans),
        "orphans");
    assert_int_equal(orphans.count, 0);
    world_check(sql_vm_states(test->world->db, test->world->arena, test->world->team_id, &vms),
                "vms");
    assert_true(host_count() <= rows.count + vms.count); /* one may be about to boot */
    for (size_t i = 0; i < vms.count; i++)
        assert_false(is_in_pool(test, vms.row[i].id));
    ledger_check_tables(test->world);
}

static void is_running(struct test *test, const char *vm_id)
{
    const struct fake_vm *host = fake_find(vm_id);
    struct vm_get_row vm = world_vm(test->world, vm_id);

    assert_string_equal(vm.state, VM_STATE_RUNNING);
    assert_non_null(host);
    assert_string_equal(vm.host_key_public, host->guest_key);
    assert_int_equal(vm.ssh_port, host->port);
    assert_false(host->has_seed);
    assert_string_equal(host->internet, DRIVER_INTERNET_ON);
}

static void create_takes_one(void **state)
{
    struct test *test = *state;
    const char *first, *second, *third;
    struct ledger_open_row open;

    pool_set(test, 2);
    fill(test);
    assert_int_equal(ready(test), 2);
    assert_string_equal(problem(test), "");
    all_is_explained(test);
    for (size_t i = 0; i < 2; i++) {
        const struct fake_vm *host = fake_find(pool(test).row[i].id);

        assert_true(host->is_waiting);
        assert_string_equal(host->guest_key, "");
        assert_string_equal(host->lines, "");
        assert_string_equal(host->internet, VM_INTERNET_OFF);
    }
    plant(test, "UPDATE pool_vm SET state_at = state_at - 86400"); /* it waited for a day */
    first = world_create(test->world, "first");
    assert_false(is_in_pool(test, first));
    drain(test->context);
    world_check(internet_round(test->context), "internet");
    is_running(test, first);
    assert_int_equal(fake_find(first)->boots, 1);
    assert_string_equal(fake_find(first)->name, "first");
    assert_non_null(strstr(fake_find(first)->lines, "you@laptop"));
    /* It costs from its creation. */
    world_check(sql_ledger_open(test->world->db, test->world->arena, first, &open), "ledger");
    assert_true(open.from_at >= world_vm(test->world, first).created_at);
    assert_int_equal(world_events(test->world, first, "Created", NULL), 1);
    second = world_create(test->world, "second");
    third = world_create(test->world, "third"); /* the pool is empty: the ordinary way */
    assert_int_equal(pool(test).count, 0);
    drain(test->context);
    world_check(internet_round(test->context), "internet");
    is_running(test, second);
    is_running(test, third);
    assert_string_not_equal(fake_find(first)->guest_key, fake_find(second)->guest_key);
    assert_int_equal(fake_find(second)->boots, 1);
    fill(test);
    assert_int_equal(ready(test), 2);
    all_is_explained(test);
}

/* Which nobody has to a VM that waits. */
static void one_gets_the_way_to_its_agent(void **state)
{
    struct test *test = *state;
    const char *vm;

    pool_set(test, 1);
    fill(test);
    assert_false(fake_find(pool(test).row[0].id)->has_agent);
    test->world->wants_agents = true;
    vm = world_create(test->world, "first");
    drain(test->context);
    assert_int_equal(fake_find(vm)->boots, 1);
    assert_true(fake_find(vm)->has_agent);
    assert_true(world_vm(test->world, vm).agent_started);
}

/* A clone, another size, another region: not those of the pool. */
static void others_are_made_anew(void **state)
{
    struct test *test = *state;
    const char *vm, *snapshot, *clone;

    vm = world_create(test->world, "first");
    drain(test->context);
    snapshot = world_snapshot(test->world, vm);
    drain(test->context);
    pool_set(test, 1);
    fill(test);
    assert_int_equal(ready(test), 1);
    clone = world_clone(test->world, "clone", vm, snapshot);
    test->world->config->sizes[0].memory_mb += 1;
    world_create(test->world, "more");
    test->world->config->sizes[0].memory_mb -= 1;
    assert_int_equal(ready(test), 1);
    drain(test->context);
    assert_string_equal(world_vm(test->world, clone).state, VM_STATE_RUNNING);
    all_is_explained(test);
}

/* ---- at the same time ---- */

enum { TAKERS = 6, HAD = 2 };

struct taker {
    struct world *world;
    pthread_t thread;
    bool has_taken;
};

static void *take(void *argument)
{
    struct taker *taker = argument;
    struct arena *arena = arena_new(1 << 20);
    struct config *config = taker->world->config;
    const struct vm_new vm = { .region = &config->regions[0],
                               .image = &config->images[0],
                               .size = &config->sizes[0] };
    struct image_get_row image;
    struct vm_pool_vm out;
    struct db *db;

    world_check(
        db_open(arena, &DB_MAIN, main_db_path(arena, taker->world->state_dir), DB_READ_WRITE, &db),
        "open");
    world_check(db_begin(db, arena), "begin");
    world_check(sql_image_get(db, arena, "tiny", &image), "image");
    {
        const struct context context = context_at(db, arena, config, clock_now_ms());

        world_check(vm_pool_take(&context, &vm, image.version, &out), "take");
    }
    taker->has_taken = out.ssh_port != 0;
    world_check(db_commit(db, arena), "commit");
    db_close(db);
    arena_free(arena);
    return NULL;
}

static void each_is_taken_once(void **state)
{
    struct test *test = *state;
    struct taker takers[TAKERS];
    int taken = 0;

    pool_set(test, HAD);
    fill(test);
    assert_int_equal(ready(test), HAD);
    for (size_t i = 0; i < TAKERS; i++) {
        takers[i].world = test->world;
        assert_int_equal(pthread_create(&takers[i].thread, NULL, take, &takers[i]), 0);
    }
    for (size_t i = 0; i < TAKERS; i++) {
        assert_int_equal(pthread_join(takers[i].thread, NULL), 0);
        taken += takers[i].has_taken;
    }
    assert_int_equal(taken, HAD);
    assert_int_equal(pool(test).count, 0);
}

/* Nor is one given that is being removed, or not ready. */
static void only_ready_ones_are_given(void **state)
{
    struct test *test = *state;
    const char *vm;

    pool_set(test, 1);
    look(test);
    look(test);
    assert_int_equal(pool(test).count, 1);
    assert_int_equal(ready(test), 0);
    vm = world_create(test->world, "first");
    assert_int_equal(pool(test).count, 1);
    drain(test->context);
    fill(test);
    plant(test, "UPDATE pool_vm SET state = 'leaving'");
    vm = world_create(test->world, "second");
    assert_int_equal(pool(test).count, 1);
    drain(test->context);
    assert_string_equal(world_vm(test->world, vm).state, VM_STATE_RUNNING);
}

/* ---- people come first ---- */

static void jobs_of_people_come_first(void **state)
{
    struct test *test = *state;

    pool_set(test, 1);
    world_create(test->world, "first");
    fill(test);
    assert_int_equal(pool(test).count, 0);
    assert_string_equal(problem(test), "");
    drain(test->context);
    look(test); /* somebody may want another one */
    assert_int_equal(pool(test).count, 0);
    fill(test);
    assert_int_equal(ready(test), 1);
}

/* Each of them has 128 MB, and needs 150 more; pools fill 80 % of the host at most. */
static void memory_is_peoples_first(void **state)
{
    struct test *test = *state;

    pool_set(test, 3);
    fake->memory_mb = 278 * 3 * 5 / 4 + 10;
    fill(test);
    assert_int_equal(ready(test), 3);
    assert_string_equal(problem(test), "");
    test->world->config->sizes[0].memory_mb += 1; /* not one of the pool's */
    world_create(test->world, "first");
    test->world->config->sizes[0].memory_mb -= 1;
    look(test);
    assert_int_equal(ready(test), 2);
    look(test);
    assert_int_equal(ready(test), 2);
    drain(test->context);
    fill(test);
    assert_int_equal(ready(test), 2);
    assert_non_null(strstr(problem(test), "memory"));
    all_is_explained(test);
    fake->is_full = true;
    fill(test);
    assert_int_equal(pool(test).count, 0);
    assert_non_null(strstr(problem(test), "disk space"));
    fake->is_full = false;
    fill(test);
    assert_int_equal(ready(test), 2);
    world_ask(test->world, pool(test).row[0].id, VM_REQUEST_DESTROY, NULL); /* nobody's command */
    assert_int_equal(ready(test), 2);
}

/* ---- what changes ---- */

static void number_and_image_are_followed(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    const char *before;
    struct pool_list_rows pools;

    pool_set(test, 3);
    fill(test);
    pool_set(test, 1);
    fill(test);
    assert_int_equal(ready(test), 1);
    all_is_explained(test);
    before = pool(test).row[0].id;
    image_put(test, "other domicile.waits");
    fill(test);
    assert_int_equal(ready(test), 1);
    assert_string_not_equal(pool(test).row[0].id, before);
    assert_null(fake_find(before));
    pool_set(test, 0);
    fill(test);
    assert_int_equal(host_count(), 0);
    world_check(sql_pool_list(world->db, world->arena, &pools), "pools");
    assert_int_equal(pools.count, 0);
    all_is_explained(test);
}

/* One that does not wait any more is replaced; one that ended just before is booted for its owner.
 */
static void outages_are_survived(void **state)
{
    struct test *test = *state;
    const char *before, *vm;

    pool_set(test, 1);
    fill(test);
    before = pool(test).row[0].id;
    fake_find(before)->power = DRIVER_STOPPED;
    fill(test);
    assert_int_equal(ready(test), 1);
    assert_null(fake_find(before));
    fake_find(pool(test).row[0].id)->power = DRIVER_STOPPED;
    vm = world_create(test->world, "first");
    assert_int_equal(pool(test).count, 0);
    drain(test->context);
    world_check(internet_round(test->context), "internet");
    is_running(test, vm);
    assert_int_equal(fake_find(vm)->boots, 2);
    all_is_explained(test);
}

/* ---- what fails ---- */

static void failures_are_told(void **state)
{
    struct test *test = *state;

    pool_set(test, 1);
    memcpy(fake->fails, "boot", sizeof "boot");
    fake->fail_kind = ERROR_UPSTREAM;
    fake->fail_times = 1;
    fill(test);
    assert_string_equal(problem(test), "the fake host refuses \"boot\"");
    assert_int_equal(host_count() + pool(test).count, 0); /* and not tried again at once */
    plant(test, "UPDATE pool SET retry_at = 1");
    fill(test);
    assert_string_equal(problem(test), "");
    assert_int_equal(ready(test), 1);
    /* What cannot be removed is tried again later. */
    memcpy(fake->fails, "disk_remove", sizeof "disk_remove");
    fake->fail_times = 1;
    pool_set(test, 0);
    fill(test);
    assert_int_equal(pool(test).count, 1);
    plant(test, "UPDATE pool_vm SET state_at = 1");
    fill(test);
    assert_int_equal(host_count() + pool(test).count, 0);
    all_is_explained(test);
    /* An image whose guests cannot wait, as of cloud-init. */
    image_put(test, "quiet");
    pool_set(test, 1);
    fill(test);
    assert_non_null(strstr(problem(test), "cloud-init"));
    fake->has_no_guests = true;
    fill(test);
    assert_string_equal(problem(test), "The host runs no guests.");
    fake->is_unreachable = true;
    fill(test);
    assert_int_equal(pool(test).count, 0);
}

/* As an old build's, whatever its command line says. */
static void guests_that_do_not_wait_are_given_up(void **state)
{
    struct test *test = *state;

    worker_context_close(test->context);
    test->context = drain_bench(test->world);
    fake->never_waits = true;
    pool_set(test, 1);
    look(test);
    look(test);
    plant(test, "UPDATE pool_vm SET state_at = 1");
    look(test);
    assert_non_null(strstr(problem(test), "did not come to wait"));
    assert_int_equal(host_count() + pool(test).count, 0);
}

/* The promise looks at those of pools, too. */
static void isolation_is_watched(void **state)
{
    struct test *test = *state;
    struct promise_get_row promise;

    pool_set(test, 1);
    fill(test);
    fake->is_open = true;
    world_check(promise_round(test->context, true), "round");
    world_check(sql_promise_get(test->world->db, test->world->arena, "isolation", &promise),
                "promise");
    assert_string_equal(promise.state, PROMISE_STATE_RED);
}

/* ---- kills ---- */

/* SQLite's connections must not cross a fork: close, fork, open again. */
static bool is_killed(struct test *test, void (*work)(struct worker_context *context))
{
    struct world *world = test->world;
    int status;
    pid_t child;

    worker_context_close(test->context);
    db_close(world->db);
    child = fork();
    if (child == 0) {
        work(drain_patient(world));
        _exit(0);
    }
    waitpid(child, &status, 0);
    fake->kill_at = 0;
    world_check(db_open(world->arena, &DB_MAIN, main_db_path(world->arena, world->state_dir),
                        DB_READ_WRITE, &world->db),
                "open");
    test->context = drain_patient(world);
    world_check(sql_job_recover(world->db, world->arena, clock_now_ms()), "recover");
    return WIFSIGNALED(status);
}

static void looks(struct worker_context *context)
{
    for (int i = 0; i < 8; i++)
        world_check(pool_run(context), "look");
}

/* While one is made and another removed. */
static void killed_at_every_call_of_the_pool(void **state)
{
    struct test *test = *state;
    int kills = 0;

    for (int kills_after = 0; kills_after < 2; kills_after++) {
        bool was_killed = true;

        for (int at = 1; was_killed; at++) {
            pool_set(test, 1);
            fill(test);
            fake_find(pool(test).row[0].id)->power = DRIVER_STOPPED;
            fake->kills_after = kills_after;
            fake->kill_at = fake->calls + at;
            was_killed = is_killed(test, looks);
            kills += was_killed;
            all_is_explained(test);
            plant(test, "UPDATE pool_vm SET state_at = 1 WHERE state = 'leaving'");
            fill(test);
            assert_int_equal(ready(test), 1);
            all_is_explained(test);
            assert_int_equal(host_count(), 1);
        }
    }
    print_message("%d kills\n", kills);
    assert_true(kills > 20);
}

static void killed_at_every_call_of_a_claim(void **state)
{
    struct test *test = *state;
    int kills = 0;

    pool_set(test, 1);
    for (int kills_after = 0; kills_after < 2; kills_after++) {
        bool was_killed = true;

        for (int at = 1; was_killed; at++) {
            const char *taken, *vm;

            fill(test);
            taken = pool(test).row[0].id;
            vm = world_create(test->world, arena_printf(test->world->arena, "vm%d", kills));
            assert_string_equal(vm, taken);
            fake->kills_after = kills_after;
            fake->kill_at = fake->calls + at;
            was_killed = is_killed(test, drain);
            kills += was_killed;
            look(test);
            drain(test->context);
            world_check(internet_round(test->context), "internet");
            is_running(test, vm);
            assert_int_equal(fake_find(vm)->disks, 1);
            assert_int_equal(world_events(test->world, vm, "Created", NULL), 1);
            fill(test);
            all_is_explained(test);
            world_check(world_ask(test->world, vm, VM_REQUEST_DESTROY, NULL), "destroy");
            drain(test->context);
            assert_null(fake_find(vm));
        }
    }
    print_message("%d kills\n", kills);
    assert_true(kills > 10);
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
        TEST(create_takes_one),
        TEST(one_gets_the_way_to_its_agent),
        TEST(others_are_made_anew),
        TEST(each_is_taken_once),
        TEST(only_ready_ones_are_given),
        TEST(jobs_of_people_come_first),
        TEST(memory_is_peoples_first),
        TEST(number_and_image_are_followed),
        TEST(outages_are_survived),
        TEST(failures_are_told),
        TEST(guests_that_do_not_wait_are_given_up),
        TEST(isolation_is_watched),
        TEST(killed_at_every_call_of_the_pool),
        TEST(killed_at_every_call_of_a_claim),
    };

    return cmocka_run_group_tests(tests, fake_open_once, NULL);
}
