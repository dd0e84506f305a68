/*
 * The sums of the ledger where nothing closes an interval as usual: the migration that makes them,
 * a kill within the transaction, prices that are altered, a team that is deleted. Random histories
 * are in ledger_test.c.
 */
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "fake_driver.h"
#include "ledger_check.h"
#include "model/ledger_month.h"
#include "model/price_store.h"
#include "model/state_path.h"
#include "world.h"

#include "ledger_sum.sql.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const int64_t MONTH_AT = 1793491200; /* November 2026 */

static int by_hand(struct world *world, const char *sql)
{
    FILE *pipe = popen(arena_printf(world->arena, "sqlite3 -bail '%s'",
                                    main_db_path(world->arena, world->state_dir)),
                       "w");

    assert_non_null(pipe);
    assert_true(fputs(sql, pipe) >= 0);
    return pclose(pipe);
}

static int64_t cost(struct world *world)
{
    struct ledger_team team;
    int64_t millicents;

    world_check(ledger_team_read(world->db, world->arena, world->team_id, &team), "team");
    world_check(ledger_month_cost(world->db, world->arena, &team, MONTH_AT, &millicents), "cost");
    return millicents;
}

/* ---- an older database ---- */

/* As it was before the migration that makes the sums. */
static struct db_schema older_schema(void)
{
    struct db_schema older = DB_MAIN;

    older.version = 0;
    while (!strstr(DB_MAIN.migrations[older.version].file, "_ledger_sum.sql"))
        older.version++;
    return older;
}

static void a_filled_database_is_summed_up_by_its_migration(void **state)
{
    const struct db_schema older = older_schema();
    struct world world = { .arena = arena_new(64 * 1024 * 1024) };
    const char *path;
    int64_t before;

    (void)state;
    world.state_dir = world_folder("fake:///local");
    path = main_db_path(world.arena, world.state_dir);
    world_check(state_folders_make(world.arena, world.state_dir), "folders");
    world_check(db_migrate(world.arena, &older, path, &before), "older");
    assert_int_equal(
        by_hand(
            &world,
            "INSERT INTO team (id, name, created_at) VALUES (1, 'a', 1793491200), "
            "(2, 'b', 1793620000);"
            "INSERT INTO price VALUES ('nano', 1, 100), ('small', 1, 407), ('small', "
            "1794000000, 811), ('stopped_disk_gb', 1, 7), ('snapshot_gb', 1, 3), "
            "('snapshot_gb', 1793577600, 5);"
            "INSERT INTO vm (team_id, created_at, id, name, region, image, size, vcpus, "
            "memory_mb, disk_gb, wanted, wanted_at, state, state_at, observed, observed_at) "
            "SELECT value, 1793491200, key, 'now-' || key, 'local', 'tiny', 'nano', 1, 1, 1, "
            "'running', 1, 'running', 1, 'running', 1 "
            "FROM json_each('{\"b\":1,\"c\":1,\"d\":2}');"
            /* Closed, open, of two months, of no length, from before its team, of none. */
            "INSERT INTO ledger VALUES "
            "(1, 1793491200, 'a', 1793491201, 1793491201, 0, 'a', 'absent', 'nano', 1, 0),"
            "(1, 1793491200, 'b', 1793491211, 1793600007, 0, 'b', 'running', 'small', 9, 2),"
            "(1, 1793491200, 'b', 1793600007, 1795000001, 0, 'b', 'running', 'small', 9, 0),"
            "(1, 1793491200, 'b', 1795000001, 1795000501, 0, 'b', 'unreachable', 'small', 9, 0),"
            "(1, 1793491200, 'b', 1795000501, 1796083200, 0, 'b', 'stopped', 'small', 9, 4),"
            "(1, 1796083200, 'b', 1796083200, 1796099999, 1, 'b', 'stopped', 'small', 9, 4),"
            "(1, 1793491200, 'c', 1793500000, 1793500000, 1, 'c', 'absent', 'nano', 1, 0),"
            "(2, 1793491200, 'd', 1793500000, 1793610000, 0, 'd', 'running', 'nano', 1, 0),"
            "(2, 1793491200, 'd', 1793610000, 1793630000, 0, 'd', 'running', 'nano', 1, 0),"
            "(2, 1793491200, 'd', 1793630000, 1793700000, 1, 'd', 'stopped', 'nano', 1, 1),"
            "(3, 1793491200, 'e', 1793500000, 1793510000, 0, 'e', 'running', 'nano', 1, 0);"),
        0);
    world_check(db_migrate(world.arena, &DB_MAIN, path, &before), "migrate");
    assert_int_equal(before, older.version);
    world_check(db_open(world.arena, &DB_MAIN, path, DB_READ_WRITE, &world.db), "open");
    ledger_check_tables(&world);
    assert_int_equal(ledger_check_month(&world, world.arena, 1, MONTH_AT), 2);
    assert_int_equal(ledger_check_month(&world, world.arena, 1, date_month_end(MONTH_AT)), 1);
    assert_int_equal(ledger_check_month(&world, world.arena, 2, MONTH_AT), 1);
    /* 10000 s of nano at 100, then 70000 s of stopped: 7 for its disk, 5 for its snapshot. */
    world.team_id = 2;
    assert_int_equal(cost(&world), (10000 * 100 + 70000 * 12) / 3600);
    world_close(&world);
}

