/* What the stored results of promises say; see promise_row.h. */
#include "model/promise_row.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "main_constants.sql.h"

#include <string.h>

/* As the terms of base/limit.h: never too short. */
enum { YEAR_S = 366 * A_DAY_S };

/* A term is in whole days or years: what it is exceeded by before it counts is no part of it. */
static const char *limit_text(struct arena *arena, int64_t seconds)
{
    if (seconds >= 2 * YEAR_S)
        return arena_printf(arena, "%lld years", (long long)(seconds / YEAR_S));
    return date_span(arena, seconds < 3 * A_DAY_S ? seconds : seconds / A_DAY_S * A_DAY_S);
}

static const char *time_text(struct arena *arena, int64_t seconds)
{
    long long days = seconds % YEAR_S / A_DAY_S;

    if (seconds < 2 * YEAR_S || !days)
        return limit_text(arena, seconds);
    return arena_printf(arena, "%s %lld d", limit_text(arena, seconds), days);
}

const char *promise_row_figure(struct arena *arena, const struct promise_list_row *row)
{
    const char *figure, *limit;

    if (!row->figure || strcmp(row->state, PROMISE_STATE_UNKNOWN) == 0)
        return NULL;
    if (strcmp(row->unit, PROMISE_UNIT_SECONDS) != 0)
        return arena_printf(arena, "%s found", text_count(arena, row->figure));
    figure = time_text(arena, row->figure);
    if (!row->figure_max)
        return arena_printf(arena, "%s late", figure);
    limit = limit_text(arena, row->figure_max);
    if (row->figure > row->figure_max && strcmp(figure, limit) == 0)
        return arena_printf(arena, "%s over the limit of %s",
                            date_span(arena, row->figure - row->figure_max), limit);
    return arena_printf(arena, "%s, limit %s", figure, limit);
}

static bool is_time(const struct promise_list_row *row)
{
    return strcmp(row->unit, PROMISE_UNIT_SECONDS) == 0;
}

static bool is_known(const struct promise_list_row *row)
{
    return strcmp(row->state, PROMISE_STATE_UNKNOWN) != 0;
}

const char *promise_row_measured(struct arena *arena, const struct promise_list_row *row)
{
    if (!row->figure || !is_known(row))
        return NULL;
    return is_time(row) ? time_text(arena, row->figure)
                        : arena_printf(arena, "%s found", text_count(arena, row->figure));
}

const char *promise_row_limit(struct arena *arena, const struct promise_list_row *row)
{
    return row->figure_max && is_time(row) && is_known(row) ? limit_text(arena, row->figure_max)
                                                            : NULL;
}

struct promise_sums promise_rows_sum(const struct promise_list_rows *rows)
{
    struct promise_sums sums = { .total = (int64_t)rows->count };

    for (size_t i = 0; i < rows->count; i++) {
        sums.kept += strcmp(rows->row[i].state, PROMISE_STATE_GREEN) == 0;
        sums.broken += strcmp(rows->row[i].state, PROMISE_STATE_RED) == 0;
        if (rows->row[i].checked_at > sums.checked_at)
            sums.checked_at = rows->row[i].checked_at;
    }
    sums.unknown = sums.total - sums.kept - sums.broken;
    return sums;
}
