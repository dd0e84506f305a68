/* The admin's list of requests about personal data; see operator_requests.h. */
#include "view/operator_requests.h"

#include "base/date.h"
#include "base/limit.h"
#include "model/rights_request.h"
#include "operator_requests.html.h"
#include "rights_request.sql.h"
#include "web/list_position.h"

static const char *left_text(struct arena *arena, int64_t days)
{
    if (days < 0)
        return arena_printf(arena, "%lld d overdue", (long long)-days);
    return days ? arena_printf(arena, "%lld d left", (long long)days) : "Due today";
}

static struct operator_request_view view_of(struct request *r,
                                            const struct rights_request_waiting_row *row)
{
    int64_t days = rights_request_days_left(row->due_at, r->now_at);
    bool is_soon =
        rights_request_is_urgent(row->received_at, row->due_at, row->extended_at, r->now_at);

    return (struct operator_request_view){
        .number = row->number,
        .kind = rights_request_title(row->kind),
        .email = row->email,
        .received = date_day(r->arena, row->received_at),
        .due = date_day(r->arena, row->due_at),
        .left = left_text(r->arena, days),
        .chip = days <= 0 ? "bad"
                : is_soon ? "wait"
                          : "off",
        .is_extended = row->extended_at > 0,
    };
}

struct error *operator_requests_respond(struct request *r)
{
    struct operator_requests_html page = { .has_mail = config_has_mail(r->config) };
    struct rights_request_waiting_rows rows;
    struct error *e = db_read(r->db, r->arena);

    if (!e)
        e = sql_rights_request_waiting(r->db, r->arena, LIMIT_LIST_ROWS + 1, &rows);
    if (e)
        return e;
    page.has_more = list_cut(&rows.count);
    page.requests.count = rows.count;
    page.requests.row = arena_array(r->arena, rows.count, sizeof *page.requests.row);
    for (size_t i = 0; i < rows.count; i++)
        page.requests.row[i] = view_of(r, &rows.row[i]);
    r->frame.title = "Privacy requests";
    r->frame.section = "operator";
    html_operator_requests(&r->response.body, &r->frame, &page);
    return NULL;
}
