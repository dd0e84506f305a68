/*
 * Shared by the parts of sqlc: the parsed form of a statement, and text helpers.
 *
 * Nothing is freed: sqlc runs once and exits. Every check goes through refuse(), so that one run
 * reports all errors; nothing is written to --out if there was one.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* An input file: "db/vm.sql" and its contents. */
struct source {
    const char *path;
    const char *name; /* the last part of `path` */
    char *text;
};

enum type {
    TYPE_INT,
    TYPE_TEXT,
    TYPE_BLOB,
};

/* A parameter or a column. */
struct field {
    char *name;
    enum type type;
    bool is_nullable; /* `text?`; parameters only */
    int position;     /* of a parameter in the SQL, from 1; 0: the SQL does not use it */
};

struct fields {
    struct field *field;
    size_t count;
};

enum shape {
    SHAPE_ROWS,
    SHAPE_ROW,
    SHAPE_DONE, /* a write of any number of rows, none included */
    SHAPE_ONE,  /* a write of exactly one row; else NOT_FOUND */
};

struct statement {
    const struct source *source;
    int line; /* of the signature */
    char *name;
    struct fields parameters;
    enum shape shape;
    struct fields computed; /* the columns with a type in the signature */
    bool is_across_teams;
    char *contract; /* comment lines below the signature, each with its "--"; may be empty */
    char *sql;      /* once checked, exactly one statement with nothing after it */
    int sql_line;
    struct fields columns; /* once checked, the result columns */
    bool is_write;         /* once checked */
};

/* One db/SUBJECT.sql. */
struct subject {
    struct source source;
    char *name;
    struct statement *statement;
    size_t count;
};

/* One column of the data inventory: its location, and the five parts of its comment. */
struct inventory {
    const char *table;
    const char *column;
    const char *type; /* as declared: "INTEGER" */
    bool is_required; /* NOT NULL, or part of the primary key */
    char *part[5];    /* why, basis, keep, export, erase */
};

struct place {
    const char *path; /* NULL: nowhere */
    int line;
};

enum owner {
    OWNER_TEAM,
    OWNER_PERSON,
    OWNER_ADDRESS, /* whoever has this e-mail address */
};

/* A table, whose its rows are, and the statements that follow: see sqlc_owner.c. */
struct table {
    const char *name;
    struct place place;  /* where it is declared */
    struct place nobody; /* where a comment says that its rows are nobody's */
    enum owner owner;
    const char *key;                            /* the column that says whose; NULL: nobody's */
    const char *select, *erase;                 /* of an owner's rows; NULL: there is nothing */
    const char *person_select, *person_erase;   /* of a team's table: what a person did in it */
    const char *about_select;                   /* and what others did about that person */
    const char *address_select, *address_erase; /* and what is about whoever has an address */
};

/* One allowed value of a column: from CHECK (state IN ('queued', 'done')). */
struct constant {
    const char *table, *column, *text;
};

struct schema {
    const char *name; /* "main": the database created by the migrations */
    struct source *migration;
    size_t migration_count;
    struct inventory *inventory;
    size_t inventory_count;
    struct table *table; /* in the order of their creation */
    size_t table_count;
    struct constant *constant;
    size_t constant_count;
};

/* ---- sqlc_text.c ---- */

/* Print "PATH:LINE: what is wrong; what to write instead" to standard error, and count it. */
void refuse(const char *path, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int refusal_count(void);

/* Exit immediately: for failures of the machine, not of the input. */
void give_up(const char *what) __attribute__((noreturn));

/* `items` with room for one more element of `size` bytes after `count`. */
void *grow(void *items, size_t count, size_t size);

struct field *field_add(struct fields *fields, struct field field);
/* Rows or one row are its result. */
bool has_rows(const struct statement *statement);

struct field *field_find(const struct fields *fields, const char *name); /* or NULL */

/* The line number of `at` in a text whose first line is `line`. */
int line_of(const char *text, const char *at, int line);

/* The first byte that is neither white space nor part of an SQL comment. */
const char *skip_blank(const char *at);

/* [a-z][a-z0-9_]*, and not a C keyword. */
bool is_plain_name(const char *name);

struct source source_read(const char *folder, const char *name);

/* Write `bytes` to folder/name unless unchanged: make compares timestamps. */
void file_save(const char *folder, const char *name, const char *bytes);

/* ---- sqlc_read.c ---- */

struct reader {
    const struct source *source;
    const char *at;
    int line;
};

/* The next statement with a valid signature; false at the end of the file. */
bool read_statement(struct reader *reader, struct statement *out);

/* ---- sqlc_check.c ---- */

/* Check the statement against the schema in `db` and fill in the fields marked "once checked". */
void check_statement(sqlite3 *db, struct statement *statement);

/* ---- sqlc_schema.c ---- */

/* Run the migrations in `db`. False after an SQL error: further checks would only repeat it. */
bool schema_apply(sqlite3 *db, const struct schema *schema);

/* Check each table and column against its declaration; fill `schema->inventory` and `table`. */
void schema_check(sqlite3 *db, struct schema *schema);

/* Fill `schema->constant` from the CHECK constraints that list values. */
void schema_constants(sqlite3 *db, struct schema *schema);

/* Report the SQLite error for `sql`, which starts at `line` of `source`. */
void refuse_sql(sqlite3 *db, const struct source *source, const char *sql, int line);

/* The column's entry, or NULL. */
const struct inventory *column_find(const struct schema *schema, const char *table,
                                    const char *column);

/* ---- sqlc_owner.c ---- */

/* Find whose rows each table's are, and make the statements of `schema->table`. */
void owners_check(sqlite3 *db, struct schema *schema, const struct subject *subjects, size_t count);

/* ---- sqlc_write.c ---- */

void write_subject(const char *folder, const struct schema *schema, const struct subject *subject);
void write_schema(const char *folder, const struct schema *schema);
void write_inventory(const char *folder, const struct schema *schema);
void write_constants(const char *folder, const struct schema *schema);
