/*
 * Copies of people's data: every exported column of every table is in one and no other is, a killed
 * worker leaves nothing half, and files go when they expire. python3 reads the ZIP.
 */
#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limit.h"
#include "child.h"
#include "drain.h"
#include "export.sql.h"
#include "model/export.h"
#include "model/inventory.h"
#include "model/state_path.h"
#include "worker/export.h"
#include "world.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct test {
    struct world *world;
    struct worker_context *context;
};

static int set_up(void **state)
{
    static struct test test;

    test.world = world_open(world_folder("fake:///local"));
    test.context = drain_bench(test.world);
    *state = &test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;

    worker_context_close(test->context);
    world_close(test->world);
    return 0;
}

static int run(const char *const *arguments)
{
    static char out[1 << 16];
    int status = child_run(arguments, out, sizeof out);

    if (status)
        print_message("%s", out);
    return status;
}

/* By hand, also what the schema's checks refuse. */
static void sql(struct world *world, const char *statements)
{
    const char *arguments[] = {
        "sqlite3", "-bail", main_db_path(world->arena, world->state_dir),
        arena_printf(world->arena, "PRAGMA ignore_check_constraints = ON; %s", statements), NULL
    };

    assert_int_equal(run(arguments), 0);
}

/* At that time; returns until when it is refused. */
static int64_t request_at(struct world *world, int64_t person_id, int64_t now_ms)
{
    const struct context context = context_at(world->db, world->arena, world->config, now_ms);
    int64_t refused_until;

    world_check(db_begin(world->db, world->arena), "begin");
    world_check(export_request(&context, person_id, 0, &refused_until), "request");
    world_check(db_commit(world->db, world->arena), "commit");
    return refused_until;
}

static void request(struct world *world, int64_t person_id)
{
    assert_int_equal(request_at(world, person_id, clock_now_ms()), 0);
}

static struct export_latest_row latest(struct world *world, int64_t person_id)
{
    struct export_latest_row row;

    world_check(sql_export_latest(world->db, world->arena, person_id, clock_now(), &row), "latest");
    return row;
}

static int work(struct test *test)
{
    bool has_one = true;
    int made = 0;

    while (has_one) {
        world_check(export_work(test->context, &has_one), "work");
        made += has_one;
    }
    return made;
}

/* The copy's files, unpacked. */
static const char *unpack(struct world *world, const char *id)
{
    const char *to = arena_printf(world->arena, "%s/unpacked", world->state_dir);
    const char *arguments[] = {
        "python3", "-m", "zipfile", "-e", export_path(world->arena, world->state_dir, id), to, NULL
    };

    assert_int_equal(run(arguments), 0);
    return to;
}

static const char *file_read(struct arena *arena, const char *path)
{
    char *bytes = arena_alloc(arena, 1 << 16);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    bytes[fread(bytes, 1, (1 << 16) - 1, file)] = '\0';
    fclose(file);
    return bytes;
}

static size_t files_count(struct world *world)
{
    DIR *folder = opendir(export_folder(world->arena, world->state_dir));
    size_t count = 0;

    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += *entry->d_name != '.';
    closedir(folder);
    return count;
}

/* ---- a row in every table, with a value of its own in every column ---- */

enum { FIRST_MARK = 700000000 };

static const char *mark(struct arena *arena, size_t column)
{
    return arena_printf(arena, "%zu", FIRST_MARK + column);
}

/* Its owner is the person, or the person's team. */
static const char *value(struct test *test, const struct inventory_table *table, size_t at)
{
    const struct inventory_column *column = &INVENTORY_MAIN.columns[at];
    struct arena *arena = test->world->arena;
    bool is_key = strcmp(column->column, table->key) == 0;

    if (is_key && table->owner == INVENTORY_ADDRESS)
        return "'whose@example.org'";
    if (is_key || strcmp(column->column, "person_id") == 0)
        return arena_printf(arena, "%lld",
                            (long long)(is_key && table->owner == INVENTORY_TEAM
                                            ? test->world->team_id
                                            : test->world->person_id));
    if (strcmp(column->type, "BLOB") == 0)
        return arena_printf(arena, "CAST('%s' AS BLOB)", mark(arena, at));
    return arena_printf(arena, strcmp(column->type, "TEXT") == 0 ? "'%s'" : "%s", mark(arena, at));
}

