/*
 * db.c on real files: migration, versions, read-only access, conflicts, waiting for another writer,
 * and that deleted data is erased from the file.
 */
#include "adapter/db.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/limit.h"
#include "person.sql.h"
#include "session.sql.h"
#include "team.sql.h"

#include <pthread.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static char folder[32];
static const char *path;
static int64_t before;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(128 << 20);
    snprintf(folder, sizeof folder, "/tmp/ddb.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    path = arena_printf(arena, "%s/main.db", folder);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm" };

    (void)state;
    for (size_t i = 0; i < 3; i++)
        unlink(arena_printf(arena, "%s%s", path, ends[i]));
    rmdir(folder);
    arena_free(arena);
    return 0;
}

static void good(struct error *e)
{
    if (e)
        fail_msg("%s: %s", error_name(e->kind), e->text);
}

static void bad(struct error *e, enum error_kind kind)
{
    assert_non_null(e);
    if (e->kind != kind)
        fail_msg("%s: %s", error_name(e->kind), e->text);
}

static struct db *opened(enum db_mode mode)
{
    struct db *db = NULL;

    good(db_migrate(arena, &DB_MAIN, path, &before));
    good(db_open(arena, &DB_MAIN, path, mode, &db));
    assert_non_null(db);
    return db;
}

static struct error *add(struct db *db, const char *identity, int64_t *id)
{
    struct person_create_row row = { 0 };
    struct error *e = sql_person_create(db, arena, identity, "a@b", "A", 1, &row);

    if (id)
        *id = row.id;
    return e;
}

static bool has(struct db *db, const char *identity)
{
    struct person_by_identity_row row;
    struct error *e = sql_person_by_identity(db, arena, identity, &row);

    if (e)
        bad(e, ERROR_NOT_FOUND);
    return !e;
}

/* Changes that none of our programs would make to the file. */
static void by_hand(const char *sql)
{
    sqlite3 *sqlite;

    assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
    assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sqlite);
}

/* ---- files and versions ---- */

static void test_migrate_from_nothing(void **state)
{
    struct db *db;

    (void)state;
    before = 99;
    good(db_migrate(arena, &DB_MAIN, path, &before));
    assert_int_equal(before, 0);
    good(db_migrate(arena, &DB_MAIN, path, &before)); /* again: nothing to do */
    assert_int_equal(before, DB_MAIN.version);
    good(db_open(arena, &DB_MAIN, path, DB_READ_WRITE, &db));
    good(add(db, "local:a", NULL));
    db_close(db);
    good(db_migrate(arena, &DB_MAIN, path, &before));
    good(db_open(arena, &DB_MAIN, path, DB_READ_ONLY, &db));
    assert_true(has(db, "local:a"));
    db_close(db);
}

static void test_missing_or_foreign_file(void **state)
{
    struct db *db = NULL;
    struct stat status;
    FILE *file;

    (void)state;
    bad(db_open(arena, &DB_MAIN, path, DB_READ_WRITE, &db), ERROR_INTERNAL);
    bad(db_open(arena, &DB_MAIN, path, DB_READ_ONLY, &db), ERROR_INTERNAL);
    assert_null(db);
    assert_int_not_equal(stat(path, &status), 0); /* opening creates no file */
    bad(db_migrate(arena, &DB_MAIN, "/nonexistent/main.db", &before), ERROR_INTERNAL);
    file = fopen(path, "we");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        assert_true(fputs("This is not a database. ", file) >= 0);
    fclose(file);
    bad(db_open(arena, &DB_MAIN, path, DB_READ_WRITE, &db), ERROR_INTERNAL);
    bad(db_migrate(arena, &DB_MAIN, path, &before), ERROR_INTERNAL);
}

