/*
 * Deleting an account: every table is filled for a person, by walking the inventory, and after the
 * sequence nothing of it is left but what is declared to stay, also not in the bytes of the files;
 * and so it is if the worker is killed -9 again and again.
 */
#include "adapter/crypto.h"
#include "adapter/json.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "child.h"
#include "drain.h"
#include "fake_driver.h"
#include "model/email_change.h"
#include "model/erasure.h"
#include "model/erasure_key.h"
#include "model/identity.h"
#include "model/inventory.h"
#include "model/state_path.h"
#include "worker/erasure.h"
#include "worker/receipt_vm.h"
#include "world.h"

#include "erasure.sql.h"
#include "person.sql.h"
#include "signed_receipt.sql.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    KILLS = 25,   /* more by the environment's KILLS */
    ROUNDS = 400, /* of the worker, at most */
};

struct test {
    struct world *world;
    struct worker_context *context;
    const char *id; /* of the deletion */
};

static int set_up(void **state)
{
    struct test *test = calloc(1, sizeof *test);

    fake_open();
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
    free(test);
    return 0;
}

static const char *db_path(struct test *test)
{
    return main_db_path(test->world->arena, test->world->state_dir);
}

static void plant(struct test *test, const char *sql)
{
    FILE *pipe = popen(arena_printf(test->world->arena, "sqlite3 -bail '%s'", db_path(test)), "w");

    assert_non_null(pipe);
    fputs(sql, pipe);
    assert_int_equal(pclose(pipe), 0);
}

static int64_t ask(struct test *test, const char *sql)
{
    char text[64] = "";
    const char *const arguments[] = { "sqlite3", db_path(test), sql, NULL };

    assert_int_equal(child_run(arguments, text, sizeof text), 0);
    return strtoll(text, NULL, 10);
}

/* ---- a person who is in every table ---- */

/* A value for a column of a row of `person_id`, or of `team_id`; in one of others only that. */
static void value_write(struct buf *sql, const struct inventory_table *table,
                        const struct inventory_column *column, int64_t person_id, int64_t team_id,
                        bool is_others)
{
    bool is_kept = is_others || strcmp(column->on_erase, "keep") == 0;
    bool is_blob = strcmp(column->type, "BLOB") == 0;

    if (strcmp(column->column, "team_id") == 0)
        buf_int(sql, team_id);
    else if (strcmp(column->column, "person_id") == 0)
        buf_int(sql, person_id);
    else if (strcmp(column->column, table->key) == 0)
        buf_printf(sql, "'erasedmarker%lld@example.org'", (long long)person_id);
    else if (strcmp(column->type, "INTEGER") == 0 && strstr(column->column, "number"))
        buf_printf(sql, "%lld", (long long)(100000 + team_id * 10));
    else if (strcmp(column->type, "INTEGER") == 0)
        buf_text(sql, strcmp(column->column, "id") == 0 ? "NULL" : "1");
    else
        buf_printf(sql, "%s'%s-%s-%s-%lld'%s", is_blob ? "CAST(" : "",
                   is_kept ? "kept" : "erasedmarker", table->name, column->column,
                   (long long)team_id, is_blob ? " AS BLOB)" : "");
}

static void row_write(struct buf *sql, const struct inventory_table *table, int64_t person_id,
                      int64_t team_id, bool is_others)
{
    struct buf values = buf_new(sql->arena, 1024);
    const char *comma = "";

    buf_printf(sql, "INSERT INTO %s (", table->name);
    for (size_t i = 0; i < INVENTORY_MAIN.count; i++) {
        const struct inventory_column *column = &INVENTORY_MAIN.columns[i];

        /* SQLite computes an owner_id. */
        if (strcmp(column->table, table->name) != 0 || strcmp(column->column, "owner_id") == 0)
            continue;
        buf_printf(sql, "%s%s", comma, column->column);
        buf_text(&values, comma);
        value_write(&values, table, column, person_id, team_id, is_others);
        comma = ", ";
    }
    buf_printf(sql, ") VALUES (%s);\n", values.bytes);
}

static bool is_made_by_others(const struct inventory_table *table)
{
    static const char *const names[] = { "person", "team", "membership", "erasure",
                                         "erasure_team" };

    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(table->name, names[i]) == 0)
            return true;
    }
    return false;
}

/* The person `id` with a team of the same number, and a member of the teams 1001 to 1003. */
static void person_plant(struct test *test, int64_t id)
{
    struct buf sql = buf_new(test->world->arena, 64 * 1024);

    /* What a row refers to need not be there, nor need its words be right. */
    buf_text(&sql, "PRAGMA ignore_check_constraints = ON; BEGIN;\n");
    buf_printf(
        &sql,
        "INSERT INTO person (id, identity, email, name, created_at, workos_name) VALUES "
        "(%lld, 'local:erasedmarker%lld@example.org', 'erasedmarker%lld@example.org', "
        "'Erasedmarker Person %lld', 1, 'Erasedmarker W %lld');\n"
        "INSERT INTO team (id, name, personal_of, workos_organization_id, created_at) VALUES "
        "(%lld, 'Erasedmarker team %lld', %lld, 'org_erasedmarker%lld', 1);\n"
        "INSERT INTO membership VALUES (%lld, %lld, 'owner', 1, 'om_erasedmarker%lld');\n",
        (long long)id, (long long)id, (long long)id, (long long)id, (long long)id, (long long)id,
        (long long)id, (long long)id, (long long)id, (long long)id, (long long)id, (long long)id);
    for (int64_t team = 1001; team <= 1003; team++)
        buf_printf(
            &sql,
            "INSERT INTO team (id, name, created_at) VALUES (%lld, 'Others', 1) ON CONFLICT "
            "DO NOTHING; INSERT INTO membership (team_id, person_id, role, created_at) VALUES "
            "(%lld, 1, 'owner', 1) ON CONFLICT DO NOTHING; INSERT INTO membership (team_id, "
            "person_id, role, created_at) VALUES (%lld, %lld, 'member', 1);\n",
            (long long)team, (long long)team, (long long)team, (long long)id);
    for (size_t i = 0; i < INVENTORY_MAIN.table_count; i++) {
        const struct inventory_table *table = &INVENTORY_MAIN.tables[i];

        if (is_made_by_others(table))
            continue;
        row_write(&sql, table, id, id, false);
        if (table->erase_person && strcmp(table->name, "ssh_key") != 0)
            row_write(&sql, table, id, 1001 * 1000 + id, true);
    }
    buf_printf(
        &sql,
        "INSERT INTO signing_key VALUES ('kept-signed_receipt-key_id-%lld', x'00', 1);\n"
        "UPDATE audit_link SET hash = zeroblob(32);\n"
        "UPDATE billing SET stripe_status = 'canceled', customer_id = NULL;\n"
        "UPDATE vm SET state = 'gone' WHERE team_id = %lld;\n"
        "UPDATE ledger SET is_open = 0 WHERE team_id = %lld;\n"
        "INSERT INTO receipt (team_id, gone_at, vm_id, name, region, image, size, vcpus, "
        "memory_mb, disk_gb, created_at, person_id) VALUES (1002, 1, 'theirs%lld', 'x', "
        "'local', 'tiny', 'nano', 1, 1, 1, 1, %lld);\n"
        "INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, "
        "comment, public_line) VALUES (1003, 1, 'erasedmarkerkey%lld', %lld, 'erasedmarker', "
        "'Ed25519', 'SHA256:fingerprint%lld', 'erasedmarker@home', "
        "'ssh-ed25519 AAAAerasedmarker%lld erasedmarker@home');\n"
        "INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line) VALUES (1003, "
        "'theirvm%lld', 'SHA256:fingerprint%lld', "
        "'erasedmarker', 'ssh-ed25519 AAAAerasedmarker%lld erasedmarker@home');\nCOMMIT;\n",
        (long long)id, (long long)id, (long long)id, (long long)id, (long long)id, (long long)id,
        (long long)id, (long long)id, (long long)id, (long long)id, (long long)id, (long long)id);
    plant(test, sql.bytes);
}

