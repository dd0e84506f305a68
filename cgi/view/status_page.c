/* The promises as their page shows them; see status_page.h. Every row is complete in the database.
 */
#include "view/status_page.h"

#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/promise_row.h"
#include "status.html.h"

#include <string.h>

struct status_promise status_promise_of(struct request *r, const struct promise_list_row *row)
{
    bool is_unknown = strcmp(row->state, PROMISE_STATE_UNKNOWN) == 0;
    bool is_red = strcmp(row->state, PROMISE_STATE_RED) == 0;
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
        .value = promise_row_figure(r->arena, row),
        .figure = promise_row_measured(r->arena, row),
        .limit = promise_row_limit(r->arena, row),
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
    struct status_html page = { .sums.total = 0 };
    struct error *e = sql_promise_list(r->db, r->arena, r->now_at, &rows);

    if (!e)
        e = sql_announcement_now(r->db, r->arena, r->now_at, LIMIT_ANNOUNCEMENTS,
                                 &page.announcements);
    if (e)
        return e;
    page.topics = topics_of(r, &rows);
    page.sums = promise_rows_sum(&rows);
    r->frame.title = "Promises";
    r->frame.section = "status";
    html_status(&r->response.body, &r->frame, &page);
    return NULL;
}