/* SQLite computes it. */
static bool is_generated(const struct inventory_column *column)
{
    return strcmp(column->column, "owner_id") == 0;
}

static const char *row_insert(struct test *test, const struct inventory_table *table)
{
    struct buf names = { .arena = test->world->arena }, values = names;

    for (size_t i = 0; i < INVENTORY_MAIN.count; i++) {
        if (strcmp(INVENTORY_MAIN.columns[i].table, table->name) != 0 ||
            is_generated(&INVENTORY_MAIN.columns[i]))
            continue;
        buf_printf(&names, "%s%s", names.length ? ", " : "", INVENTORY_MAIN.columns[i].column);
        buf_printf(&values, "%s%s", values.length ? ", " : "", value(test, table, i));
    }
    return arena_printf(test->world->arena, "INSERT OR REPLACE INTO %s (%s) VALUES (%s);",
                        table->name, names.bytes, values.bytes);
}

/* Membership stays as it is: by it the team is the person's. */
static void fill(struct test *test)
{
    struct buf statements = { .arena = test->world->arena };

    for (size_t i = 0; i < INVENTORY_MAIN.table_count; i++) {
        const struct inventory_table *table = &INVENTORY_MAIN.tables[i];
        if (strcmp(table->name, "membership") != 0)
            buf_text(&statements, row_insert(test, table));
    }
    buf_text(&statements, "UPDATE person SET email = 'whose@example.org';");
    sql(test->world, statements.bytes);
}

static bool is_filled(const struct inventory_column *column, const struct inventory_table *table)
{
    return strcmp(column->table, table->name) == 0 && strcmp(column->column, table->key) != 0 &&
           strcmp(column->column, "person_id") != 0 && strcmp(table->name, "membership") != 0 &&
           strcmp(column->column, "email") != 0 && !is_generated(column);
}

static const char *base16(struct arena *arena, const char *text)
{
    struct buf out = { .arena = arena };

    while (*text)
        buf_printf(&out, "%x", *text++);
    return out.bytes;
}

/* Of one table: what is exported is in its file. The others' marks go to `withheld`. */
static void check_table(struct test *test, const char *folder, const struct inventory_table *table,
                        FILE *withheld)
{
    static const char *const folders[] = { "team-1", "person", "person" };
    struct arena *arena = test->world->arena;
    const char *path =
        arena_printf(arena, "%s/%s/%s.json", folder, folders[table->owner], table->name);

    for (size_t i = 0; i < INVENTORY_MAIN.count; i++) {
        const struct inventory_column *column = &INVENTORY_MAIN.columns[i];
        const char *text = mark(arena, i);

        if (!is_filled(column, table))
            continue;
        if (strcmp(column->on_export, "export") != 0) {
            fprintf(withheld, "%s\n", text);
            continue;
        }
        if (strcmp(column->type, "TEXT") == 0)
            text = arena_printf(arena, "\"%s\"", text);
        else if (strcmp(column->type, "BLOB") == 0)
            text = arena_printf(arena, "\"%s\"", base16(arena, text));
        assert_non_null(
            strstr(file_read(arena, path), arena_printf(arena, "\"%s\":%s", column->column, text)));
    }
}