/* ---- the sequence ---- */

static const char *request(struct test *test, int64_t person_id)
{
    const struct context context = world_context(test->world);
    const struct erasure_request request = { .person_id = person_id,
                                             .requested_by = ERASURE_REQUESTED_BY_PERSON };
    struct erasure_of_person_row row;
    const char *token;

    world_check(db_begin(test->world->db, test->world->arena), "begin");
    world_check(erasure_request(&context, &request, &token), "request");
    world_check(db_commit(test->world->db, test->world->arena), "commit");
    world_check(sql_erasure_of_person(test->world->db, test->world->arena, person_id, &row), "row");
    test->id = row.id;
    return token;
}

/* What the mailer does. */
static void mails_send(struct test *test)
{
    plant(test, "UPDATE mail SET state = 'sent', promise = NULL, url = NULL, note = NULL "
                "WHERE state = 'queued';");
}

static void make_due(struct test *test)
{
    plant(test,
          arena_printf(test->world->arena,
                       "UPDATE erasure SET due_at = requested_at WHERE id = '%s';", test->id));
    mails_send(test);
}

static struct erasure_get_row erasure_of(struct test *test)
{
    struct erasure_get_row row;

    world_check(sql_erasure_get(test->world->db, test->world->arena, test->id, &row), "erasure");
    return row;
}

static bool is_done(struct test *test)
{
    return strcmp(erasure_of(test).state, ERASURE_STATE_DONE) == 0;
}

/* What the worker's threads do. */
static void work(struct worker_context *context)
{
    world_check(erasure_run(context), "erasure");
    arena_reset(context->arena);
    drain(context);
}

static struct erasure_steps_row step_of(struct test *test, enum erasure_step step)
{
    struct erasure_steps_rows steps;

    world_check(sql_erasure_steps(test->world->db, test->world->arena, test->id, &steps), "steps");
    return steps.row[step];
}

static void finish(struct test *test)
{
    for (int i = 0; i < ROUNDS && !is_done(test); i++)
        work(test->context);
    for (int i = 0; i < ERASURE_STEPS; i++) {
        const struct erasure_steps_row step = step_of(test, (enum erasure_step)i);

        if (strcmp(step.state, ERASURE_STEP_STATE_DONE) != 0)
            fail_msg("%s: %s", step.name, step.answer);
    }
}

/* ---- nothing is left ---- */

static bool has_marker(const char *path)
{
    const char *const arguments[] = { "grep", "-qai", "erasedmarker", path, NULL };
    char out[256];

    return child_run(arguments, out, sizeof out) == 0;
}

static void assert_table_empty(struct test *test, const struct inventory_table *table, int64_t id)
{
    struct arena *arena = test->world->arena;
    bool is_gone = table->erase && strncmp(table->erase->sql, "DELETE", 6) == 0;

    if (is_gone && table->owner != INVENTORY_ADDRESS)
        assert_int_equal(ask(test, arena_printf(arena, "SELECT count(*) FROM %s WHERE %s = %lld",
                                                table->name, table->key, (long long)id)),
                         0);
    if (table->erase_person)
        assert_int_equal(
            ask(test, arena_printf(arena, "SELECT count(*) FROM %s WHERE person_id = %lld",
                                   table->name, (long long)id)),
            0);
}

static void assert_nothing_left(struct test *test, int64_t id)
{
    struct arena *arena = test->world->arena;
    struct erasure_left_row left;

    for (size_t i = 0; i < INVENTORY_MAIN.table_count; i++)
        assert_table_empty(test, &INVENTORY_MAIN.tables[i], id);
    assert_false(has_marker(db_path(test)));
    assert_false(has_marker(arena_printf(arena, "%s-wal", db_path(test))));
    /* In the chain of another team, nothing ties an entry to the person. */
    assert_int_equal(ask(test, arena_printf(arena,
                                            "SELECT count(*) FROM activity WHERE team_id = %lld "
                                            "AND (salt IS NOT NULL OR person_id IS NOT NULL)",
                                            (long long)(1001 * 1000 + id))),
                     0);
    world_check(sql_erasure_left(test->world->db, arena, &left), "left");
    assert_int_equal(left.total, 0);
    assert_int_equal(
        ask(test, arena_printf(arena, "SELECT count(*) FROM signed_receipt WHERE subject_id = '%s'",
                               test->id)),
        1);
}

/* The rows of others that were planted with references to nothing. */
static void others_remove(struct test *test)
{
    plant(test,
          "DELETE FROM activity WHERE team_id > 1000000; DELETE FROM vm WHERE team_id > "
          "1000000; DELETE FROM job WHERE team_id > 1000000; DELETE FROM vm_key WHERE team_id "
          "= 1003; DELETE FROM billing_activity WHERE team_id > 1000000;");
}

