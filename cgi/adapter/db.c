/*
 * The adapter for SQLite; see db.h. Connection settings and prepared statements. No SQL for tables
 * here: statements come from the code that sqlc generates.
 */
#include "adapter/db.h"

#include "base/array.h"
#include "base/limit.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct db_run {
    sqlite3_stmt *statement; /* NULL: not prepared yet */
    struct db *db;
};

/* Statements for transactions, prepared once like all others. */
enum command { BEGIN_WRITE, BEGIN_READ, COMMIT, ROLLBACK, LOOK, COMMANDS };

static const char *const command_sql[COMMANDS] = {
    [BEGIN_WRITE] = "BEGIN IMMEDIATE", [BEGIN_READ] = "BEGIN",         [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",           [LOOK] = "PRAGMA data_version",
};

struct db {
    sqlite3 *sqlite;
    sqlite3_stmt *commands[COMMANDS];
    bool is_query_only;  /* not the pragma: changing it makes SQLite prepare all statements again */
    struct db_run *runs; /* by base of the subject + index */
    size_t run_count;
    struct arena *arena; /* of the connection: holds `runs` */
};

static struct db_subject *subjects;
static size_t statement_count;

void db_register(struct db_subject *subject)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* else SQLite takes a lock to allocate memory */
    subject->base = statement_count;
    subject->next = subjects;
    statement_count += subject->count;
    subjects = subject;
}

static enum error_kind kind_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        return ERROR_CONFLICT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return ERROR_UNAVAILABLE;
    default:
        return ERROR_INTERNAL;
    }
}

static struct error *db_error(struct db *db, struct arena *arena, const char *what)
{
    return error_new(arena, kind_of(sqlite3_extended_errcode(db->sqlite)), "%s: %s (%d)", what,
                     sqlite3_errmsg(db->sqlite), sqlite3_extended_errcode(db->sqlite));
}

static struct error *db_execute(struct db *db, struct arena *arena, const char *sql)
{
    if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_error(db, arena, sql);
    return NULL;
}

/*
 * Defence in depth against a crafted file or statement: https://sqlite.org/security.html, with
 * limits that our statements stay below.
 */
