/*
 * What a copy of a person's data holds: one JSON file for each table of the person and of each team
 * that the person owns, what the person did in other teams, a JSON Schema for each table, a page
 * that explains it, and a signed list of all files. All of it follows from the inventory.
 */
#pragma once

#include "worker/worker_context.h"

/* Where figures of the progress go, and whose copy it is. */
struct export_order {
    const char *id;
    int64_t person_id;
};

/*
 * Write the ZIP to the open file. `*out_rows` is the number of rows in it; on the way it is told to
 * the row of the copy. UNAVAILABLE: the disk is full; INTERNAL: no key that signs.
 */
struct error *export_copy_write(struct worker_context *context, const struct export_order *order,
                                int file, int64_t *out_rows);
