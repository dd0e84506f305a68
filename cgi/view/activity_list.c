/* The activity of a team; see activity_list.h. */
#include "view/activity_list.h"

#include "activity.html.h"
#include "base/limit.h"
#include "web/list_position.h"
#include "web/session.h"

/* The page before this one begins behind a position too; the first page of all, behind none. */
static struct error *newer_fill(struct request *r, struct activity_html *page)
{
    const struct activity_list_row *first = &page->events.row[0];
    struct activity_newer_row start;
    struct error *e = sql_activity_newer(r->db, r->arena, r->session->team_id, first->at_ms,
                                         first->id, LIMIT_LIST_ROWS, &start);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    page->newer = list_position_text(r->arena, start.at_ms, start.id);
    return NULL;
}

struct error *activity_list_respond(struct request *r)
{
    struct activity_html page = { .newer = NULL };
    const struct activity_list_row *last;
    struct list_position position;
    struct error *e = list_position_read(r, &position);

    if (!e)
        e = sql_activity_list(r->db, r->arena, r->session->team_id, position.at, position.id,
                              LIMIT_LIST_ROWS + 1, &page.events);
    if (e)
        return e;
    page.has_newer = position.at != INT64_MAX;
    if (list_cut(&page.events.count)) {
        last = &page.events.row[page.events.count - 1];
        page.older = list_position_text(r->arena, last->at_ms, last->id);
    }
    if (page.has_newer && page.events.count)
        e = newer_fill(r, &page);
    r->frame.title = "Activity";
    r->frame.section = "activity";
    if (!e)
        html_activity(&r->response.body, &r->frame, &page);
    return e;
}
