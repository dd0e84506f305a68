/*
 * The data inventory, as declared by the comment beside each column of each database. sqlc
 * generates the tables from the migrations.
 */
#pragma once

#include <stddef.h>

struct inventory_column {
    const char *table;
    const char *column;
    const char *why;
    const char *basis;     /* contract, legal, interest, consent, none */
    const char *keep;      /* account, vm, session, forever, "N days" and so on */
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
