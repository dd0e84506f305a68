/*
 * The adapter for SQLite: the only file that includes sqlite3.h.
 *
 * Hand-written code opens a database and marks transactions. Statements stand in db/SUBJECT.sql;
 * sqlc turns them into typed functions that call the second half of this header.
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
 * Open the database at `path` with the settings of ARCHITECTURE.md ("Database") and prepare every
 * statement of every subject of `schema` that this program links. Fails INTERNAL when the file is
 * missing, when it has another schema version, or when a statement does not fit.
 * `arena` is for errors; the connection lives until db_close or the end of the process.
 * One connection belongs to one thread.
 */
struct error *db_open(struct arena *arena, const struct db_schema *schema, const char *path,
                      enum db_mode mode, struct db **out);
void db_close(struct db *db);

/*
 * Bring the file at `path` to the newest version of `schema`, creating it if needed: each migration
 * in a transaction of its own. `*out` is the version it had before.
 */
struct error *db_migrate(struct arena *arena, const struct db_schema *schema, const char *path,
                         int64_t *out);

/* Refuse writes (GET and HEAD) or allow them; returns what was so before. */
bool db_query_only(struct db *db, bool is_on);

/*
 * A transaction. db_begin takes the write lock at once (BEGIN IMMEDIATE) and waits up to
 * LIMIT_DB_BUSY_MS for it: UNAVAILABLE after that, or when the disk is full. db_read begins a
 * deferred one, so that all queries of a page see the same moment; inside a transaction it does
 * nothing. So does db_rollback without a transaction.
 */
struct error *db_begin(struct db *db, struct arena *arena);
struct error *db_read(struct db *db, struct arena *arena);
struct error *db_commit(struct db *db, struct arena *arena);
void db_rollback(struct db *db);
bool db_is_in_transaction(const struct db *db);

/* Rows changed by the last statement: 0 from an UPDATE means "no such row". */
int64_t db_changes(struct db *db);

/* The schemas compiled into this program: db/ and db/inbox/. */
extern const struct db_schema DB_MAIN;
extern const struct db_schema DB_INBOX;

/* ---- for code that sqlc writes ------------------------------------------------------------- */

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

/* A prepared statement while it runs. */
struct db_run;

/* The statement `index` of `subject`, reset and without bindings. */
struct db_run *db_start(struct db *db, const struct db_subject *subject, size_t index);

/* Positions count from 1. The bytes must live until db_end. */
void db_bind_int(struct db_run *run, int position, int64_t value);
void db_bind_int_or_null(struct db_run *run, int position, const int64_t *value);
void db_bind_text(struct db_run *run, int position, const char *value); /* NULL is SQL NULL */
void db_bind_bytes(struct db_run *run, int position, struct bytes value);

/*
 * The next row, if there is one. Errors: CONFLICT (a UNIQUE, CHECK or foreign-key rule refuses the
 * write), UNAVAILABLE (busy, disk full), INTERNAL. On an error the statement is already reset.
 */
struct error *db_step(struct db_run *run, struct arena *arena, bool *has_row);

/* Columns count from 0. Text and bytes are copied into the arena; NULL gives NULL, or 0. */
int64_t db_column_int(struct db_run *run, int column);
const char *db_column_text(struct db_run *run, int column, struct arena *arena);
struct bytes db_column_bytes(struct db_run *run, int column, struct arena *arena);

/* Reset. Every db_start is followed by exactly one db_end unless db_step failed. */
void db_end(struct db_run *run);

/* NOT_FOUND for a `row` statement that gave none. */
struct error *db_none(struct arena *arena, const char *statement);

/* One numbered file, in order; written by sqlc into the generated schema.c. */
struct db_migration {
    const char *file; /* "001_start.sql" */
    const char *sql;
};

struct db_schema {
    const char *file; /* how its database is called: "main.db" */
    const struct db_migration *migrations;
    int64_t version; /* that the migrations lead to: how many there are */
};