static void every_exported_column_is_in_it_and_no_other(void **state)
{
    struct test *test = *state;
    struct arena *arena = test->world->arena;
    const char *patterns = arena_printf(arena, "%s/patterns", test->world->state_dir);
    const char *folder;
    FILE *withheld = fopen(patterns, "w");

    assert_non_null(withheld);
    request(test->world, test->world->person_id);
    fill(test);
    assert_int_equal(work(test), 1);
    assert_string_equal(latest(test->world, test->world->person_id).state, "ready");
    folder = unpack(test->world, latest(test->world, test->world->person_id).id);
    for (size_t i = 0; i < INVENTORY_MAIN.table_count; i++)
        check_table(test, folder, &INVENTORY_MAIN.tables[i], withheld);
    fclose(withheld);
    {
        const char *search[] = { "grep", "-rF", "-f", patterns, folder, NULL };
        assert_int_equal(run(search), 1); /* nothing is found */
    }
}

/* ---- others' teams ---- */

static void of_other_teams_only_what_the_person_did(void **state)
{
    struct test *test = *state;
    const char *folder, *activity;

    sql(test->world,
        arena_printf(
            test->world->arena,
            "INSERT INTO team (id, name, created_at) VALUES (50, 'theirs', 1);"
            "INSERT INTO membership (team_id, person_id, role, created_at)"
            " VALUES (50, %lld, 'member', 1);"
            "INSERT INTO activity (team_id, at_ms, id, action, what, actor, person_id, result)"
            " VALUES (50, 1, 'a', 'x', 'did', 'person', %lld, 'done'),"
            " (50, 2, 'b', 'x', 'others', 'person', 99, 'done'),"
            " (0, 4, 'd', 'x', 'admins', 'operator', %lld, 'done'),"
            " (%lld, 3, 'c', 'x', 'own', 'person', %lld, 'done')",
            (long long)test->world->person_id, (long long)test->world->person_id,
            (long long)test->world->person_id, (long long)test->world->team_id,
            (long long)test->world->person_id));
    request(test->world, test->world->person_id);
    assert_int_equal(work(test), 1);
    folder = unpack(test->world, latest(test->world, test->world->person_id).id);
    activity = file_read(test->world->arena,
                         arena_printf(test->world->arena, "%s/other-teams/activity.json", folder));
    assert_non_null(strstr(activity, "\"did\""));
    assert_null(strstr(activity, "\"others\""));
    assert_null(strstr(activity, "\"own\""));
    assert_null(strstr(activity, "\"admins\""));
    activity = file_read(test->world->arena,
                         arena_printf(test->world->arena, "%s/about-you/activity.json", folder));
    assert_non_null(strstr(activity, "\"what\":\"admins\""));
    assert_non_null(strstr(activity, "\"actor\":\"operator\""));
    assert_null(strstr(activity, "\"did\""));
    assert_non_null(
        strstr(file_read(test->world->arena,
                         arena_printf(test->world->arena, "%s/team-1/activity.json", folder)),
               "\"own\""));
    assert_int_not_equal(access(arena_printf(test->world->arena, "%s/team-2", folder), F_OK), 0);
}

/* ---- what went to whom ---- */

static void mails_to_the_person_are_told_without_an_address(void **state)
{
    struct test *test = *state;
    struct arena *arena = test->world->arena;
    const char *folder, *readme;

    sql(test->world,
        "UPDATE person SET email = 'whose@example.org';"
        "INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at, sent_at)"
        " VALUES ('a', 'suspended', 'whose@example.org', 'a', 'sent', 2, 1, 1, 2),"
        " ('b', 'suspended', 'whose@example.org', 'b', 'sent', 1, 1, 1, 2),"
        " ('c', 'suspended', 'whose@example.org', 'c', 'queued', 0, 1, 1, NULL),"
        " ('d', 'suspended', 'other@example.org', 'd', 'sent', 1, 1, 1, 2);"
        "INSERT INTO outbound (day_at, host, purpose, fields, was_listed, transfers, answered,"
        " sent_bytes, received_bytes, first_at, last_at)"
        " VALUES (0, 'smtp.example.net', 'mail', 'recipient, text', 1, 4, 4, 9, 9, 1, 2)");
    request(test->world, test->world->person_id);
    assert_int_equal(work(test), 1);
    folder = unpack(test->world, latest(test->world, test->world->person_id).id);
    readme = file_read(arena, arena_printf(arena, "%s/README.html", folder));
    assert_non_null(strstr(readme, "<td>Emails to you</td><td>smtp.example.net</td><td>mail</td>"
                                   "<td>recipient, text</td><td>3</td>"));
    assert_null(strstr(readme, "other@example.org"));
}

