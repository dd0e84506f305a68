/*
 * Pages of a list that grows without end, ordered by time, newest first, and by id within the same
 * time. A page begins after a position: time and id of the last row of the page before. A time
 * alone would lose the other rows of the same moment. Lists that can be counted have numbered
 * pages: list_query.h.
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
