/* The JSON Schemas (2020-12) of a copy's files, generated from the inventory. */
#pragma once

#include "base/buf.h"
#include "model/inventory.h"

/* Of the file of one table: an array of its rows. */
struct error *export_schema_put(struct buf *out, const struct inventory *inventory,
                                const char *table);

/* {"table":...,"column":...,"reason":...} of each column that is not in a copy, separated by
 * commas. */
struct error *export_withheld_put(struct buf *out, const struct inventory *inventory);