static void db_harden(sqlite3 *sqlite)
{
    static const struct {
        int id, value;
    } limits[] = {
        { SQLITE_LIMIT_LENGTH, 2 * 1024 * 1024 },
        { SQLITE_LIMIT_SQL_LENGTH, 20000 },
        { SQLITE_LIMIT_COLUMN, 100 },
        { SQLITE_LIMIT_EXPR_DEPTH, 40 },
        { SQLITE_LIMIT_COMPOUND_SELECT, 7 },
        { SQLITE_LIMIT_ATTACHED, 0 },
        { SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50 },
        { SQLITE_LIMIT_VARIABLE_NUMBER, 50 },
        { SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
    };
    static const struct {
        int option, is_on;
    } options[] = {
        { SQLITE_DBCONFIG_DEFENSIVE, 1 },
        { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
        { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
        { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
        { SQLITE_DBCONFIG_DQS_DML, 0 },
        { SQLITE_DBCONFIG_DQS_DDL, 0 },
    };

    for (size_t i = 0; i < COUNT(limits); i++)
        sqlite3_limit(sqlite, limits[i].id, limits[i].value);
    for (size_t i = 0; i < COUNT(options); i++)
        sqlite3_db_config(sqlite, options[i].option, options[i].is_on, NULL);
}

/* Which file an error is about. */
static struct error *error_at(struct arena *arena, const char *path, const struct error *e)
{
    return error_new(arena, e->kind, "database %s: %s", path, e->text);
}

/* secure_delete and FULL define "deleted" and "acknowledged"; see ARCHITECTURE.md. */
static struct error *db_settings(struct db *db, struct arena *arena, enum db_mode mode)
{
    struct error *e = db_execute(db, arena,
                                 "PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL;"
                                 "PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON;"
                                 "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
                                 "PRAGMA wal_autocheckpoint=2000;"
                                 "PRAGMA journal_size_limit=1048576");

    if (!e && mode == DB_READ_WRITE)
        e = db_execute(db, arena, "PRAGMA journal_mode=WAL");
    return e ? db_error(db, arena, "opening") : NULL;
}

static struct error *db_connect(struct arena *arena, const char *path, int flags, struct db **out)
{
    struct arena *own = arena_new(1024 * 1024);
    struct db *db = arena_alloc(own, sizeof *db);
    int code = sqlite3_open_v2(path, &db->sqlite,
                               flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

    db->arena = own;
    if (code != SQLITE_OK) {
        struct error *e =
            error_new(arena, ERROR_INTERNAL, "database %s: %s", path, sqlite3_errstr(code));

        sqlite3_close(db->sqlite);
        arena_free(own);
        return e;
    }
    sqlite3_busy_timeout(db->sqlite, LIMIT_DB_BUSY_MS);
    db_harden(db->sqlite);
    *out = db;
    return NULL;
}

static struct error *version_read(struct db *db, struct arena *arena, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, "PRAGMA user_version", -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? NULL : db_error(db, arena, "reading the schema version");
}

static struct error *version_check(struct db *db, const struct db_schema *schema,
                                   struct arena *arena)
{
    int64_t version = 0;
    struct error *e = version_read(db, arena, &version);

    if (e || version == schema->version)
        return e;
    return error_new(arena, ERROR_INTERNAL,
                     "%s has schema version %lld, this program needs %lld: run "
                     "\"domicile-admin migrate\"",
                     schema->file, (long long)version, (long long)schema->version);
}

static struct error *db_command(struct db *db, struct arena *arena, enum command command)
{
    sqlite3_stmt **statement = &db->commands[command];
    struct error *e = NULL;
    int code;

    if (!*statement && sqlite3_prepare_v3(db->sqlite, command_sql[command], -1,
                                          SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
        return db_error(db, arena, command_sql[command]);
    code = sqlite3_step(*statement);
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        e = db_error(db, arena, command_sql[command]);
    sqlite3_reset(*statement);
    return e;
}

struct error *db_open(struct arena *arena, const struct db_schema *schema, const char *path,
                      enum db_mode mode, struct db **out)
{
    struct db *db;
    int flags = mode == DB_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    struct error *e = db_connect(arena, path, flags, &db);

    if (e)
        return e;
    e = db_settings(db, arena, mode);
    if (!e)
        e = version_check(db, schema, arena);
    if (e) {
        db_close(db);
        return error_at(arena, path, e);
    }
    db->run_count = statement_count;
    db->runs = arena_array(db->arena, statement_count, sizeof *db->runs);
    *out = db;
    return NULL;
}

void db_close(struct db *db)
{
    for (size_t i = 0; i < db->run_count; i++)
        sqlite3_finalize(db->runs[i].statement);
    for (size_t i = 0; i < COMMANDS; i++)
        sqlite3_finalize(db->commands[i]);
    sqlite3_close(db->sqlite);
    arena_free(db->arena);
}

/* The first dangling reference; see https://sqlite.org/lang_altertable.html section 7. */
static struct error *references_check(struct db *db, struct arena *arena)
{
    sqlite3_stmt *statement = NULL;
    struct error *e = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, "PRAGMA foreign_key_check", -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        e = error_new(arena, ERROR_CONFLICT, "a row of %s refers to a missing row of %s",
                      (const char *)sqlite3_column_text(statement, 0),
                      (const char *)sqlite3_column_text(statement, 2));
    else if (code != SQLITE_DONE)
        e = db_error(db, arena, "foreign_key_check");
    sqlite3_finalize(statement);
    return e;
}

static struct error *migration_apply(struct db *db, const struct db_schema *schema,
                                     struct arena *arena, int64_t index)
{
    const struct db_migration *migration = &schema->migrations[index];
    struct error *e = db_begin(db, arena);

    if (!e)
        e = db_execute(db, arena, migration->sql);
    if (!e)
        e = references_check(db, arena);
    if (!e)
        e = db_execute(db, arena, arena_printf(arena, "PRAGMA user_version=%d", (int)(index + 1)));
    if (!e)
        e = db_commit(db, arena);
    if (e) {
        db_rollback(db);
        return error_in(arena, e, "migration %s", migration->file);
    }
    return NULL;
}

struct error *db_migrate(struct arena *arena, const struct db_schema *schema, const char *path,
                         int64_t *out)
{
    struct db *db;
    struct error *e = db_connect(arena, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db);
    int64_t version = 0;

    if (e)
        return e;
    e = db_settings(db, arena, DB_READ_WRITE);
    /* Off: DROP TABLE would delete what refers to a table being rebuilt. Checked at the end. */
    if (!e)
        e = db_execute(db, arena, "PRAGMA foreign_keys=OFF");
    if (!e)
        e = version_read(db, arena, &version);
    if (!e && version > schema->version)
        e = version_check(db, schema, arena);
    for (int64_t i = version; !e && i < schema->version; i++)
        e = migration_apply(db, schema, arena, i);
    *out = version;
    db_close(db);
    return e ? error_at(arena, path, e) : NULL;
}

bool db_query_only(struct db *db, bool is_on)
{
    bool was_on = db->is_query_only;

    if (was_on && !is_on)
        db_rollback(db);
    db->is_query_only = is_on;
    return was_on;
}

bool db_is_in_transaction(const struct db *db)
{
    return !sqlite3_get_autocommit(db->sqlite);
}

struct error *db_begin(struct db *db, struct arena *arena)
{
    return db_command(db, arena, BEGIN_WRITE);
}

struct error *db_read(struct db *db, struct arena *arena)
{
    return db_is_in_transaction(db) ? NULL : db_command(db, arena, BEGIN_READ);
}

struct error *db_commit(struct db *db, struct arena *arena)
{
    return db_command(db, arena, COMMIT);
}

void db_rollback(struct db *db)
{
    if (db_is_in_transaction(db))
        db_command(db, db->arena, ROLLBACK);
}

/* 0: there is no such file. */
static int64_t file_bytes(const char *path)
{
    struct stat status;

    return path && stat(path, &status) == 0 ? status.st_size : 0;
}

struct error *db_log_empty(struct db *db, struct arena *arena, bool *out_is_empty)
{
    const char *file = sqlite3_db_filename(db->sqlite, "main");
    int code;

    assert(!db_is_in_transaction(db));
    /* Truncating an empty log would wake those who watch the folder. */
    if (out_is_empty)
        *out_is_empty = true;
    if (file_bytes(sqlite3_filename_wal(file)) == 0)
        return NULL;
    sqlite3_busy_timeout(db->sqlite, LIMIT_DB_LOG_WAIT_MS);
    code = sqlite3_wal_checkpoint_v2(db->sqlite, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(db->sqlite, LIMIT_DB_BUSY_MS);
    if (out_is_empty)
        *out_is_empty = code == SQLITE_OK;
    return code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY
               ? NULL
               : db_error(db, arena, "emptying the write-ahead log");
}

struct error *db_compact(struct db *db, struct arena *arena)
{
    const char *file = sqlite3_db_filename(db->sqlite, "main");
    struct error *e;

    if (file_bytes(file) > LIMIT_DB_COMPACT_BYTES)
        return error_new(arena, ERROR_INPUT,
                         "%s is too large to be written anew: remains of deleted rows may stay",
                         file);
    /* VACUUM attaches the new database, which lives in memory (temp_store). */
    sqlite3_limit(db->sqlite, SQLITE_LIMIT_ATTACHED, 1);
    e = db_execute(db, arena, "VACUUM");
    sqlite3_limit(db->sqlite, SQLITE_LIMIT_ATTACHED, 0);
    return e;
}

int64_t db_data_version(struct db *db)
{
    unsigned int version = 0;

    /* SQLite sees what others have written when it begins to read, which BEGIN alone does not. */
    if (sqlite3_txn_state(db->sqlite, "main") == SQLITE_TXN_NONE)
        db_command(db, db->arena, LOOK);
    sqlite3_file_control(db->sqlite, "main", SQLITE_FCNTL_DATA_VERSION, &version);
    return version;
}

int64_t db_changes(struct db *db)
{
    return sqlite3_changes64(db->sqlite);
}

/*
 * Prepared at first use: a program uses a part of its statements, and to prepare all would double
 * the time to its first page. They fit the schema: sqlc has seen to that, and db_open to its
 * version.
 */
struct db_run *db_start(struct db *db, const struct db_subject *subject, size_t index)
{
    struct db_run *run = &db->runs[subject->base + index];

    run->db = db;
    if (!run->statement)
        sqlite3_prepare_v3(db->sqlite, subject->statements[index].sql, -1,
                           SQLITE_PREPARE_PERSISTENT, &run->statement, NULL);
    /* A nested use of a statement would reset the outer one: a bug. */
    assert(!run->statement || !sqlite3_stmt_busy(run->statement));
    return run;
}

void db_bind_int(struct db_run *run, int position, int64_t value)
{
    sqlite3_bind_int64(run->statement, position, value);
}

void db_bind_int_or_null(struct db_run *run, int position, const int64_t *value)
{
    if (value)
        sqlite3_bind_int64(run->statement, position, *value);
    else
        sqlite3_bind_null(run->statement, position);
}

void db_bind_text(struct db_run *run, int position, const char *value)
{
    sqlite3_bind_text(run->statement, position, value, -1, SQLITE_STATIC);
}

void db_bind_bytes(struct db_run *run, int position, struct bytes value)
{
    sqlite3_bind_blob64(run->statement, position, value.bytes, value.length, SQLITE_STATIC);
}

struct error *db_step(struct db_run *run, struct arena *arena, bool *has_row)
{
    sqlite3 *sqlite = run->db->sqlite;
    struct error *e;
    int code;

    *has_row = false;
    if (!run->statement)
        return db_error(run->db, arena, "preparing a statement");
    if (run->db->is_query_only && !sqlite3_stmt_readonly(run->statement)) {
        e = error_new(arena, ERROR_INTERNAL, "a read-only request tried to write: %s",
                      sqlite3_sql(run->statement));
        db_end(run);
        return e;
    }
    code = sqlite3_step(run->statement);
    *has_row = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return NULL;
    e = error_new(arena, kind_of(code), "%s (%d) in: %s", sqlite3_errmsg(sqlite), code,
                  sqlite3_sql(run->statement));
    db_end(run);
    return e;
}

int64_t db_column_int(struct db_run *run, int column)
{
    return sqlite3_column_int64(run->statement, column);
}

/*
 * The value once, then its text and length, instead of the column twice: a quarter less. It is
 * used at once by the connection's only thread, as https://sqlite.org/c3ref/column_blob.html asks.
 */
const char *db_column_text(struct db_run *run, int column, struct arena *arena)
{
    sqlite3_value *value = sqlite3_column_value(run->statement, column);
    const unsigned char *text = sqlite3_value_text(value);

    if (!text)
        return NULL;
    return arena_copy_bytes(arena, text, (size_t)sqlite3_value_bytes(value));
}

struct bytes db_column_bytes(struct db_run *run, int column, struct arena *arena)
{
    const void *bytes = sqlite3_column_blob(run->statement, column);
    size_t length = (size_t)sqlite3_column_bytes(run->statement, column);

    if (sqlite3_column_type(run->statement, column) == SQLITE_NULL)
        return (struct bytes){ NULL, 0 };
    return (struct bytes){ arena_copy_bytes(arena, bytes, length), length };
}

void db_end(struct db_run *run)
{
    sqlite3_reset(run->statement);
    /* Bound bytes belong to the request and must not be reachable after it. */
    sqlite3_clear_bindings(run->statement);
}

struct error *db_none(struct arena *arena, const char *statement)
{
    return error_new(arena, ERROR_NOT_FOUND, "%s: no such row", statement);
}