static void named_put(struct test *test, const char *folder, const char *name, const char *text)
{
    struct arena *arena = test->world->arena;
    const char *dir = arena_printf(arena, "%s/%s", test->world->state_dir, folder);
    FILE *file;

    mkdir(dir, 0700);
    file = fopen(arena_printf(arena, "%s/%s", dir, name), "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void file_put(struct test *test, const char *folder, const char *text)
{
    named_put(test, folder, "planted", text);
}

/* Of two owners who both leave, the last takes the team along; a text of others' is not looked for.
 */
static void the_last_owner_takes_the_team_along(void **state)
{
    struct test *test = *state;
    struct erasure_strings_rows strings;

    plant(test, "INSERT INTO person (id, identity, email, name, created_at) VALUES "
                "(20, 'local:gina@example.org', 'gina@example.org', 'Signed in', 1), "
                "(21, 'local:hank@example.org', 'hank@example.org', 'Hank Example', 1);"
                "INSERT INTO team (id, name, personal_of, created_at) VALUES (20, 'Gina', 20, 1), "
                "(21, 'Hank', 21, 1), (30, 'Both of them', NULL, 1);"
                "INSERT INTO membership (team_id, person_id, role, created_at) VALUES "
                "(20, 20, 'owner', 1), (21, 21, 'owner', 1), (30, 20, 'owner', 1), "
                "(30, 21, 'owner', 1);"
                "INSERT INTO activity (team_id, at_ms, id, action, what, detail, actor, result) "
                "VALUES (1, 1, 'x', 'sign_in', 'Signed in', 'of hank@example.org', 'system', "
                "'done');");
    request(test, 20);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_team WHERE team_id = 30"), 0);
    request(test, 21);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_team WHERE team_id = 30"), 1);
    world_check(sql_erasure_strings(test->world->db, test->world->arena, test->id, &strings),
                "strings");
    for (size_t i = 0; i < strings.count; i++)
        assert_string_not_equal(strings.row[i].text, "hank@example.org");
    assert_true(strings.count > 0);
}

static void a_person_in_every_table_is_erased(void **state)
{
    struct test *test = *state;
    const char *answer;

    person_plant(test, 7);
    assert_true(has_marker(db_path(test)) ||
                has_marker(arena_printf(test->world->arena, "%s-wal", db_path(test))));
    file_put(test, "exports", "a copy");
    request(test, 7);
    assert_int_equal(ask(test, "SELECT count(*) FROM session WHERE person_id = 7"), 0);
    work(test->context);
    assert_string_equal(step_of(test, ERASURE_BILLING).state, ERASURE_STEP_STATE_DONE);
    assert_string_equal(step_of(test, ERASURE_VMS).state, ERASURE_STEP_STATE_WAITING);
    assert_int_equal(ask(test, "SELECT count(*) FROM person WHERE id = 7"), 1);
    make_due(test);
    finish(test);
    /* Of others, who did it is gone, and what was done is not. */
    assert_int_equal(ask(test, "SELECT count(*) FROM activity WHERE team_id = 1001007"), 1);
    assert_int_equal(ask(test, "SELECT count(*) FROM receipt WHERE team_id = 1002"), 1);
    assert_int_equal(ask(test, "SELECT count(*) FROM vm_key WHERE team_id = 1003"), 1);
    assert_int_equal(ask(test, "SELECT count(*) FROM membership WHERE team_id = 1001"), 1);
    others_remove(test);
    assert_nothing_left(test, 7);
    assert_int_equal(
        access(arena_printf(test->world->arena, "%s/exports/planted", test->world->state_dir),
               F_OK),
        -1);
    /* What the law keeps is counted on the receipt. */
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_rest"), 5);
    assert_int_equal(ask(test, "SELECT count(*) FROM ledger WHERE team_id = 7"), 1);
    answer = step_of(test, ERASURE_SEARCH).answer;
    assert_true(strtoll(answer, NULL, 10) > 10);
    assert_non_null(strstr(answer, " 0 found"));
}

/* At once, with a change of the address that waits, and one that was replaced. */
static void addresses_that_were_typed_are_erased(void **state)
{
    static const char *const typed[] = { "erasedmarker-first@example.org",
                                         "erasedmarker-second@example.org" };
    struct test *test = *state;
    const struct context context = world_context(test->world);
    struct erasure_strings_rows strings;
    size_t found = 0;

    test->world->config->mail = "smtp";
    plant(test, "INSERT INTO person (id, identity, email, name, created_at) VALUES "
                "(7, 'local:seven@example.org', 'seven@example.org', 'Seven', 1);"
                "INSERT INTO team (id, name, personal_of, created_at) VALUES (7, 'Seven', 7, 1);"
                "INSERT INTO membership VALUES (7, 7, 'owner', 1, NULL);");
    for (size_t i = 0; i < COUNT(typed); i++) {
        world_check(db_begin(test->world->db, test->world->arena), "begin");
        world_check(email_change_request(&context, 7, typed[i]), "email");
        world_check(db_commit(test->world->db, test->world->arena), "commit");
    }
    request(test, 7);
    assert_int_equal(ask(test, "SELECT count(*) FROM mail WHERE kind LIKE 'email_%'"), 0);
    world_check(sql_erasure_strings(test->world->db, test->world->arena, test->id, &strings),
                "strings");
    for (size_t i = 0; i < strings.count; i++)
        found += strncmp(strings.row[i].text, "erasedmarker-", 13) == 0;
    assert_int_equal(found, COUNT(typed));
    make_due(test);
    finish(test);
    assert_nothing_left(test, 7);
}

/* The mail that an account is deleted is tried before its address is gone, and only that. */
static void the_mail_is_tried_first(void **state)
{
    struct test *test = *state;

    person_plant(test, 7);
    request(test, 7);
    make_due(test);
    plant(test, "UPDATE mail SET state = 'queued', attempts = 0 WHERE kind = 'account_deletion';");
    for (int i = 0; i < 20; i++)
        work(test->context);
    assert_string_equal(step_of(test, ERASURE_ROWS).answer, "the person is told by mail first");
    plant(test, "UPDATE mail SET attempts = 1, taken_at = NULL WHERE kind = 'account_deletion';");
    finish(test);
    assert_int_equal(ask(test, "SELECT count(*) FROM mail WHERE kind = 'account_deletion'"), 0);
}

/* By a request that came by mail: its answer is sent before its address is gone. */
static void the_answer_is_sent_first(void **state)
{
    struct test *test = *state;

    person_plant(test, 7);
    request(test, 7);
    make_due(test);
    plant(test, "INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at) "
                "VALUES ('answer', 'request_answered', 'erasedmarker7@example.org', 'answer', "
                "'queued', 1, 1, 1);"
                "INSERT INTO rights_request (email, kind, received_at, due_at) VALUES "
                "('erasedmarker7@example.org', 'other', 1, 1);");
    for (int i = 0; i < 10; i++)
        work(test->context);
    assert_string_equal(step_of(test, ERASURE_ROWS).state, ERASURE_STEP_STATE_WAITING);
    assert_string_equal(step_of(test, ERASURE_ROWS).answer, "the person is told by mail first");
    assert_int_equal(ask(test, "SELECT count(*) FROM mail WHERE id = 'answer'"), 1);
    plant(test, "UPDATE mail SET state = 'sent' WHERE id = 'answer';");
    finish(test);
    assert_int_equal(ask(test, "SELECT count(*) FROM rights_request WHERE due_at = 1 AND email IS "
                               "NULL AND ended_at > 1 AND outcome IS NULL"),
                     1);
    others_remove(test);
    assert_nothing_left(test, 7);
}

/* The number of a deleted team, which the ledger has, is not given to another. */
static void a_new_team_gets_no_old_records(void **state)
{
    struct test *test = *state;
    const struct context context = world_context(test->world);
    const struct identity identity = { "local:new@example.org", "new@example.org", "New" };
    int64_t person_id, team_id;
    const char *notice;

    person_plant(test, 2000);
    request(test, 2000);
    make_due(test);
    finish(test);
    world_check(identity_person(&context, &identity, &person_id, &team_id, &notice), "person");
    assert_true(team_id > 2000);
}

/* ---- a team ---- */

/* A team of the person 1 and another, in every table of teams. */
static void team_plant(struct test *test, int64_t id)
{
    struct buf sql = buf_new(test->world->arena, 64 * 1024);

    buf_text(&sql, "PRAGMA ignore_check_constraints = ON; BEGIN;\n");
    buf_printf(
        &sql,
        "INSERT INTO person (id, identity, email, name, created_at) VALUES "
        "(2, 'local:other@example.org', 'other@example.org', 'Other Person', 1);\n"
        "INSERT INTO team (id, name, personal_of, workos_organization_id, created_at) VALUES "
        "(2, 'Own', 2, NULL, 1), (%lld, 'Erasedmarker team', NULL, 'org_erasedmarker', 1);\n"
        "INSERT INTO membership (team_id, person_id, role, created_at) VALUES "
        "(2, 2, 'owner', 1), (%lld, 1, 'owner', 1), (%lld, 2, 'member', 1);\n",
        (long long)id, (long long)id, (long long)id);
    for (size_t i = 0; i < INVENTORY_MAIN.table_count; i++) {
        const struct inventory_table *table = &INVENTORY_MAIN.tables[i];

        if (table->owner == INVENTORY_TEAM && !is_made_by_others(table))
            row_write(&sql, table, 1, id, false);
    }
    buf_printf(
        &sql,
        "INSERT INTO signing_key VALUES ('kept-signed_receipt-key_id-%lld', x'00', 1);\n"
        "INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, "
        "browser, created_at, seen_at, idle_at, expires_at) VALUES (x'02', 'theirs', 2, %lld, "
        "x'00', 'Browser', 1, 1, 9999999999, 9999999999);\n"
        "UPDATE audit_link SET hash = zeroblob(32);\n"
        "UPDATE billing SET stripe_status = 'canceled', customer_id = NULL;\n"
        "UPDATE vm SET state = 'gone' WHERE team_id = %lld;\n"
        "UPDATE ledger SET is_open = 0 WHERE team_id = %lld;\nCOMMIT;\n",
        (long long)id, (long long)id, (long long)id, (long long)id);
    plant(test, sql.bytes);
}

static const char *request_team(struct test *test, int64_t team_id)
{
    const struct context context = world_context(test->world);
    const struct erasure_request request = { .team_ids = &team_id,
                                             .team_count = 1,
                                             .requested_by = ERASURE_REQUESTED_BY_PERSON };
    struct erasure_of_team_row row;
    const char *token;

    world_check(db_begin(test->world->db, test->world->arena), "begin");
    world_check(erasure_request(&context, &request, &token), "request");
    world_check(db_commit(test->world->db, test->world->arena), "commit");
    world_check(sql_erasure_of_team(test->world->db, test->world->arena, team_id, &row), "row");
    test->id = row.id;
    return token;
}

static void a_team_in_every_table_is_erased(void **state)
{
    struct test *test = *state;
    struct arena *arena = test->world->arena;
    struct signed_receipt_get_row receipt;
    struct erasure_left_row left;

    team_plant(test, 50);
    request_team(test, 50);
    assert_int_equal(ask(test, "SELECT count(*) FROM mail WHERE to_email = 'other@example.org' AND "
                               "kind = 'team_deletion' AND promise = 'Erasedmarker team'"),
                     1);
    plant(test, "DELETE FROM mail;"); /* sent long ago */
    work(test->context);
    assert_string_equal(step_of(test, ERASURE_VMS).state, ERASURE_STEP_STATE_WAITING);
    make_due(test);
    finish(test);
    for (size_t i = 0; i < INVENTORY_MAIN.table_count; i++) {
        if (INVENTORY_MAIN.tables[i].owner == INVENTORY_TEAM)
            assert_table_empty(test, &INVENTORY_MAIN.tables[i], 50);
    }
    assert_false(has_marker(db_path(test)));
    assert_false(has_marker(arena_printf(arena, "%s-wal", db_path(test))));
    world_check(sql_erasure_left(test->world->db, arena, &left), "left");
    assert_int_equal(left.total, 0);
    /* Its people have their own teams, and look at these now. */
    assert_int_equal(ask(test, "SELECT count(*) FROM person"), 2);
    assert_int_equal(ask(test, "SELECT current_team_id FROM session WHERE handle = 'theirs'"), 2);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_rest"), 5);
    world_check(sql_signed_receipt_get(test->world->db, arena, "team", test->id, &receipt), "team");
    assert_non_null(strstr(receipt.body, "\"format\":\"domicile-receipt-team/1\""));
    assert_true(strtoll(step_of(test, ERASURE_SEARCH).answer, NULL, 10) > 5);
    assert_non_null(strstr(step_of(test, ERASURE_SERVICES).answer, "the organization stays"));
}

/* It has ended, its page is there, nothing holds on to it, and so many people were told. */
static void is_undone(struct test *test, const char *kind, int64_t mails)
{
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure WHERE state = 'done' AND "
                               "undone_at = ended_at AND person_id IS NULL"),
                     1);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_step"), ERASURE_STEPS);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_team"), 0);
    assert_int_equal(ask(test, arena_printf(test->world->arena,
                                            "SELECT count(*) FROM mail WHERE kind = '%s' AND "
                                            "happened_at > 0 AND until_at IS NULL",
                                            kind)),
                     mails);
}

