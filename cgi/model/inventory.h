/*
 * The data inventory: what is held, why, on which basis, for how long, and what export and erasure
 * do to it. Columns are declared by the comment beside each of them, from which sqlc generates the
 * tables; files of the state directory in inventory_files.c.
 */
#pragma once

#include "adapter/config.h"

struct inventory_column {
    const char *table;
    const char *column;
    const char *why;
    const char *basis;     /* contract, legal, interest, consent, none */
    const char *keep;      /* account, vm, session, forever, "N days" and so on: inventory_keep() */
    const char *on_export; /* export, withhold */
    const char *on_erase;  /* delete, anonymise, keep */
};

struct inventory {
    const char *database; /* "main" */
    const struct inventory_column *columns;
    size_t count;
};

extern const struct inventory INVENTORY_MAIN;
extern const struct inventory INVENTORY_INBOX;

/*
 * Files whose path below the state directory matches; "*" stands for any characters, "/" too. A
 * pattern that begins with "/" is of files elsewhere, which belong to root.
 */
struct inventory_file {
    const char *pattern;
    const char *why, *basis, *keep, *on_export, *on_erase; /* as of a column */
};

extern const struct inventory_file INVENTORY_FILES[];
extern const size_t INVENTORY_FILE_COUNT;

/* For how long: "vm" and "log" in words, with the operator's terms; all others are as declared. */
const char *inventory_keep(struct arena *arena, const struct config *config, const char *keep);

/* NULL: a file that nobody has declared. */
const struct inventory_file *inventory_file_find(const char *path);
