/* The promises as their page shows them; see status_page.h. Every row is complete in the database.
 */
#include "view/status_page.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "promise.sql.h"
#include "status.html.h"

#include <string.h>

enum { YEAR_S = 366 * A_DAY_S };

/* A period that is promised is in whole days or years; what was measured may be seconds. */
static const char *time_text(struct arena *arena, int64_t seconds)
{
    if (seconds >= 2 * YEAR_S)
        return arena_printf(arena, "%lld years", (long long)(seconds / YEAR_S));
    return date_span(arena, seconds < 3 * A_DAY_S ? seconds : seconds / A_DAY_S * A_DAY_S);
}

/* "1 h, limit 15 d", "3 found"; NULL if nothing was found: the state says so. */
static const char *figure_text(struct arena *arena, const struct promise_list_row *row)
{
    if (!row->figure || strcmp(row->state, PROMISE_STATE_UNKNOWN) == 0)
        return NULL;
    if (strcmp(row->unit, PROMISE_UNIT_SECONDS) != 0)
        return arena_printf(arena, "%s found", text_count(arena, row->figure));
    return row->figure_max ? arena_printf(arena, "%s, limit %s", time_text(arena, row->figure),
                                          time_text(arena, row->figure_max))
                           : time_text(arena, row->figure);
}

struct status_promise status_promise_of(struct request *r, const struct promise_list_row *row)
{
    bool is_unknown = strcmp(row->state, PROMISE_STATE_UNKNOWN) == 0;
    bool is_red = strcmp(row->state, PROMISE_STATE_RED) == 0;
    bool is_time = strcmp(row->unit, PROMISE_UNIT_SECONDS) == 0;
    const char *label = is_unknown ? "Not measured" : is_red ? "Broken" : "Kept";

    return (struct status_promise){
        .id = row->id,
        .sentence = row->sentence,
        .mechanism = row->mechanism,
        .evidence = row->evidence,
        .label = row->is_late ? "Check late" : label,
        .chip = row->is_late || is_unknown ? "wait"
                : is_red                   ? "bad"
                                           : "kept",
        .value = figure_text(r->arena, row),
        .figure = is_unknown || !row->figure ? NULL
                  : is_time                  ? time_text(r->arena, row->figure)
                            : arena_printf(r->arena, "%s found", text_count(r->arena, row->figure)),
        .limit =
            is_time && row->figure_max && !is_unknown ? time_text(r->arena, row->figure_max) : NULL,
        .checked_at = row->checked_at,
    };
}

/* Rows of one topic follow each other. */
static struct status_topic_rows topics_of(struct request *r, const struct promise_list_rows *rows)
{
    struct status_topic_rows topics = { .row = arena_array(r->arena, rows->count,
                                                           sizeof *topics.row) };
    struct status_promise *promises = arena_array(r->arena, rows->count, sizeof *promises);

    for (size_t i = 0; i < rows->count; i++) {
        if (i == 0 || strcmp(rows->row[i].topic, rows->row[i - 1].topic) != 0)
            topics.row[topics.count++] =
                (struct status_topic){ .name = rows->row[i].topic, .promises.row = &promises[i] };
        promises[i] = status_promise_of(r, &rows->row[i]);
        topics.row[topics.count - 1].promises.count++;
    }
    return topics;
}

struct error *status_page_show(struct request *r)
{
    struct promise_list_rows rows;
    struct status_html page = { .total = 0 };
    struct error *e = sql_promise_list(r->db, r->arena, r->now_at, &rows);

    if (e)
        return e;
    page.topics = topics_of(r, &rows);
    page.total = (int64_t)rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        page.kept += strcmp(rows.row[i].state, PROMISE_STATE_GREEN) == 0;
        if (rows.row[i].checked_at > page.checked_at)
            page.checked_at = rows.row[i].checked_at;
        page.broken += strcmp(rows.row[i].state, PROMISE_STATE_RED) == 0;
    }
    page.unknown = page.total - page.kept - page.broken;
    r->frame.title = "Promises";
    html_status(&r->response.body, &r->frame, &page);
    return NULL;
}
