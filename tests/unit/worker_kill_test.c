/*
 * The worker is killed -9 at every call to a fake host, before and after the call has taken effect,
 * in every kind of job: the next worker resumes, and nothing is created twice or left over.
 */
#include "base/array.h"
#include "base/clock.h"
#include "drain.h"
#include "fake_driver.h"
#include "ledger_check.h"
#include "model/audit_check.h"
#include "model/ledger.h"
#include "model/state_path.h"
#include "model/user_data.h"
#include "world.h"

#include "vm_user_data.sql.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define USER_DATA "#!/bin/sh\n"

struct test {
    struct world *world;
    struct worker_context *context;
    const char *vm;
};

static void ask(struct test *test, enum vm_trigger event, const char *snapshot_id)
{
    world_check(world_ask(test->world, test->vm, event, snapshot_id), "ask");
    drain(test->context);
}

/* SQLite's connections must not cross a fork: close, fork, open again. */
static bool child_is_killed(struct test *test)
{
    const char *path = main_db_path(test->world->arena, test->world->state_dir);
    int status;
    pid_t child;

    worker_context_close(test->context);
    db_close(test->world->db);
    child = fork();
    if (child == 0) {
        drain(drain_bench(test->world));
        _exit(0);
    }
    waitpid(child, &status, 0);
    fake->kill_at = 0;
    world_check(db_open(test->world->arena, &DB_MAIN, path, DB_READ_WRITE, &test->world->db),
                "open");
    test->context = drain_bench(test->world);
    return WIFSIGNALED(status);
}

/* Before each round the VM is in `from`; afterwards database and host must be in `to`. */
static const struct killed {
    const char *kind;
    enum vm_trigger event;
    const char *from, *to;
    enum driver_power power;
} killed[] = {
    { "create", VM_REQUEST_RETRY, "", "running", DRIVER_RUNNING },
    { "stop", VM_REQUEST_STOP, "running", "stopped", DRIVER_STOPPED },
    { "start", VM_REQUEST_START, "stopped", "running", DRIVER_RUNNING },
    { "restart", VM_REQUEST_RESTART, "running", "running", DRIVER_RUNNING },
    { "resize", VM_REQUEST_RESIZE, "stopped", "stopped", DRIVER_STOPPED },
    { "snapshot", VM_REQUEST_SNAPSHOT, "running", "running", DRIVER_RUNNING },
    { "restore", VM_REQUEST_RESTORE, "running", "running", DRIVER_RUNNING },
    { "snapshot_delete", VM_REQUEST_SNAPSHOT_DELETE, "running", "running", DRIVER_RUNNING },
    { "destroy", VM_REQUEST_DESTROY, "running", "gone", DRIVER_ABSENT },
};

static void user_data_give(struct test *test)
{
    const struct context context = world_context(test->world);

    world_check(db_begin(test->world->db, test->world->arena), "begin");
    world_check(user_data_store(&context, test->world->team_id, test->world->person_id, test->vm,
                                USER_DATA),
                "user data");
    world_check(db_commit(test->world->db, test->world->arena), "commit");
}

static void wish(struct test *test, const struct killed *round, const char *snapshot)
{
    static int number;

    if (strcmp(round->kind, "create") == 0) {
        test->vm = world_create(test->world, arena_printf(test->world->arena, "vm%d", ++number));
        user_data_give(test);
    } else if (round->event == VM_REQUEST_SNAPSHOT)
        world_snapshot(test->world, test->vm);
    else if (round->event == VM_REQUEST_RESIZE)
        world_resize(test->world, test->vm, "small");
    else
        world_check(world_ask(test->world, test->vm, round->event, snapshot), round->kind);
}