static void a_team_is_opened_again_until_it_begins(void **state)
{
    struct test *test = *state;
    const struct context context = world_context(test->world);

    team_plant(test, 50);
    request_team(test, 50);
    work(test->context);
    world_check(erasure_undo_team(&context, 50), "undo");
    is_undone(test, "team_kept", 2);
    assert_int_equal(ask(test, "SELECT count(*) FROM team WHERE closed_at IS NOT NULL"), 0);
    request_team(test, 50);
    /* Members are told of it once a day. */
    assert_int_equal(ask(test, "SELECT count(*) FROM mail WHERE kind = 'team_deletion'"), 2);
    make_due(test);
    world_check(erasure_run(test->context), "begin");
    assert_int_equal(erasure_undo_team(&context, 50)->kind, ERROR_CONFLICT);
    plant(test, "DELETE FROM mail;");
    finish(test);
    assert_int_equal(erasure_undo_team(&context, 50)->kind, ERROR_CONFLICT);
}

/* Of one that goes with an account, the account decides. */
static void a_team_of_an_account_is_not_opened_alone(void **state)
{
    struct test *test = *state;
    const struct context context = world_context(test->world);

    person_plant(test, 7);
    request(test, 7);
    assert_int_equal(erasure_undo_team(&context, 7)->kind, ERROR_CONFLICT);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_team WHERE team_id = 7"), 1);
}

