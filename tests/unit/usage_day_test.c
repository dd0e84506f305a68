/* Quarters of an hour in rows of a day: what is read is what was put there, by whichever way. */
#include "base/clock.h"
#include "base/limit.h"
#include "model/state_path.h"
#include "model/usage_day.h"
#include "usage_day.sql.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY_AT 1900022400 /* a midnight */

static void by_hand(struct world *world, const char *statements)
{
    const char *path = main_db_path(world->arena, world->state_dir);

    assert_int_equal(
        system(arena_printf(world->arena, "sqlite3 -bail '%s' \"%s\"", path, statements)), 0);
}

/* As it was before the days. */
static struct db_schema older_schema(void)
{
    struct db_schema older = DB_MAIN;

    older.version = 0;
    while (!strstr(DB_MAIN.migrations[older.version].file, "_usage_day.sql"))
        older.version++;
    return older;
}

static struct usage_minute_points_rows quarters_of(struct world *world, int64_t since_at,
                                                   int64_t until_at)
{
    struct usage_minute_points_rows rows;

    world_check(usage_day_read(world->db, world->arena, 1, "vm", since_at, until_at, &rows),
                "quarters");
    return rows;
}

/* With numbers from none to the largest that are shown, and gaps. */
static void a_filled_database_keeps_its_quarters(void **state)
{
    const struct db_schema older = older_schema();
    struct world world = { .arena = arena_new(64 * 1024 * 1024) };
    struct usage_minute_points_rows rows;
    int64_t before;

    (void)state;
    world.state_dir = world_folder("fake:///local");
    world_check(state_folders_make(world.arena, world.state_dir), "folders");
    world_check(
        db_migrate(world.arena, &older, main_db_path(world.arena, world.state_dir), &before),
        "older");
    by_hand(&world,
            "INSERT INTO team (id, name, created_at) VALUES (1, 'a', 1);"
            "INSERT INTO vm (team_id, created_at, id, name, region, image, size, vcpus, memory_mb, "
            "disk_gb, wanted, wanted_at, state, state_at, observed, observed_at) VALUES (1, 1, "
            "'vm', 'vm', 'local', 'tiny', 'nano', 1, 1, 1, 'running', 1, 'running', 1, 'running', "
            "1);"
            "INSERT INTO usage_quarter VALUES "
            "(1, 'vm', 1900022400 - 900, 1, 0, 0, NULL, 0, 0, 0, NULL, NULL),"
            "(1, 'vm', 1900022400, 15, 123456789, 12345678, 77, 9999999999999999, 1, 10000000, "
            "100000000, 1234567890123456),"
            "(1, 'vm', 1900022400 + 1800, 2, 3, 4, 5, 6, 7, 8, 9, 10);");
    world_check(
        db_migrate(world.arena, &DB_MAIN, main_db_path(world.arena, world.state_dir), &before),
        "migrate");
    world_check(db_open(world.arena, &DB_MAIN, main_db_path(world.arena, world.state_dir),
                        DB_READ_WRITE, &world.db),
                "open");
    rows = quarters_of(&world, DAY_AT - LIMIT_QUARTER_S, DAY_AT + A_DAY_S);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.row[0].from_at, DAY_AT - LIMIT_QUARTER_S);
    assert_int_equal(rows.row[0].minutes, 1);
    assert_int_equal(rows.row[0].memory_mb, 0);
    assert_int_equal(rows.row[1].from_at, DAY_AT);
    assert_int_equal(rows.row[1].minutes, 15);
    assert_int_equal(rows.row[1].cpu_ms, 123456789);
    assert_int_equal(rows.row[1].cpu_most_ms, 12345678);
    assert_int_equal(rows.row[1].memory_mb, 77);
    assert_int_equal(rows.row[1].disk_bytes, 9999999999999999);
    assert_int_equal(rows.row[1].read_bytes, 1);
    assert_int_equal(rows.row[1].written_bytes, 10000000);
    assert_int_equal(rows.row[1].received_bytes, 100000000);
    assert_int_equal(rows.row[1].sent_bytes, 1234567890123456);
    assert_int_equal(rows.row[2].from_at, DAY_AT + 2 * LIMIT_QUARTER_S);
    assert_int_equal(rows.row[2].sent_bytes, 10);

    /* Spans end where they should, within a day and between two. */
    assert_int_equal(quarters_of(&world, DAY_AT, DAY_AT + 2 * LIMIT_QUARTER_S).count, 1);
    assert_int_equal(quarters_of(&world, DAY_AT - A_DAY_S, DAY_AT).count, 1);
    assert_int_equal(quarters_of(&world, DAY_AT + LIMIT_QUARTER_S, DAY_AT + A_DAY_S).count, 1);
    assert_int_equal(quarters_of(&world, DAY_AT + A_DAY_S, DAY_AT + 9 * A_DAY_S).count, 0);

    /* Put again, one replaces itself and leaves its neighbours. */
    by_hand(&world, "INSERT INTO usage_minute VALUES (1, 'vm', 1900022400 + 60, 1, NULL, 4, 5, 6, "
                    "NULL, NULL), (1, 'vm', 1900022400 + 120, 9, NULL, 3, 5, 6, NULL, NULL)");
    world_check(sql_usage_day_put(world.db, world.arena, DAY_AT, DAY_AT + LIMIT_QUARTER_S), "put");
    rows = quarters_of(&world, DAY_AT - LIMIT_QUARTER_S, DAY_AT + A_DAY_S);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.row[1].minutes, 2);
    assert_int_equal(rows.row[1].cpu_ms, 10);
    assert_int_equal(rows.row[1].cpu_most_ms, 9);
    assert_int_equal(rows.row[1].sent_bytes, 0);
    assert_int_equal(rows.row[2].cpu_ms, 3);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filled_database_keeps_its_quarters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
