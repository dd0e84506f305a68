/* What the stored results of promises say, for pages and the operator's command alike. */
#pragma once

#include "base/arena.h"

#include "promise.sql.h"

/*
 * What was measured, and its limit: "12 d, limit 30 d", "3 found", "2 d late"; in the arena. NULL:
 * nothing was found, or it is not known, which the state says.
 */
const char *promise_row_figure(struct arena *arena, const struct promise_list_row *row);

/* The two alone: "12 d" and "30 d". NULL: nothing was found, there is no limit, or it is not known.
 */
const char *promise_row_measured(struct arena *arena, const struct promise_list_row *row);
const char *promise_row_limit(struct arena *arena, const struct promise_list_row *row);

/* How many promises there are of each state. */
struct promise_sums {
    int64_t total, kept, broken, unknown;
    int64_t checked_at; /* the last measurement; 0: none */
};

struct promise_sums promise_rows_sum(const struct promise_list_rows *rows);