/* ---- keys ---- */

static void keys_plant(struct test *test)
{
    plant(test, "INSERT INTO team (id, name, created_at) VALUES (9, 'Others', 1);"
                "INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, "
                "comment, public_line) VALUES "
                "(1, 1, 'key1', 1, 'laptop', 'Ed25519', 'SHA256:erasedmarker1', '', "
                "'ssh-ed25519 AAAAerasedmarker1'),"
                "(1, 1, 'key2', 1, 'desk', 'Ed25519', 'SHA256:sharedkey2', '', "
                "'ssh-ed25519 AAAAsharedkey2'),"
                "(1, 1, 'key3', 1, 'old', 'Ed25519', 'SHA256:usedkey3', '', "
                "'ssh-ed25519 AAAAusedkey3'),"
                "(9, 1, 'key9', NULL, 'theirs', 'Ed25519', 'SHA256:sharedkey2', '', "
                "'ssh-ed25519 AAAAsharedkey2');"
                "INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line) VALUES (1, "
                "'somevm', 'SHA256:usedkey3', 'old', "
                "'ssh-ed25519 AAAAusedkey3');");
}

static void keys_delete(struct test *test, const char *const *ids, size_t count)
{
    struct world *world = test->world;
    const struct context context = world_context(world);
    const struct actor actor = { .team_id = world->team_id, .person_id = world->person_id };

    world_check(db_begin(world->db, world->arena), "begin");
    world_check(erasure_keys_begin(&context, &actor, ids, count), "keys");
    world_check(db_commit(world->db, world->arena), "commit");
}

/* Another team has one of them too, and a VM another: neither is looked for, and nothing says so.
 */
static void deleted_keys_are_searched_for(void **state)
{
    static const char *const all[] = { "key1", "key2", "key3" };
    struct test *test = *state;

    keys_plant(test);
    keys_delete(test, all, COUNT(all));
    assert_int_equal(ask(test, "SELECT count(*) FROM ssh_key WHERE id IN ('key1', 'key2', "
                               "'key3')"),
                     0);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_print"), 3); /* encoded: another one */
    file_put(test, "nginx", "x SHA256:erasedmarker1 y");
    work(test->context);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_step WHERE name = 'search' AND "
                               "state = 'failed' AND answer = '1 found, as in nginx/planted'"),
                     1);
    file_put(test, "nginx", "");
    work(test->context);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure"), 0);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_print"), 0);
    assert_int_equal(ask(test, "SELECT count(*) FROM activity WHERE team_id = 1 AND action = "
                               "'key_delete'"),
                     3);
    assert_int_equal(ask(test, "SELECT count(*) FROM activity WHERE team_id = 1 AND action = "
                               "'key_gone' AND detail LIKE '% files, % kB read, 0 found outside "
                               "the records of VMs' AND "
                               "detail NOT LIKE '%string%' AND actor = 'system' AND what = "
                               "'3 deleted SSH keys searched for on the server'"),
                     1);
    assert_false(has_marker(db_path(test)));
    assert_false(has_marker(arena_printf(test->world->arena, "%s-wal", db_path(test))));
    assert_int_equal(ask(test, "SELECT count(*) FROM ssh_key WHERE team_id = 9"), 1);
}

/* Those that are deleted before it begins; once it has, the next ones have their own. */
static void keys_that_wait_are_searched_for_together(void **state)
{
    static const char *const first[] = { "key3" }, *const second[] = { "key1" },
                             *const third[] = { "key2" };
    struct test *test = *state;

    keys_plant(test);
    keys_delete(test, first, 1);
    keys_delete(test, second, 1);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure"), 1);
    assert_int_equal(ask(test, "SELECT total FROM erasure_key"), 2);
    file_put(test, "nginx", "x SHA256:erasedmarker1 y");
    work(test->context);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure_step WHERE name = 'search' AND "
                               "state = 'failed' AND answer = '1 found, as in nginx/planted'"),
                     1);
    keys_delete(test, third, 1);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure"), 2);
    file_put(test, "nginx", "");
    work(test->context);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure"), 0);
}

static void the_search_for_a_key_outlives_its_team(void **state)
{
    static const char *const one[] = { "key1" }, *const other[] = { "key3" };
    struct test *test = *state;

    keys_plant(test);
    keys_delete(test, one, 1);
    plant(test, "DELETE FROM erasure_key;");
    work(test->context);
    assert_int_equal(ask(test, "SELECT count(*) FROM erasure"), 0);
    keys_delete(test, other, 1);
    work(test->context);
    assert_int_equal(ask(test, "SELECT count(*) FROM activity WHERE what = 'Deleted SSH key "
                               "searched for on the server'"),
                     1);
}

/* ---- undone ---- */