/* ---- what the worker writes ---- */

static const char *vm_make(struct world *world)
{
    const char *vm_id = world_create(world, "first");

    world_check(sql_vm_set_observed(world->db, world->arena, vm_id, "running", clock_now()),
                "observed");
    return vm_id;
}

static void note(struct world *world, const char *vm_id, const char *observed, int64_t at)
{
    world_check(db_begin(world->db, world->arena), "begin");
    world_check(sql_vm_set_observed(world->db, world->arena, vm_id, observed, at), "observed");
    world_check(ledger_note(world->db, world->arena, vm_id, at), "note");
}

static void note_all(struct world *world, const char *vm_id, int64_t from_at, int64_t seconds)
{
    for (int64_t at = from_at; at <= from_at + seconds; at += 60) {
        note(world, vm_id, "running", at);
        world_check(db_commit(world->db, world->arena), "commit");
    }
}

/* The process ends by SIGKILL with its interval closed and added, before or after the commit. */
static void kill_in_note(struct world *world, const char *vm_id, int64_t at, bool is_committed)
{
    const char *path = main_db_path(world->arena, world->state_dir);
    int status;
    pid_t child;

    db_close(world->db);
    child = fork();
    if (child == 0) {
        world_check(db_open(world->arena, &DB_MAIN, path, DB_READ_WRITE, &world->db), "open");
        note(world, vm_id, "stopped", at);
        if (is_committed)
            world_check(db_commit(world->db, world->arena), "commit");
        kill(getpid(), SIGKILL);
    }
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    world_check(db_open(world->arena, &DB_MAIN, path, DB_READ_WRITE, &world->db), "open");
}

static void an_interval_is_counted_once_however_the_worker_ends(void **state)
{
    (void)state;
    for (int is_committed = 0; is_committed < 2; is_committed++) {
        struct world *world = world_open(world_folder("fake:///local"));
        const char *vm_id = vm_make(world);
        int64_t from_at = world_vm(world, vm_id).created_at;
        int64_t month_at = date_month_start(from_at), running_s = 0;
        struct ledger_sum_list_rows rows;

        note_all(world, vm_id, from_at, 600);
        kill_in_note(world, vm_id, from_at + 660, is_committed);
        ledger_check_tables(world);
        note(world, vm_id, "stopped", from_at + 660);
        world_check(db_commit(world->db, world->arena), "commit");
        ledger_check_tables(world);
        for (; month_at <= from_at + 660; month_at = date_month_end(month_at)) {
            ledger_check_month(world, world->arena, world->team_id, month_at);
            world_check(sql_ledger_sum_list(world->db, world->arena, world->team_id, month_at, "",
                                            9, &rows),
                        "sums");
            for (size_t i = 0; i < rows.count; i++)
                running_s += rows.row[i].running_s;
        }
        assert_int_equal(running_s, 660);
        world_close(world);
    }
}

