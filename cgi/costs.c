/*
 * Costs of a team's VMs: the page of a month with forecast, its intervals as CSV, the spend cap.
 * The pricing is in model/ledger_cost.c.
 */
#include "base/array.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "costs.html.h"
#include "model/price.h"
#include "team.sql.h"
#include "view/cost_csv.h"
#include "view/cost_page.h"
#include "web/form.h"
#include "web/request_note.h"
#include "web/serve.h"
#include "web/session.h"

enum { MAX_PARTS = 10000 };

/* The requested month, "2026-10", or else the current one. NOT_FOUND: invalid or in the future. */
static struct error *month_read(struct request *r, const char *text, int64_t *out)
{
    *out = date_month_start(r->now_at);
    if (!*text)
        return NULL;
    if (date_month_read(text, out) && *out <= r->now_at)
        return NULL;
    return error_new(r->arena, ERROR_NOT_FOUND, "no such month");
}

static struct error *costs_show(struct request *r)
{
    struct field month = { .name = "month", .kind = FIELD_LINE };
    struct costs_html page = { .cap = NULL };
    int64_t month_at;
    struct error *e = form_read(r, &month, 1);

    if (!e)
        e = month_read(r, month.text, &month_at);
    if (!e)
        e = cost_page_fill(r, month_at, &page);
    if (!e)
        html_costs(&r->response.body, &r->frame, &page);
    return e;
}

static struct error *csv_show(struct request *r)
{
    struct field fields[] = {
        { .name = "month", .kind = FIELD_LINE },
        { .name = "part", .kind = FIELD_INT, .min = 1, .max = MAX_PARTS },
    };
    int64_t month_at;
    struct error *e = form_read(r, fields, 2);

    if (!e)
        e = month_read(r, fields[0].text, &month_at);
    if (!e && *fields[1].text && fields[1].problem)
        e = error_new(r->arena, ERROR_NOT_FOUND, "no such part");
    if (!e)
        e = request_note(r, (struct audit_entry){ .action = AUDIT_COST_FILE,
                                                  .detail = date_month_iso(r->arena, month_at) });
    return e ? e : cost_csv_respond(r, month_at, *fields[1].text ? fields[1].number : 1);
}

/* ---- the cap ---- */

static struct error *cap_again(struct request *r, const char *typed, const char *problem)
{
    struct costs_html page = { .cap = typed, .cap_problem = problem };
    struct error *e;

    form_refuse(r);
    e = cost_page_fill(r, date_month_start(r->now_at), &page);
    if (e)
        return e;
    html_costs(&r->response.body, &r->frame, &page);
    return NULL;
}

static struct error *cap_set(struct request *r, const int64_t *cap_cents)
{
    const char *notice = "Spending limit removed.";
    struct error *e;

    if (cap_cents)
        notice = arena_printf(r->arena, "Spending limit set to %s a month.",
                              price_amount(r->config, r->arena, *cap_cents * 1000));
    e = sql_team_set_cap(r->db, r->arena, r->session->team_id, cap_cents);
    if (!e)
        e = request_note(r, (struct audit_entry){ .action = AUDIT_CAP, .detail = notice });
    if (!e)
        e = session_notice(r, notice);
    if (!e)
        response_redirect(&r->response, "/costs");
    return e;
}

static struct error *cap_post(struct request *r)
{
    struct field cap = { .name = "cap", .kind = FIELD_LABEL };
    int64_t cap_cents;
    struct error *e = form_read(r, &cap, 1);

    if (e)
        return e;
    if (cap.problem)
        return cap_again(r, cap.text, cap.problem);
    if (!*cap.text)
        return cap_set(r, NULL);
    if (!text_cents(cap.text, &cap_cents))
        return cap_again(r, cap.text,
                         "Enter an amount like 25 or 25.50, or leave it empty for no limit.");
    if (cap_cents < 1 || cap_cents > LIMIT_CAP_CENTS)
        return cap_again(r, cap.text, "The limit must be between 0.01 and 1,000,000.");
    return cap_set(r, &cap_cents);
}

static const struct route routes[] = {
    { "GET", "/costs", ACCESS_VIEWER | ACCESS_IF_BILLING, costs_show },
    { "GET", "/costs/csv", ACCESS_VIEWER | ACCESS_IF_BILLING, csv_show },
    { "POST", "/costs/cap", ACCESS_OWNER | ACCESS_IF_BILLING, cap_post },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "costs",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_WRITE,
    };

    return serve(argc, argv, &program);
}