static void signing_in_undoes_it_until_it_begins(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    const struct context context = world_context(world);
    const struct identity identity = { "local:you@example.org", "you@example.org", "You" };
    const char *vm = world_create(world, "amber"), *notice;
    int64_t person_id, team_id;
    struct error *e;

    drain(test->context);
    request(test, world->person_id);
    work(test->context);
    assert_string_equal(world_vm(world, vm).state, "stopped");
    world_check(identity_person(&context, &identity, &person_id, &team_id, &notice), "undo");
    assert_non_null(notice);
    assert_int_equal(team_id, world->team_id);
    is_undone(test, "account_kept", 1);
    assert_int_equal(ask(test, "SELECT count(*) FROM person WHERE closed_at IS NOT NULL"), 0);
    assert_int_equal(ask(test, "SELECT count(*) FROM team WHERE closed_at IS NOT NULL"), 0);
    work(test->context);
    assert_string_equal(world_vm(world, vm).state, "stopped");
    /* Once it has begun, nobody signs in any more. */
    request(test, world->person_id);
    make_due(test);
    world_check(erasure_run(test->context), "begin");
    e = identity_person(&context, &identity, &person_id, &team_id, &notice);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_FORBIDDEN);
    finish(test);
    assert_null(fake_find(vm));
}

static void what_others_close_is_not_undone(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    const struct context context = world_context(world);
    struct erasure_request request_again = { .person_id = world->person_id,
                                             .requested_by = ERASURE_REQUESTED_BY_OPERATOR };
    const char *token;
    bool is_undone;

    request(test, world->person_id);
    world_check(erasure_request(&context, &request_again, &token), "again");
    assert_null(token);
    world_check(erasure_request(&context, &request_again, &token), "a third time");
    /* Of each the person is told once: that it is deleted, and that this is final now. */
    assert_int_equal(ask(test, "SELECT count(*) FROM mail"), 2);
    assert_int_equal(ask(test, "SELECT count(*) FROM mail WHERE kind = 'account_deletion' AND "
                               "note IS NULL AND url LIKE '%/deletion/%' AND "
                               "until_at > happened_at"),
                     1);
    assert_int_equal(ask(test, "SELECT count(*) FROM mail WHERE kind = 'account_closed' AND "
                               "note = 'by the admin' AND url IS NULL"),
                     1);
    /* The operator's history has what the operator did, once. */
    assert_int_equal(ask(test, "SELECT count(*) FROM activity WHERE team_id = 0 AND action = "
                               "'deletion_final' AND actor = 'operator' AND person_id = 1"),
                     1);
    assert_int_equal(ask(test, "SELECT count(*) FROM activity WHERE team_id > 0 AND action = "
                               "'deletion_final' AND actor = 'operator'"),
                     1);
    world_check(erasure_undo(&context, world->person_id, &is_undone), "undo");
    assert_false(is_undone);
}

/* Who signs in to it learns since when, until when, and whether that undoes it. */
static void a_closed_account_says_why(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    struct context context = world_context(world);
    struct erasure_closed closed;

    world->config->privacy_contact = "privacy@example.org";
    person_plant(test, 7);
    world_check(erasure_closed(&context, "local:erasedmarker7@example.org", &closed), "open");
    assert_null(closed.words);
    request(test, 7);
    world_check(erasure_closed(&context, "local:erasedmarker7@example.org", &closed), "closed");
    assert_true(closed.can_undo);
    assert_string_equal(closed.action, "Undo the deletion");
    assert_non_null(strstr(closed.words, "by its owner. It is deleted for good on"));
    assert_non_null(strstr(closed.words, "signing in undoes that"));
    assert_string_equal(closed.told, closed.words);
    plant(test, "UPDATE person SET suspended_at = 1 WHERE id = 7;");
    world_check(erasure_closed(&context, "local:erasedmarker7@example.org", &closed), "suspended");
    assert_false(closed.can_undo);
    assert_non_null(strstr(closed.told, "write to privacy@example.org before then."));
    plant(test, "UPDATE person SET suspended_at = NULL WHERE id = 7;");
    plant(test, "UPDATE erasure SET requested_by = 'operator';");
    world_check(erasure_closed(&context, "local:erasedmarker7@example.org", &closed), "admin");
    assert_false(closed.can_undo);
    assert_string_equal(closed.action, "See the deletion");
    assert_non_null(strstr(closed.words, "by the admin. It is deleted for good on"));
    assert_non_null(strstr(closed.told, "To object, write to privacy@example.org before then."));
    plant(test, "INSERT INTO rights_request (email, kind, received_at, due_at, outcome, ended_at) "
                "SELECT 'erasedmarker7@example.org', 'deletion', 1, 2, 'answered', requested_at "
                "FROM erasure;");
    world_check(erasure_closed(&context, "local:erasedmarker7@example.org", &closed), "request");
    assert_non_null(strstr(closed.words, "by the admin, as its owner requested by email."));
    plant(test, "UPDATE rights_request SET ended_at = ended_at + 1;");
    world_check(erasure_closed(&context, "local:erasedmarker7@example.org", &closed), "later");
    assert_null(strstr(closed.words, "by the admin"));
    assert_non_null(strstr(closed.words, "Its owner requested its deletion by email."));
    context.now_at += 1000 * A_DAY_S;
    world_check(erasure_closed(&context, "local:erasedmarker7@example.org", &closed), "due");
    assert_non_null(strstr(closed.words, "can no longer be undone"));
}

/* A team that ends with the account of its only owner: its members are told, its owner once. */
static void members_of_a_lost_team_are_told(void **state)
{
    static const int64_t team_ids[] = { 1, 50 };
    struct test *test = *state;
    const struct context context = world_context(test->world);
    const struct erasure_request request = { .person_id = 1,
                                             .team_ids = team_ids,
                                             .team_count = COUNT(team_ids),
                                             .requested_by = ERASURE_REQUESTED_BY_PERSON };
    const char *token;

    team_plant(test, 50);
    world_check(db_begin(test->world->db, test->world->arena), "begin");
    world_check(erasure_request(&context, &request, &token), "request");
    world_check(db_commit(test->world->db, test->world->arena), "commit");
    assert_int_equal(ask(test, "SELECT count(*) FROM mail WHERE kind = 'account_deletion'"), 1);
    assert_int_equal(ask(test, "SELECT count(*) FROM mail WHERE kind = 'team_closed' AND "
                               "to_email = 'other@example.org' AND url LIKE '%/account'"),
                     1);
    assert_int_equal(ask(test, "SELECT count(*) FROM mail"), 2);
}

/* ---- the search ---- */

/* What has failed many times waits. */
static void time_passes(struct test *test)
{
    plant(test, "UPDATE erasure_step SET at = 1 WHERE state = 'failed'");
}

