/* The activity of a team; see activity_list.h. */
#include "view/activity_list.h"

#include "activity.html.h"
#include "adapter/crypto.h"
#include "audit_head.sql.h"
#include "base/array.h"
#include "base/limit.h"
#include "model/role.h"
#include "web/list_position.h"
#include "web/list_query.h"
#include "web/session.h"

static const struct list_choice KINDS[] = {
    { .value = "", .label = "All" },
    { .value = "vms", .label = "VMs" },
    { .value = "snapshots", .label = "Snapshots" },
    { .value = "account", .label = "Account" },
    { .value = "failed", .label = "Failed" },
};
static const struct list_kind LIST = {
    .path = "/activity",
    .things = "activity",
    .filter_name = "kind",
    .filter_label = "Filter by kind",
    .filters = KINDS,
    .filter_count = COUNT(KINDS),
    .has_period = true,
};

/* The last moment of the period. */
static int64_t until_ms(const struct list_query *list)
{
    return list->before_at == INT64_MAX ? INT64_MAX : list->before_at * 1000 - 1;
}

/* The page before this one begins behind a position too; the first page of all, behind none. */
static struct error *newer_fill(struct request *r, const struct activity_entry *first,
                                struct activity_html *page)
{
    struct activity_newer_row start;
    struct error *e = sql_activity_newer(r->db, r->arena, r->session->team_id, page->list.search,
                                         page->list.filter, first->at_ms, first->id,
                                         until_ms(&page->list), LIMIT_LIST_ROWS, &start);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    page->newer = list_position_text(r->arena, start.at_ms, start.id);
    return NULL;
}

static struct error *rows_fill(struct request *r, const struct list_position *position,
                               struct activity_html *page)
{
    struct activity_entry_rows events;
    const struct activity_entry *last;
    struct activity_list_rows rows;
    bool is_within = position->at <= until_ms(&page->list);
    struct error *e = sql_activity_list(r->db, r->arena, r->session->team_id, page->list.search,
                                        page->list.filter, page->list.since_at * 1000,
                                        is_within ? position->at : until_ms(&page->list),
                                        is_within ? position->id : "", LIMIT_LIST_ROWS + 1, &rows);

    if (e)
        return e;
    events = activity_view_team(r->arena, &rows);
    if (list_cut(&events.count)) {
        last = &events.row[events.count - 1];
        page->older = list_position_text(r->arena, last->at_ms, last->id);
    }
    page->has_newer = position->at != INT64_MAX;
    page->days = activity_days(r->arena, events, r->now_at);
    return page->has_newer && events.count ? newer_fill(r, &events.row[0], page) : NULL;
}

static struct error *signed_fill(struct request *r, struct activity_html *page)
{
    struct audit_head_last_row head;
    struct error *e = sql_audit_head_last(r->db, r->arena, r->session->team_id, &head);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    page->signed_seq = head.seq;
    page->signed_at = head.at;
    page->signed_hash = crypto_hex(r->arena, head.hash.bytes, head.hash.length);
    return NULL;
}

struct error *activity_list_respond(struct request *r)
{
    struct activity_html page = { .newer = NULL };
    struct list_position position;
    struct error *e = list_position_read(r, &position);

    if (!e)
        e = list_query_read(r, &LIST, &page.list);
    if (!e)
        e = rows_fill(r, &position, &page);
    if (!e)
        e = signed_fill(r, &page);
    if (e)
        return e;
    page.is_owner = role_may(r->session->role, RIGHT_OWN);
    page.is_all =
        !*page.list.search && !*page.list.filter && !*page.list.first_day && !*page.list.last_day;
    page.is_empty = page.is_all && !page.has_newer && !page.days.count;
    r->frame.title = "Activity";
    r->frame.section = "activity";
    html_activity(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *activity_list_recent(struct request *r, int64_t max, struct activity_day_rows *out)
{
    struct activity_list_rows rows;
    struct error *e = sql_activity_list(r->db, r->arena, r->session->team_id, "", "of_vms", 0,
                                        INT64_MAX, "", max, &rows);

    if (!e)
        *out = activity_days(r->arena, activity_view_team(r->arena, &rows), r->now_at);
    return e;
}