/* The ledger agrees with the database, ends with the VM, and is summed up once. */
static void assert_ledger(struct test *test)
{
    struct world *world = test->world;
    struct ledger_vm_row vm;
    struct ledger_open_row open;
    struct error *e = sql_ledger_open(world->db, world->arena, test->vm, &open);

    ledger_check_tables(world);
    world_check(sql_ledger_vm(world->db, world->arena, test->vm, &vm), "vm");
    assert_int_equal(e != NULL, vm.gone_at != 0);
    if (e)
        return;
    assert_string_equal(open.state, vm.observed);
    assert_string_equal(open.size, vm.size);
    assert_int_equal(open.disk_gb, vm.disk_gb);
    assert_int_equal(open.snapshot_gb, vm.snapshot_gb);
}

static void assert_round(struct test *test, const struct killed *round)
{
    const struct fake_vm *host = fake_find(test->vm);
    struct vm_user_data_get_row user_data;
    struct job_open_row open;

    assert_string_equal(world_vm(test->world, test->vm).state, round->to);
    assert_int_equal(host ? host->power : DRIVER_ABSENT, round->power);
    assert_int_equal(!host, strcmp(round->to, "gone") == 0);
    assert_string_equal(world_job(test->world, test->vm).state, "done");
    world_check(sql_job_open(test->world->db, test->world->arena, &open), "open");
    assert_int_equal(open.queued + open.running, 0);
    assert_ledger(test);
    assert_non_null(sql_vm_user_data_get(test->world->db, test->world->arena, test->world->team_id,
                                         test->vm, &user_data));
    if (!host)
        return;
    assert_string_equal(host->data, USER_DATA);
    assert_int_equal(host->disks, 1);
    assert_false(host->has_seed);
    assert_string_equal(world_vm(test->world, test->vm).host_key_public, host->guest_key);
    assert_int_equal(world_vm(test->world, test->vm).ssh_port, host->port);
}

/* True: the worker was killed at its call number `at`, and all checks passed. */
static bool round_play(struct test *test, const struct killed *round, int at, bool kills_after)
{
    struct killed from = { "create", VM_REQUEST_RETRY, "", "", DRIVER_RUNNING };
    const char *snapshot = NULL;
    bool is_killed;

    if (*round->from) {
        wish(test, &from, NULL);
        drain(test->context);
    }
    if (strcmp(round->from, "stopped") == 0)
        ask(test, VM_REQUEST_STOP, NULL);
    if (round->event == VM_REQUEST_RESTORE || round->event == VM_REQUEST_SNAPSHOT_DELETE) {
        snapshot = world_snapshot(test->world, test->vm);
        drain(test->context);
    }
    wish(test, round, snapshot);
    fake->kills_after = kills_after;
    fake->kill_at = fake->calls + at;
    is_killed = child_is_killed(test);
    world_check(sql_job_recover(test->world->db, test->world->arena, clock_now_ms()), "recover");
    drain(test->context);
    assert_round(test, round);
    if (strcmp(round->to, "gone") != 0)
        ask(test, VM_REQUEST_DESTROY, NULL);
    return is_killed;
}

/* What happened is in the history without a gap, each once. */
static void assert_history(struct test *test)
{
    const struct context context = world_context(test->world);
    struct audit_found found;

    world_check(audit_check_all(&context, &found), "check");
    if (found.first)
        fail_msg("%s", found.first);
    assert_true(found.places > (int64_t)COUNT(killed));
}

static void killed_at_every_call(void **state)
{
    struct test test = { .vm = NULL };
    int kills = 0;

    (void)state;
    fake_open();
    test.world = world_open(world_folder("fake:///local"));
    test.context = drain_bench(test.world);

    for (size_t i = 0; i < COUNT(killed); i++) {
        for (int kills_after = 0; kills_after < 2; kills_after++) {
            int at = 1;

            while (round_play(&test, &killed[i], at, kills_after))
                at++;
            assert_true(at > 1);
            kills += at - 1;
        }
    }
    print_message("%d kills\n", kills);
    assert_history(&test);
    worker_context_close(test.context);
    world_close(test.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(killed_at_every_call) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