static void test_wrong_version(void **state)
{
    static const char *const versions[] = { "0", "2", "999", "-1", "2147483647" };
    struct db *db = NULL;

    (void)state;
    db_close(opened(DB_READ_WRITE));
    for (size_t i = 0; i < COUNT(versions); i++) {
        struct error *e;

        if (strtoll(versions[i], NULL, 10) == DB_MAIN.version)
            continue;
        by_hand(arena_printf(arena, "PRAGMA user_version=%s", versions[i]));
        for (int mode = DB_READ_ONLY; mode <= DB_READ_WRITE; mode++) {
            e = db_open(arena, &DB_MAIN, path, (enum db_mode)mode, &db);
            bad(e, ERROR_INTERNAL);
            assert_non_null(strstr(e->text, arena_printf(arena, "version %s,", versions[i])));
            assert_non_null(strstr(e->text, "domicile-admin migrate"));
        }
    }
    by_hand("PRAGMA user_version=999");
    bad(db_migrate(arena, &DB_MAIN, path, &before), ERROR_INTERNAL); /* never downgraded */
    /* A migration that fails leaves the version unchanged. */
    by_hand("PRAGMA user_version=0");
    assert_non_null(db_migrate(arena, &DB_MAIN, path, &before));
    assert_int_equal(before, 0);
    bad(db_open(arena, &DB_MAIN, path, DB_READ_WRITE, &db), ERROR_INTERNAL);
}

static void test_failed_statement(void **state)
{
    struct db *db = NULL;
    struct error *e;

    (void)state;
    db_close(opened(DB_READ_WRITE));
    by_hand("ALTER TABLE person RENAME COLUMN email TO mail");
    good(db_open(arena, &DB_MAIN, path, DB_READ_WRITE, &db));
    for (int i = 0; i < 2; i++) { /* prepared at its first use, and again at the next */
        e = add(db, "local:a", NULL);
        bad(e, ERROR_INTERNAL);
        assert_non_null(strstr(e->text, "email"));
    }
    db_close(db);
}

/* ---- what may be written ---- */

static void test_read_only(void **state)
{
    struct db *writer = opened(DB_READ_WRITE), *reader = opened(DB_READ_ONLY);

    (void)state;
    good(add(writer, "local:a", NULL));
    assert_true(has(reader, "local:a"));
    assert_non_null(add(reader, "local:b", NULL));
    db_begin(reader, arena); /* SQLite begins, and refuses the write */
    assert_non_null(add(reader, "local:b", NULL));
    db_rollback(reader);
    db_query_only(reader, false); /* cannot be turned off */
    assert_non_null(add(reader, "local:b", NULL));
    good(db_read(reader, arena));
    assert_true(has(reader, "local:a"));
    good(db_commit(reader, arena));
    assert_false(has(reader, "local:b"));
    db_close(reader);
    db_close(writer);
}

static void test_query_only(void **state)
{
    struct db *db = opened(DB_READ_WRITE);
    int64_t id;

    (void)state;
    good(add(db, "local:a", &id));
    db_query_only(db, true);
    assert_non_null(add(db, "local:b", NULL));
    assert_non_null(sql_person_rename(db, arena, id, "B"));
    assert_true(has(db, "local:a"));
    db_query_only(db, false);
    good(add(db, "local:b", NULL));
    db_close(db);
}

static void test_conflicts(void **state)
{
    struct db *db = opened(DB_READ_WRITE);
    struct team_create_row team;
    struct error *e;
    int64_t id;

    (void)state;
    good(add(db, "local:canary", &id));
    e = add(db, "local:canary", NULL);
    bad(e, ERROR_CONFLICT); /* UNIQUE */
    assert_null(strstr(e->text, "canary"));
    good(sql_team_create(db, arena, "T", &id, NULL, 1, &team));
    bad(sql_team_join(db, arena, team.id, id, "king", 1), ERROR_CONFLICT);     /* CHECK */
    bad(sql_team_join(db, arena, team.id, 12345, "owner", 1), ERROR_CONFLICT); /* foreign key */
    bad(sql_team_create(db, arena, "T", &id, NULL, 1, &team),
        ERROR_CONFLICT); /* one personal team */
    good(sql_team_join(db, arena, team.id, id, "owner", 1));
    good(add(db, "local:b", NULL)); /* the statement is reusable */
    db_close(db);
}

