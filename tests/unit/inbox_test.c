/*
 * The inbox's statements on a real file: what is fresh is found behind what was settled last, in
 * order of arrival.
 */
#include "adapter/db.h"
#include "base/array.h"
#include "inbox.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static char folder[32];
static const char *path;
static struct db *db;

static void good(struct error *e)
{
    if (e)
        fail_msg("%s: %s", error_name(e->kind), e->text);
}

static int set_up(void **state)
{
    int64_t before;

    (void)state;
    arena = arena_new(16 << 20);
    snprintf(folder, sizeof folder, "/tmp/dib.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    path = arena_printf(arena, "%s/inbox.db", folder);
    good(db_migrate(arena, &DB_INBOX, path, &before));
    good(db_open(arena, &DB_INBOX, path, DB_READ_WRITE, &db));
    return 0;
}

static int tear_down(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm" };

    (void)state;
    db_close(db);
    for (size_t i = 0; i < COUNT(ends); i++)
        unlink(arena_printf(arena, "%s%s", path, ends[i]));
    rmdir(folder);
    arena_free(arena);
    return 0;
}

static void add(const char *source, const char *id)
{
    good(db_begin(db, arena));
    good(sql_inbox_add(db, arena, source, id, "type", 1000, (struct bytes){ "{}", 2 }));
    good(db_commit(db, arena));
}

static void settle(const char *id)
{
    struct inbox_get_row row;

    good(sql_inbox_get(db, arena, "stripe", id, &row));
    good(db_begin(db, arena));
    good(sql_inbox_settle(db, arena, row.position, false));
    good(db_commit(db, arena));
}

/* The ids of at most `max` of Stripe's that are fresh, one after the other. */
static void assert_fresh(int64_t max, const char *ids)
{
    struct inbox_fresh_rows fresh;
    const char *found = "";

    good(sql_inbox_fresh(db, arena, "stripe", max, &fresh));
    for (size_t i = 0; i < fresh.count; i++)
        found = arena_printf(arena, "%s%s", found, fresh.row[i].id);
    assert_string_equal(found, ids);
}

static void what_is_not_settled_is_fresh(void **state)
{
    (void)state;
    assert_fresh(10, "");
    add("stripe", "a");
    add("stripe", "b");
    add("stripe", "c");
    add("stripe", "a"); /* again */
    assert_fresh(10, "abc");
    assert_fresh(2, "ab");
    settle("a");
    settle("b");
    assert_fresh(10, "c");
    settle("a"); /* one that was tried again */
    assert_fresh(10, "c");
    settle("c");
    assert_fresh(10, "");
    add("stripe", "d");
    assert_fresh(10, "d");
}

static void another_source_is_nobodys_and_in_nobodys_way(void **state)
{
    (void)state;
    add("stripe", "a");
    add("workos", "x");
    add("stripe", "b");
    assert_fresh(10, "ab");
    settle("a");
    settle("b");
    add("workos", "y");
    add("stripe", "c");
    assert_fresh(10, "c");
}

static void what_is_deleted_leaves_the_fresh(void **state)
{
    (void)state;
    add("stripe", "a");
    add("stripe", "b");
    settle("a");
    good(db_begin(db, arena));
    good(sql_inbox_delete_old(db, arena, 2000, 100));
    good(db_commit(db, arena));
    assert_fresh(10, "b");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_settled_is_fresh),
        TEST(another_source_is_nobodys_and_in_nobodys_way),
        TEST(what_is_deleted_leaves_the_fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