static void what_is_found_stops_the_sequence(void **state)
{
    static const char *const texts[] = { "erasedmarker7@example.org",
                                         "x=erasedmarker7%40example.org",
                                         "Erasedmarker%20Person%207" };
    struct test *test = *state;

    person_plant(test, 7);
    request(test, 7);
    make_due(test);
    for (size_t i = 0; i < COUNT(texts); i++) {
        file_put(test, "nginx", texts[i]);
        time_passes(test);
        for (int k = 0; k < 10; k++)
            work(test->context);
        if (strcmp(step_of(test, ERASURE_SEARCH).state, ERASURE_STEP_STATE_FAILED) != 0)
            fail_msg("%s: %s", texts[i], step_of(test, ERASURE_SEARCH).answer);
        if (!strstr(step_of(test, ERASURE_SEARCH).answer, "/planted"))
            fail_msg("%s: %s", texts[i], step_of(test, ERASURE_SEARCH).answer);
        assert_true(ask(test, "SELECT count(*) FROM erasure_print") > 0);
        file_put(test, "nginx", "");
    }
    time_passes(test);
    finish(test);
    others_remove(test);
    assert_nothing_left(test, 7);
}

/* Goes on until the search has failed once. */
static void hold_at_search(struct test *test, const char *text)
{
    file_put(test, "nginx", text);
    time_passes(test);
    for (int i = 0; i < 10; i++)
        work(test->context);
    assert_string_equal(step_of(test, ERASURE_SEARCH).state, ERASURE_STEP_STATE_FAILED);
}

static void what_others_have_taken_again_does_not_stop_it(void **state)
{
    struct test *test = *state;
    const char *answer;

    person_plant(test, 7);
    request(test, 7);
    make_due(test);
    hold_at_search(test, "erasedmarker7@example.org");
    plant(test, "INSERT INTO person (id, identity, email, name, created_at) VALUES "
                "(8, 'local:erasedmarker7@example.org', 'erasedmarker7@example.org', 'New', 1);"
                "INSERT INTO team (id, name, personal_of, created_at) VALUES "
                "(8, 'Erasedmarker team 7', 8, 1);"
                "INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, "
                "comment, public_line) VALUES (8, 1, 'newkey', 8, 'New', 'Ed25519', "
                "'SHA256:fingerprint7', '', 'ssh-ed25519 AAAAerasedmarker7');");
    /* Theirs is what is in their rows, wherever it stands; what is in nobody's still stops it. */
    hold_at_search(test, "Erasedmarker%20Person%207");
    assert_string_equal(step_of(test, ERASURE_SEARCH).answer, "1 found, as in nginx/planted");
    file_put(test, "nginx", "x=erasedmarker7%40example.org");
    time_passes(test);
    finish(test);
    answer = step_of(test, ERASURE_SEARCH).answer;
    assert_non_null(strstr(answer, " 0 found; 4 strings are in use by someone else again"));
}

/* Also where the operator wrote it, as part of another address, or of a text of theirs. */
static void what_the_admin_wrote_does_not_stop_it(void **state)
{
    struct test *test = *state;

    person_plant(test, 7);
    request(test, 7);
    make_due(test);
    plant(test,
          "INSERT INTO rights_request (email, kind, received_at, due_at, extended_why) VALUES "
          "('their.erasedmarker7@example.org', 'other', 1, 2000000000, "
          "'We wait for Erasedmarker Person 7')");
    finish(test);
    assert_non_null(strstr(step_of(test, ERASURE_SEARCH).answer, " 0 found; "));
}

/* Somebody may be called as a word of the server's own. */
static void what_is_in_the_log_is_told(void **state)
{
    struct test *test = *state;
    const char *day = date_iso(test->world->arena, clock_now());

    person_plant(test, 7);
    request(test, 7);
    make_due(test);
    named_put(test, "log", arena_printf(test->world->arena, "%.10s", day),
              "to=erasedmarker7@example.org\n");
    finish(test);
    assert_non_null(strstr(step_of(test, ERASURE_SEARCH).answer, " 0 found; 1 in the log of "));
}

/* It is tried less and less often, and not given up. */
static void what_fails_again_and_again_waits(void **state)
{
    struct test *test = *state;
    int64_t attempts;

    person_plant(test, 7);
    request(test, 7);
    make_due(test);
    hold_at_search(test, "erasedmarker7@example.org");
    hold_at_search(test, "erasedmarker7@example.org");
    attempts = ask(test, "SELECT max(attempts) FROM erasure_step WHERE state = 'failed'");
    work(test->context);
    assert_int_equal(ask(test, "SELECT max(attempts) FROM erasure_step WHERE state = 'failed'"),
                     attempts);
    time_passes(test);
    work(test->context);
    assert_int_equal(ask(test, "SELECT max(attempts) FROM erasure_step WHERE state = 'failed'"),
                     attempts + 1);
}

/* A worker that is killed after it has deleted the rows, and before it has recorded the step. */
static void rows_are_counted_with_their_deletion(void **state)
{
    static const enum erasure_step steps[] = { ERASURE_ACCESS, ERASURE_ROWS };
    struct test *test = *state;
    const char *before[COUNT(steps)];

    person_plant(test, 7);
    request(test, 7);
    make_due(test);
    hold_at_search(test, "erasedmarker7@example.org");
    for (size_t i = 0; i < COUNT(steps); i++) {
        before[i] = step_of(test, steps[i]).answer;
        assert_null(strstr(before[i], " 0 rows"));
    }
    plant(test, "UPDATE erasure_step SET state = 'waiting', answer = NULL "
                "WHERE name IN ('access', 'rows');");
    file_put(test, "nginx", "");
    time_passes(test);
    finish(test);
    for (size_t i = 0; i < COUNT(steps); i++)
        assert_string_equal(step_of(test, steps[i]).answer, before[i]);
}

/* ---- the receipt ---- */

static void receipts_are_signed_and_chained(void **state)
{
    struct test *test = *state;
    struct arena *arena = test->world->arena;
    struct signed_receipt_get_row first, second;
    const struct json *json;
    unsigned char hash[CRYPTO_HASH_BYTES];

    person_plant(test, 7);
    person_plant(test, 8);
    request(test, 7);
    make_due(test);
    finish(test);
    world_check(sql_signed_receipt_get(test->world->db, arena, "account", test->id, &first), "1");
    request(test, 8);
    make_due(test);
    finish(test);
    world_check(sql_signed_receipt_get(test->world->db, arena, "account", test->id, &second), "2");
    assert_true(crypto_ed25519_is_signed(second.public_key.bytes, second.body, strlen(second.body),
                                         second.signature.bytes));
    world_check(json_read(arena, second.body, strlen(second.body), &json), "json");
    crypto_sha256(first.body, strlen(first.body), hash);
    assert_string_equal(json_get_text(json, "previous"), crypto_hex(arena, hash, sizeof hash));
    assert_null(strstr(second.body, "rased"));
}