static void test_change_count(void **state)
{
    struct db *db = opened(DB_READ_WRITE);
    struct person_get_row row;
    struct error *e;
    int64_t id;

    (void)state;
    good(add(db, "local:a", &id));
    good(sql_person_rename(db, arena, id, "B"));
    assert_int_equal(db_changes(db), 1);
    good(sql_person_get(db, arena, id, &row));
    assert_string_equal(row.name, "B");
    e = sql_person_rename(db, arena, id + 1, "C");
    bad(e, ERROR_NOT_FOUND);
    assert_string_equal(e->text, "person_rename: no such row");
    assert_int_equal(db_changes(db), 0);
    e = sql_person_get(db, arena, id + 1, &row);
    bad(e, ERROR_NOT_FOUND);
    assert_string_equal(e->text, "person_get: no such row");
    db_close(db);
}

static void test_texts_and_bytes(void **state)
{
    struct db *db = opened(DB_READ_WRITE);
    struct bytes hash = { "\0\1\xff\0", 4 }, secret = { "", 0 };
    struct session_get_row row;

    (void)state;
    /* Quotes are ordinary characters; empty is not NULL. */
    good(sql_session_create(db, arena, hash, "x'; DROP TABLE session; --", NULL, NULL, secret, "\"",
                            "", 0, 1, 100, 100));
    good(sql_session_get(db, arena, hash, 2, &row));
    assert_string_equal(row.handle, "x'; DROP TABLE session; --");
    assert_int_equal(row.id_hash.length, 4);
    assert_memory_equal(row.id_hash.bytes, "\0\1\xff\0", 4);
    assert_int_equal(row.csrf_secret.length, 0);
    assert_non_null(row.csrf_secret.bytes);
    assert_null(row.workos_state_hash.bytes);
    assert_null(row.notice);
    assert_string_equal(row.workos_session_id, "");
    assert_int_equal(row.person_id, 0);
    bad(sql_session_get(db, arena, (struct bytes){ "\0\1\xff", 3 }, 2, &row), ERROR_NOT_FOUND);
    db_close(db);
}

/* ---- transactions ---- */

static void test_rollback(void **state)
{
    struct db *db = opened(DB_READ_WRITE);

    (void)state;
    db_rollback(db); /* no-op without a transaction */
    good(db_begin(db, arena));
    good(add(db, "local:a", NULL));
    assert_true(has(db, "local:a"));
    db_rollback(db);
    assert_false(has(db, "local:a"));
    good(db_begin(db, arena));
    good(add(db, "local:a", NULL));
    bad(add(db, "local:a", NULL), ERROR_CONFLICT); /* the rest of the transaction is kept */
    good(db_commit(db, arena));
    db_rollback(db);
    assert_true(has(db, "local:a"));
    assert_non_null(db_commit(db, arena)); /* none is open */
    good(db_begin(db, arena));
    assert_non_null(db_begin(db, arena)); /* no nesting */
    db_rollback(db);
    /* Closing without a commit rolls back. */
    good(db_begin(db, arena));
    good(add(db, "local:b", NULL));
    db_close(db);
    db = opened(DB_READ_ONLY);
    assert_false(has(db, "local:b"));
    db_close(db);
}

static void test_snapshot_isolation(void **state)
{
    struct db *writer = opened(DB_READ_WRITE), *reader = opened(DB_READ_ONLY);

    (void)state;
    good(db_read(reader, arena));
    assert_false(has(reader, "local:a"));
    good(add(writer, "local:a", NULL)); /* a reader does not block it */
    assert_false(has(reader, "local:a"));
    good(db_commit(reader, arena));
    assert_true(has(reader, "local:a"));
    db_close(reader);
    db_close(writer);
}

