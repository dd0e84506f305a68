/*
 * The adapter for SQLite: the only file that includes sqlite3.h.
 *
 * Hand-written code opens databases and delimits transactions. Statements are in db/SUBJECT.sql;
 * sqlc compiles them to typed functions that call the second half of this header.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct db;
struct db_schema;

enum db_mode {
    DB_READ_ONLY,
    DB_READ_WRITE,
};

/* Bytes with a length; a NULL pointer is SQL NULL. */
struct bytes {
    const void *bytes;
    size_t length;
};

/*
 * Open the database at `path` with the settings of ARCHITECTURE.md ("Database"). INTERNAL if the
 * file is missing or has another schema version. `arena` is for errors; the connection lives until
 * db_close or the end of the process. A connection belongs to one thread.
 */
struct error *db_open(struct arena *arena, const struct db_schema *schema, const char *path,
                      enum db_mode mode, struct db **out);
void db_close(struct db *db);

/*
 * Migrate the file at `path` to the latest version of `schema`, creating it if needed, with one
 * transaction per migration. `*out` is the previous version.
 */
struct error *db_migrate(struct arena *arena, const struct db_schema *schema, const char *path,
                         int64_t *out);

/*
 * Refuse writes (GET and HEAD) or allow them; returns the previous setting. Allowing them ends the
 * transaction in which there could be none: a write needs the newest version, which it may not
 * have.
 */
bool db_query_only(struct db *db, bool is_on);

/*
 * A transaction. db_begin takes the write lock immediately (BEGIN IMMEDIATE), waiting up to
 * LIMIT_DB_BUSY_MS: UNAVAILABLE after that, or if the disk is full. db_read starts a deferred one,
 * so that all queries of a page see one snapshot; in a transaction it does nothing. db_rollback
 * does nothing without a transaction.
 */
struct error *db_begin(struct db *db, struct arena *arena);
struct error *db_read(struct db *db, struct arena *arena);
struct error *db_commit(struct db *db, struct arena *arena);
void db_rollback(struct db *db);
bool db_is_in_transaction(const struct db *db);

/*
 * What was deleted is overwritten in the database at once, but the write-ahead log holds it until
 * it is emptied. db_log_empty moves the log into the database and truncates it, without a
 * transaction open. Another connection in the way is waited for during LIMIT_DB_LOG_WAIT_MS, in
 * which writers may wait too; then the log stays, which is no error: call it again later.
 * `*out_is_empty`, unless it is NULL, says whether it is.
 *
 * db_compact writes the whole database anew, because SQLite may leave copies of rows in unused
 * parts of pages when it moves them. Writers wait meanwhile. INPUT if the file is larger than
 * LIMIT_DB_COMPACT_BYTES, UNAVAILABLE if another connection writes.
 */
struct error *db_log_empty(struct db *db, struct arena *arena, bool *out_is_empty);
struct error *db_compact(struct db *db, struct arena *arena);

/*
 * A number that changes whenever anything in the database does, by this connection or another. It
 * is of the transaction's snapshot, or of now; other connections have other numbers.
 * https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntldataversion
 */
int64_t db_data_version(struct db *db);

/* Rows changed by the last statement: 0 from an UPDATE means "no such row". */
int64_t db_changes(struct db *db);

/* The schemas compiled into this program: db/ and db/inbox/. */
extern const struct db_schema DB_MAIN;
extern const struct db_schema DB_INBOX;

/* ---- for code that sqlc generates ---------------------------------------------------------- */

struct db_statement {
    const char *name; /* "vm_list" */
    const char *sql;
};

/* One db/SUBJECT.sql. Registered by a constructor in its generated file, before main(). */
struct db_subject {
    const struct db_schema *schema;
    const struct db_statement *statements;
    size_t count;
    size_t base; /* index of its first statement in every struct db; set by db_register */
    struct db_subject *next;
};

void db_register(struct db_subject *subject);

/* A running prepared statement. */
struct db_run;

/* The statement `index` of `subject`, reset and without bindings. */
struct db_run *db_start(struct db *db, const struct db_subject *subject, size_t index);

/* Positions count from 1. The bytes must live until db_end. */
void db_bind_int(struct db_run *run, int position, int64_t value);
void db_bind_int_or_null(struct db_run *run, int position, const int64_t *value);
void db_bind_text(struct db_run *run, int position, const char *value); /* NULL is SQL NULL */
void db_bind_bytes(struct db_run *run, int position, struct bytes value);

/*
 * Fetch the next row, if any. Errors: CONFLICT (a UNIQUE, CHECK or foreign-key constraint),
 * UNAVAILABLE (busy, disk full), INTERNAL. After an error the statement is already reset.
 */
struct error *db_step(struct db_run *run, struct arena *arena, bool *has_row);

/* Columns count from 0. Text and bytes are copied to the arena; SQL NULL gives NULL or 0. */
int64_t db_column_int(struct db_run *run, int column);
const char *db_column_text(struct db_run *run, int column, struct arena *arena);
struct bytes db_column_bytes(struct db_run *run, int column, struct arena *arena);

/* Reset the statement. Each db_start needs exactly one db_end, unless db_step failed. */
void db_end(struct db_run *run);

/* NOT_FOUND for a `row` statement that gave none, or a `one` statement that did not change one. */
struct error *db_none(struct arena *arena, const char *statement);

/* One numbered file, in order; generated by sqlc into schema.c. */
struct db_migration {
    const char *file; /* "001_start.sql" */
    const char *sql;
};

struct db_schema {
    const char *file; /* file name of the database: "main.db" */
    const struct db_migration *migrations;
    int64_t version; /* the latest: the number of migrations */
};