/* The owner's request stays theirs when the operator, by a request by mail, makes it final. */
static void a_receipt_says_who_requested_it(void **state)
{
    struct test *test = *state;
    struct arena *arena = test->world->arena;
    struct context context = world_context(test->world);
    const struct erasure_request by_mail = { .person_id = 7,
                                             .requested_by = ERASURE_REQUESTED_BY_OPERATOR,
                                             .number = 3 };
    struct signed_receipt_get_row receipt;
    const struct json *json;
    const char *token;

    person_plant(test, 7);
    request(test, 7);
    context.now_at -= context.now_at % A_DAY_S;
    context.now_ms = context.now_at * 1000;
    world_check(erasure_request(&context, &by_mail, &token), "final");
    plant(test, "UPDATE erasure SET requested_at = 1767225600;");
    make_due(test);
    finish(test);
    world_check(sql_signed_receipt_get(test->world->db, arena, "account", test->id, &receipt),
                "it");
    world_check(json_read(arena, receipt.body, strlen(receipt.body), &json), "json");
    assert_string_equal(json_get_text(json, "requested_by"), "person");
    assert_string_equal(json_get_text(json, "requested_at"), "2026-01-01T00:00:00Z");
    assert_string_equal(json_get_text(json, "made_final_by"), "operator");
    assert_string_equal(json_get_text(json, "made_final_at"), date_iso(arena, context.now_at));

    /* Of one that nobody else made final nothing is said of that. */
    person_plant(test, 8);
    request(test, 8);
    make_due(test);
    finish(test);
    world_check(sql_signed_receipt_get(test->world->db, arena, "account", test->id, &receipt), "8");
    assert_non_null(strstr(receipt.body, "\"requested_by\":\"person\""));
    assert_null(strstr(receipt.body, "made_final"));
}

/* Also of VMs that were destroyed before there were any; in it nobody is named. */
static void vms_get_one_too(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    const struct context context = world_context(world);
    const char *vm = world_create(world, "amber");
    struct signed_receipt_get_row receipt;
    bool is_done;

    plant(test, "UPDATE person SET name = 'Nobody Else';");
    drain(test->context);
    world_check(world_ask(world, vm, VM_REQUEST_DESTROY, NULL), "destroy");
    drain(test->context);
    assert_int_equal(ask(test, "SELECT count(*) FROM receipt r JOIN person p ON p.id = r.person_id "
                               "WHERE p.name = 'Nobody Else'"),
                     1);
    world_check(receipts_sign(&context, &is_done), "sign");
    assert_true(is_done);
    world_check(receipts_sign(&context, &is_done), "again");
    world_check(sql_signed_receipt_get(world->db, world->arena, "vm", vm, &receipt), "receipt");
    assert_true(crypto_ed25519_is_signed(receipt.public_key.bytes, receipt.body,
                                         strlen(receipt.body), receipt.signature.bytes));
    assert_non_null(strstr(receipt.body, "\"format\":\"domicile-receipt-vm/1\""));
    assert_non_null(strstr(receipt.body, "\"vm\":\"amber\""));
    assert_non_null(strstr(receipt.body, "\"part\":\"Disk\""));
    assert_null(strstr(receipt.body, "Nobody Else"));
}

/* ---- kills ---- */

/* SQLite's connections must not cross a fork: close, fork, open again. True: it was killed. */
static bool child_is_killed(struct test *test, int64_t after_us)
{
    struct world *world = test->world;
    int status;
    pid_t child;

    worker_context_close(test->context);
    db_close(world->db);
    child = fork();
    if (child == 0) {
        struct worker_context *context = drain_bench(world);

        for (int i = 0; i < ROUNDS; i++)
            work(context);
        _exit(0);
    }
    usleep((useconds_t)after_us);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    world_check(db_open(world->arena, &DB_MAIN, db_path(test), DB_READ_WRITE, &world->db), "open");
    world_check(sql_job_recover(world->db, world->arena, clock_now_ms()), "recover");
    test->context = drain_bench(world);
    return WIFSIGNALED(status);
}

static void killed_anywhere_it_goes_on(void **state)
{
    struct test *test = *state;
    int wanted = getenv("KILLS") ? atoi(getenv("KILLS")) : KILLS, kills = 0,
        steps[ERASURE_STEPS + 1] = { 0 };

    srandom(7);
    for (int64_t id = 10; kills < wanted; id++) {
        person_plant(test, id);
        request(test, id);
        make_due(test);
        while (kills < wanted && !is_done(test)) {
            bool is_killed = child_is_killed(test, 1000 + random() % 25000);
            int step = 0;

            while (step < ERASURE_STEPS && strcmp(step_of(test, (enum erasure_step)step).state,
                                                  ERASURE_STEP_STATE_DONE) == 0)
                step++;
            /* What is killed after the end does not count. */
            kills += is_killed && step < ERASURE_STEPS;
            steps[step]++;
        }
        finish(test);
        others_remove(test);
        assert_nothing_left(test, id);
        assert_true(strtoll(step_of(test, ERASURE_SEARCH).answer, NULL, 10) > 10);
    }
    for (int i = 0; i <= ERASURE_STEPS; i++)
        print_message("%d killed before %s\n", steps[i],
                      i < ERASURE_STEPS ? ERASURE_STEP_NAMES[i] : "the end");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_owner_takes_the_team_along),
        TEST(a_person_in_every_table_is_erased),
        TEST(deleted_keys_are_searched_for),
        TEST(keys_that_wait_are_searched_for_together),
        TEST(the_search_for_a_key_outlives_its_team),
        TEST(a_team_in_every_table_is_erased),
        TEST(a_team_is_opened_again_until_it_begins),
        TEST(a_team_of_an_account_is_not_opened_alone),
        TEST(addresses_that_were_typed_are_erased),
        TEST(the_mail_is_tried_first),
        TEST(the_answer_is_sent_first),
        TEST(a_new_team_gets_no_old_records),
        TEST(signing_in_undoes_it_until_it_begins),
        TEST(what_others_close_is_not_undone),
        TEST(a_closed_account_says_why),
        TEST(members_of_a_lost_team_are_told),
        TEST(what_is_found_stops_the_sequence),
        TEST(what_the_admin_wrote_does_not_stop_it),
        TEST(what_is_in_the_log_is_told),
        TEST(what_fails_again_and_again_waits),
        TEST(what_others_have_taken_again_does_not_stop_it),
        TEST(rows_are_counted_with_their_deletion),
        TEST(receipts_are_signed_and_chained),
        TEST(a_receipt_says_who_requested_it),
        TEST(vms_get_one_too),
        TEST(killed_anywhere_it_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