/* Also before the first statement of a transaction. */
static void test_data_version(void **state)
{
    struct db *writer = opened(DB_READ_WRITE), *reader = opened(DB_READ_ONLY);
    int64_t first = db_data_version(reader), second;

    (void)state;
    good(add(writer, "local:a", NULL));
    good(db_read(reader, arena));
    second = db_data_version(reader);
    assert_int_not_equal(second, first);
    good(add(writer, "local:b", NULL));
    assert_int_equal(db_data_version(reader), second);
    assert_false(has(reader, "local:b"));
    db_rollback(reader);
    assert_int_not_equal(db_data_version(reader), second);
    db_close(reader);
    db_close(writer);
}

static void *begin_apart(void *user)
{
    struct arena *apart = arena_new(1 << 20);
    struct error *e = db_begin(user, apart);

    arena_free(apart);
    return e ? NULL : user;
}

static void test_another_writer(void **state)
{
    struct db *one = opened(DB_READ_WRITE), *two = opened(DB_READ_WRITE);
    pthread_t waiting;
    void *begun;

    (void)state;
    good(db_begin(one, arena));
    good(add(one, "local:a", NULL));
    bad(db_begin(two, arena), ERROR_UNAVAILABLE); /* not forever */
    assert_false(has(two, "local:a"));            /* reading still works */
    /* It waits for a while: a second writer proceeds once the first has ended. */
    assert_int_equal(pthread_create(&waiting, NULL, begin_apart, two), 0);
    usleep(20000);
    good(db_commit(one, arena));
    assert_int_equal(pthread_join(waiting, &begun), 0);
    assert_ptr_equal(begun, two);
    good(add(two, "local:b", NULL));
    good(db_commit(two, arena));
    db_close(two);
    db_close(one);
}

/* ---- what the pragmas guarantee ---- */

static bool file_holds(const char *file_path, const char *needle)
{
    enum { MOST = 4 << 20 };
    FILE *file = fopen(file_path, "re");
    char *bytes = arena_alloc(arena, MOST);
    size_t length;

    if (!file)
        return false;
    length = fread(bytes, 1, MOST, file);
    fclose(file);
    return memmem(bytes, length, needle, strlen(needle)) != NULL;
}

static void test_deleted_data_is_erased(void **state)
{
    static const char canary[] = "canary-of-a-deleted-session";
    struct bytes hash = { "0123456789abcdef", 16 };
    struct db *db = opened(DB_READ_WRITE);

    (void)state;
    good(sql_session_create(db, arena, hash, "handle", NULL, NULL, hash, canary, NULL, 0, 1, 2, 2));
    db_close(db); /* the last connection checkpoints the write-ahead log */
    assert_true(file_holds(path, canary));
    db = opened(DB_READ_WRITE);
    good(sql_session_delete(db, arena, hash));
    db_close(db);
    assert_false(file_holds(path, canary));
    assert_false(file_holds(arena_printf(arena, "%s-wal", path), canary));
}

static bool any_file_holds(const char *needle)
{
    return file_holds(path, needle) || file_holds(arena_printf(arena, "%s-wal", path), needle) ||
           file_holds(arena_printf(arena, "%s-shm", path), needle);
}

/* While other connections are open, as they always are on a server. */
static void test_deleted_data_leaves_the_log(void **state)
{
    static const char canary[] = "canary-of-a-deleted-session";
    struct bytes hash = { "0123456789abcdef", 16 };
    struct db *db = opened(DB_READ_WRITE), *other = opened(DB_READ_WRITE);

    (void)state;
    good(sql_session_create(db, arena, hash, "handle", NULL, NULL, hash, canary, NULL, 0, 1, 2, 2));
    good(sql_session_delete(db, arena, hash));
    assert_true(any_file_holds(canary));
    good(db_log_empty(other, arena, NULL));
    assert_false(any_file_holds(canary));
    good(db_log_empty(other, arena, NULL)); /* nothing to do */
    db_close(other);
    db_close(db);
}