/* ---- killed, twice, expired ---- */

static void many_activities(struct world *world)
{
    sql(world, arena_printf(world->arena,
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
                            "i < 6000) INSERT INTO activity (team_id, at_ms, id, action, what, "
                            "detail, actor, result) SELECT %lld, i, 'a' || i, 'x', 'start', "
                            "hex(randomblob(40)), 'system', 'done' FROM n",
                            (long long)world->team_id));
}

/* A child is killed by the kernel where the file reaches that size. */
static void child_is_killed_at(struct test *test, rlim_t bytes)
{
    int status;
    pid_t child;

    worker_context_close(test->context);
    db_close(test->world->db);
    child = fork();
    if (child == 0) {
        const struct rlimit most = { bytes, bytes }, none = { 0, 0 };
        bool has_one;

        setrlimit(RLIMIT_CORE, &none);
        signal(SIGXFSZ, SIG_DFL);
        test->context = drain_bench(test->world);
        setrlimit(RLIMIT_FSIZE, &most);
        export_work(test->context, &has_one);
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    world_check(db_open(test->world->arena, &DB_MAIN,
                        main_db_path(test->world->arena, test->world->state_dir), DB_READ_WRITE,
                        &test->world->db),
                "open");
    test->context = drain_bench(test->world);
}

static void a_killed_worker_makes_it_again(void **state)
{
    static const rlim_t sizes[] = { 40 * 1024, 100 * 1024, 160 * 1024, 240 * 1024 };
    struct test *test = *state;
    struct context context;

    many_activities(test->world);
    world_check(db_log_empty(test->world->db, test->world->arena, NULL), "log");
    for (size_t i = 0; i < COUNT(sizes); i++) {
        request(test->world, test->world->person_id);
        world_check(db_log_empty(test->world->db, test->world->arena, NULL), "log");
        child_is_killed_at(test, sizes[i]);
        world_check(sql_export_recover(test->world->db, test->world->arena), "recover");
        assert_int_equal(work(test), 1);
        context = world_context(test->world);
        world_check(export_files_remove(&context), "files");
        assert_int_equal(files_count(test->world), 1);
        unpack(test->world, latest(test->world, test->world->person_id).id);
    }
}

static void two_requests_of_one_person_are_one_copy(void **state)
{
    struct test *test = *state;
    const char *first;

    sql(test->world,
        "INSERT INTO person (id, identity, email, name, created_at) VALUES"
        " (50, 'local:b', 'b', 'B', 1);"
        "INSERT INTO team (id, name, personal_of, created_at) VALUES (50, 'B', 50, 1)");
    request(test->world, test->world->person_id);
    first = latest(test->world, test->world->person_id).id;
    request(test->world, test->world->person_id);
    request(test->world, 50);
    assert_string_equal(latest(test->world, test->world->person_id).id, first);
    assert_int_equal(work(test), 2);
    assert_string_equal(latest(test->world, test->world->person_id).state, "ready");
    assert_string_equal(latest(test->world, 50).state, "ready");
    assert_int_equal(files_count(test->world), 2);
}

static void files_go_with_their_copy(void **state)
{
    struct test *test = *state;
    struct context context;
    const char *first;
    struct stat status;

    request(test->world, test->world->person_id);
    assert_int_equal(work(test), 1);
    first = latest(test->world, test->world->person_id).id;
    context = world_context(test->world);
    world_check(export_files_remove(&context), "files");
    assert_int_equal(stat(export_path(test->world->arena, test->world->state_dir, first), &status),
                     0);
    assert_int_equal(status.st_size, latest(test->world, test->world->person_id).file_bytes);
    /* A new one takes its place, and goes when it has expired. */
    request(test->world, test->world->person_id);
    assert_int_equal(work(test), 1);
    assert_int_equal(files_count(test->world), 1);
    context.now_at += LIMIT_EXPORT_KEEP_S + 5;
    world_check(export_files_remove(&context), "files");
    assert_int_equal(files_count(test->world), 0);
}

/* The one that is under way is no new one; the history counts, so an undone copy counts, too. */
static void only_so_many_are_made_in_a_day(void **state)
{
    struct test *test = *state;
    int64_t first_ms = clock_now_ms(), now_ms = first_ms + 60000;
    int64_t person_id = test->world->person_id, until;
    const char *last;

    assert_int_equal(request_at(test->world, person_id, first_ms), 0);
    for (size_t i = 1; i < LIMIT_EXPORTS; i++) {
        assert_int_equal(work(test), 1);
        request(test->world, person_id);
        request(test->world, person_id);
    }
    request(test->world, person_id);
    assert_int_equal(work(test), 1);
    last = latest(test->world, person_id).id;
    until = request_at(test->world, person_id, now_ms);
    assert_in_range(until - first_ms / 1000, LIMIT_EXPORT_KEEP_S, LIMIT_EXPORT_KEEP_S + 1);
    assert_int_equal(work(test), 0);
    assert_string_equal(latest(test->world, person_id).id, last);
    assert_int_equal(files_count(test->world), 1);
    assert_int_not_equal(request_at(test->world, person_id, until * 1000 - 2000), 0);
    assert_int_equal(request_at(test->world, person_id, until * 1000), 0);
}

static void what_fails_is_told(void **state)
{
    struct test *test = *state;

    unlink(arena_printf(test->world->arena, "%s/secrets/signing-key", test->world->state_dir));
    request(test->world, test->world->person_id);
    assert_int_equal(work(test), 1);
    assert_string_equal(latest(test->world, test->world->person_id).state, "failed");
    assert_int_equal(files_count(test->world), 0);
}

static void what_fails_takes_no_copy(void **state)
{
    struct test *test = *state;
    int64_t person_id = test->world->person_id, now_ms = clock_now_ms();
    char *key = arena_printf(test->world->arena, "%s/secrets/signing-key", test->world->state_dir);
    char *aside = arena_printf(test->world->arena, "%s.aside", key);

    assert_int_equal(rename(key, aside), 0);
    for (int64_t i = 0; i < LIMIT_EXPORT_ATTEMPTS - LIMIT_EXPORTS; i++) {
        assert_int_equal(request_at(test->world, person_id, now_ms - 60000 - i * 1000), 0);
        assert_int_equal(work(test), 1);
        assert_string_equal(latest(test->world, person_id).state, "failed");
    }
    assert_int_equal(rename(aside, key), 0);
    for (size_t i = 1; i < LIMIT_EXPORTS; i++) {
        assert_int_equal(request_at(test->world, person_id, now_ms - 30000), 0);
        assert_int_equal(work(test), 1);
        assert_string_equal(latest(test->world, person_id).state, "ready");
    }
    /* The last one fails: a copy is left, but no attempt. */
    assert_int_equal(rename(key, aside), 0);
    assert_int_equal(request_at(test->world, person_id, now_ms - 1000), 0);
    assert_int_equal(work(test), 1);
    assert_int_not_equal(request_at(test->world, person_id, now_ms), 0);
    assert_int_equal(work(test), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(every_exported_column_is_in_it_and_no_other),
        TEST(of_other_teams_only_what_the_person_did),
        TEST(mails_to_the_person_are_told_without_an_address),
        TEST(a_killed_worker_makes_it_again),
        TEST(two_requests_of_one_person_are_one_copy),
        TEST(files_go_with_their_copy),
        TEST(only_so_many_are_made_in_a_day),
        TEST(what_fails_is_told),
        TEST(what_fails_takes_no_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
