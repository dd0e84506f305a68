/*
 * Pages of lists. A list that grows with time, without end, continues after a position; one that a
 * quota or a limit bounds has numbered pages.
 *
 * Positions: pages of a list that is ordered by time, newest first, and by id within the same time.
 * A page begins after a position: time and id of the last row of the page before. A time alone
 * would lose the other rows of the same moment.
 */
#pragma once

#include "web/request.h"

struct list_position {
    int64_t at; /* in the unit of the list's time */
    const char *id;
};

/* From the query's "before"; the beginning of the list if it is absent or invalid. */
struct error *list_position_read(struct request *r, struct list_position *out);

/*
 * A page asks for LIMIT_LIST_ROWS + 1 rows. True if it got the last one too, which is dropped:
 * there are more rows than the page shows.
 */
bool list_cut(size_t *count);

/* The value of "before" that continues after the row (`at`, `id`): "1767225604100-a2b3". */
const char *list_position_text(struct arena *arena, int64_t at, const char *id);

struct list_page {
    int64_t number;        /* from 1 */
    int64_t from, to;      /* its rows, from 1; both 0 in an empty list */
    int64_t before, after; /* numbers of the pages beside it; 0: none */
};

/* From the query's "page" for a list of `total` rows: the nearest page that exists. */
struct error *list_page_read(struct request *r, int64_t total, struct list_page *out);