/* ---- prices ---- */

static void prices_put(struct world *world, int64_t from_at, int64_t nano, int64_t now_at)
{
    struct config config = *world->config;
    struct config_prices prices[2] = { config.prices[0], config.prices[0] };

    prices[1].from_at = from_at;
    prices[1].day = date_day(world->arena, from_at);
    prices[1].items = (struct config_price_item *)(void *)arena_copy_bytes(
        world->arena, prices[0].items, prices[0].item_count * sizeof *prices[0].items);
    for (size_t i = 0; i < prices[1].item_count; i++) {
        if (strcmp(prices[1].items[i].item, "nano") == 0)
            prices[1].items[i].millicents = nano;
    }
    config.prices = prices;
    config.price_count = 2;
    world_check(prices_store(world->db, world->arena, &config, now_at), "prices");
}

/* The clock was ahead, so the ledger is, and what is announced may still change. */
static void a_price_that_is_altered_after_all_is_in_the_sums(void **state)
{
    struct world *world = world_open(world_folder("fake:///local"));
    int64_t day_at = MONTH_AT + 9 * A_DAY_S, before;
    const char *vm_id = "ahead";

    (void)state;
    world_check(sql_vm_create(world->db, world->arena, world->team_id, vm_id, &world->person_id,
                              vm_id, "local", "tiny", NULL, "nano", 1, 128, 1, NULL, NULL, "on",
                              NULL, "persistent", NULL, NULL, MONTH_AT),
                "vm");
    assert_int_equal(by_hand(world, "UPDATE team SET created_at = 1793491200"), 0);
    prices_put(world, day_at, 1000, MONTH_AT);
    note_all(world, vm_id, day_at - 3600, 7200);
    note(world, vm_id, "stopped", day_at + 3600);
    world_check(db_commit(world->db, world->arena), "commit");
    ledger_check_tables(world);
    before = cost(world);
    assert_int_equal(before, 100 + 1000);
    prices_put(world, day_at, 700, MONTH_AT + 86400);
    assert_int_equal(cost(world), 100 + 700);
    ledger_check_tables(world);
    ledger_check_month(world, world->arena, world->team_id, MONTH_AT);
    world_close(world);
}

/* The id of a deleted team is used again: what the former one used costs the new one nothing. */
static void sums_end_with_their_team(void **state)
{
    struct world *world = world_open(world_folder("fake:///local"));

    (void)state;
    assert_int_equal(
        by_hand(world, "INSERT INTO team (id, name, created_at) VALUES (77, 'old', 1793491200);"
                       "INSERT INTO ledger VALUES (77, 1793491200, 'v', 1793491200, 1793577600, 0, "
                       "'v', 'running', 'nano', 1, 0);"
                       "INSERT INTO ledger_sum SELECT * FROM ledger_sum_reckoned;"
                       "INSERT INTO ledger_day SELECT * FROM ledger_day_reckoned;"),
        0);
    world->team_id = 77;
    assert_int_equal(cost(world), 24 * 100);
    assert_int_equal(by_hand(world, "PRAGMA foreign_keys=ON; DELETE FROM team WHERE id = 77;"
                                    "INSERT INTO team (id, name, created_at) VALUES (77, 'new', "
                                    "1793577601);"),
                     0);
    assert_int_equal(cost(world), 0);
    assert_int_equal(ledger_check_month(world, world->arena, 77, MONTH_AT), 0);
    world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filled_database_is_summed_up_by_its_migration),
        cmocka_unit_test(an_interval_is_counted_once_however_the_worker_ends),
        cmocka_unit_test(a_price_that_is_altered_after_all_is_in_the_sums),
        cmocka_unit_test(sums_end_with_their_team),
    };

    fake_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