static void test_a_reader_only_delays_it(void **state)
{
    static const char canary[] = "canary-of-a-deleted-session";
    struct bytes hash = { "0123456789abcdef", 16 };
    struct db *db = opened(DB_READ_WRITE), *reader = opened(DB_READ_ONLY);

    (void)state;
    good(sql_session_create(db, arena, hash, "handle", NULL, NULL, hash, canary, NULL, 0, 1, 2, 2));
    good(db_read(reader, arena));
    assert_false(has(reader, "local:a"));
    good(sql_session_delete(db, arena, hash));
    good(db_log_empty(db, arena, NULL));
    assert_true(any_file_holds(canary)); /* the reader still sees it */
    good(add(db, "local:b", NULL));      /* and writers go on */
    good(db_commit(reader, arena));
    good(db_log_empty(db, arena, NULL));
    assert_false(any_file_holds(canary));
    db_close(reader);
    db_close(db);
}

/* A text that names its row, of a length that moves others from page to page. */
static const char *marked(unsigned number)
{
    static const int lengths[] = { 5, 20, 100, 300, 1500, 6000 };

    return arena_printf(arena, "mark%06uend%0*d", number, lengths[number * 7 % 6], 0);
}

/* How many marks the database file holds that are none of these numbers. */
static size_t marks_of_others(const unsigned *numbers, size_t count)
{
    enum { MOST = 16 << 20 };
    FILE *file = fopen(path, "re");
    char *bytes = arena_alloc(arena, MOST), *at = bytes;
    size_t length = fread(bytes, 1, MOST, file), others = 0;

    fclose(file);
    while ((at = memmem(at, (size_t)(bytes + length - at), "mark", 4))) {
        unsigned number = (unsigned)strtoul(at += 4, NULL, 10);
        size_t i = 0;

        while (i < count && numbers[i] != number)
            i++;
        others += i == count;
    }
    return others;
}

/*
 * Rows are written and deleted until pages have been split and merged many times. SQLite alone
 * leaves copies of a few.
 */
static void test_compacting_erases_copies(void **state)
{
    enum { ROWS = 2000, TURNS = 12000 };
    unsigned numbers[ROWS] = { 0 }, random = 1;
    struct db *db = opened(DB_READ_WRITE), *other = opened(DB_READ_WRITE);

    (void)state;
    good(db_begin(db, arena));
    for (unsigned turn = 1; turn <= TURNS; turn++) {
        unsigned row = (random = random * 1103515245 + 12345) / 65536 % ROWS;
        unsigned key = row * 2654435761u; /* keys far apart */
        struct bytes hash = { &key, sizeof key };

        if (numbers[row] && random & 1) {
            good(sql_session_delete(db, arena, hash));
            numbers[row] = 0;
            continue;
        }
        if (!numbers[row])
            good(sql_session_create(db, arena, hash, arena_printf(arena, "%u", key), NULL, NULL,
                                    hash, "", NULL, 0, 1, 2, 2));
        good(sql_session_set_notice(db, arena, hash, marked(turn)));
        numbers[row] = turn;
    }
    good(db_commit(db, arena));
    good(db_compact(db, arena));
    good(db_log_empty(db, arena, NULL));
    assert_int_equal(marks_of_others(numbers, ROWS), 0);
    db_close(other);
    db_close(db);
}

static void test_crafted_trigger_does_not_run(void **state)
{
    struct db *db;

    (void)state;
    db_close(opened(DB_READ_WRITE));
    by_hand("CREATE TRIGGER evil AFTER INSERT ON person BEGIN DELETE FROM person; END");
    db = opened(DB_READ_WRITE);
    good(add(db, "local:a", NULL));
    assert_true(has(db, "local:a"));
    db_close(db);
}

static void test_grow(void **state)
{
    int64_t *rows = NULL;
    size_t capacity = 0;

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        rows = array_grow(arena, rows, i, &capacity, sizeof *rows);
        assert_true(capacity > i);
        rows[i] = (int64_t)i;
    }
    for (size_t i = 0; i < 1000; i++)
        assert_true(rows[i] == (int64_t)i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_migrate_from_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_or_foreign_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed_statement, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_query_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_conflicts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_change_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_texts_and_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rollback, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_snapshot_isolation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_data_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_writer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deleted_data_is_erased, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deleted_data_leaves_the_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_reader_only_delays_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_compacting_erases_copies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_crafted_trigger_does_not_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_grow, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
