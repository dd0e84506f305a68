/*
 * The data inventory: what is held, why, on which basis, for how long, and what export and erasure
 * do to it. Columns are declared by the comment beside each of them, from which sqlc generates the
 * tables; files of the state directory in inventory_files.c.
 */
#pragma once

#include "adapter/config.h"
#include "adapter/db.h"

struct inventory_column {
    const char *table;
    const char *column;
    const char *why;
    const char *basis;     /* contract, legal, interest, consent, none */
    const char *keep;      /* account, vm, session, forever, "N days" and so on: inventory_keep() */
    const char *on_export; /* export, withhold */
    const char *on_erase;  /* delete, anonymise, keep */
    const char *type;      /* INTEGER, TEXT, BLOB */
    bool is_required;      /* never NULL */
    const char *values;    /* all that it may be, as the members of a JSON array; NULL: any */
};

/* Whose the rows of a table are. */
enum inventory_owner {
    INVENTORY_TEAM,
    INVENTORY_PERSON,
    INVENTORY_ADDRESS, /* whoever has this e-mail address */
};

/*
 * A table whose rows have an owner, and the statements that sqlc makes of its inventory. Each takes
 * the owner as its first parameter: the id of the team or person, or the address. NULL: there is
 * nothing to copy or to erase.
 *
 * `copy` gives a row for each of the owner's, with one column: a JSON object of the exported
 * columns, bytes in base 16. `erase` deletes the owner's rows, or, where a column is kept, empties
 * the others: NULL, or '' or 0 where they are required. What a person did in teams is in the rows
 * of teams that have a person_id: `copy_person` gives those of one person, without those of the
 * teams in its second parameter, a JSON array of ids; `erase_person` takes the person out of them.
 * Where a column says who acted, `copy_about` gives, with the same parameters, what the operator or
 * the server did about that person. A team's rows with an `email` are about whoever has that
 * address: `copy_address` gives them, without those of the teams in its second parameter, and
 * `erase_address` deletes them.
 */
struct inventory_table {
    const char *name;
    enum inventory_owner owner;
    const char *key; /* the column that says whose: "team_id" */
    const struct db_statement *copy;
    const struct db_statement *erase;
    const struct db_statement *copy_person;
    const struct db_statement *erase_person;
    const struct db_statement *copy_about;
    const struct db_statement *copy_address;
    const struct db_statement *erase_address;
};

struct inventory {
    const char *database; /* "main" */
    const struct inventory_column *columns;
    size_t count;
    const struct inventory_table *tables; /* those with an owner, in the order of their creation */
    size_t table_count;
    const struct db_subject *subject; /* of their statements */
};

extern const struct inventory INVENTORY_MAIN;
extern const struct inventory INVENTORY_INBOX;

/*
 * Files whose path below the state directory matches one of the patterns, as in a shell: "*" stands
 * for any characters but "/", "**" for these too. What programs of others write (libvirt/) and what
 * is made anew at each start (app/) is declared as a whole, all else by name. A pattern that begins
 * with "/" is of files elsewhere, which belong to root.
 */
struct inventory_file {
    const char *patterns;                                  /* "data/main.db, data/main.db-?" */
    const char *why, *basis, *keep, *on_export, *on_erase; /* as of a column */
};

extern const struct inventory_file INVENTORY_FILES[];
extern const size_t INVENTORY_FILE_COUNT;

/* For how long: "vm" and "log" in words, with the operator's terms; all others are as declared. */
const char *inventory_keep(struct arena *arena, const struct config *config, const char *keep);

/* The statement of a table of this inventory, started: bind the owner, step, end as in db.h. */
struct db_run *inventory_start(struct db *db, const struct inventory *inventory,
                               const struct db_statement *statement);

/* NULL: a file that nobody has declared. */
const struct inventory_file *inventory_file_find(const char *path);
