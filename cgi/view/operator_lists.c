/* The admin's lists; see operator_lists.h. */
#include "view/operator_lists.h"

#include "base/array.h"
#include "base/limit.h"
#include "billing_problem.sql.h"
#include "event.sql.h"
#include "main_constants.sql.h"
#include "operator_billing.html.h"
#include "operator_events.html.h"
#include "operator_mails.html.h"
#include "operator_orphans.html.h"
#include "web/list_query.h"
#include "web/live.h"

/* What every list begins with. */
static struct error *list_read(struct request *r, const struct list_kind *kind, const char *title,
                               struct list_query *list)
{
    struct error *e = db_read(r->db, r->arena);

    r->frame.title = title;
    r->frame.section = "operator";
    return e ? e : list_query_read(r, kind, list);
}

/* ---- orphaned resources ---- */

static const struct list_choice ORPHAN_SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "name", .label = "Name" },
};
static const struct list_kind ORPHANS = {
    .path = "/operator/orphans",
    .things = "orphaned resources",
    .sorts = ORPHAN_SORTS,
    .sort_count = COUNT(ORPHAN_SORTS),
};

struct error *operator_orphans_respond(struct request *r)
{
    struct operator_orphans_html page = { .is_empty = false };
    struct list_query *list = &page.list;
    struct orphan_count_row found;
    struct error *e = list_read(r, &ORPHANS, "Orphaned resources", list);

    if (!e)
        e = sql_orphan_count(r->db, r->arena, list->search, &found);
    if (!e)
        e = list_query_page(r, found.total, list);
    if (!e)
        e = sql_orphan_list(r->db, r->arena, list->search, list->sort, list->skip, LIMIT_LIST_ROWS,
                            &page.orphans);
    if (e)
        return e;
    page.is_empty = !found.total && !*list->search;
    html_operator_orphans(&r->response.body, &r->frame, &page);
    return NULL;
}

/* ---- undelivered mail ---- */

enum { ANY_STATE, FAILED, QUEUED };

static const struct list_choice MAIL_FILTERS[] = {
    [ANY_STATE] = { .value = "", .label = "All" },
    [FAILED] = { .value = MAIL_STATE_FAILED, .label = "Failed" },
    [QUEUED] = { .value = MAIL_STATE_QUEUED, .label = "Retrying" },
};
static const struct list_choice MAIL_SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "address", .label = "Address" },
};
static const struct list_kind MAILS = {
    .path = "/operator/mails",
    .things = "emails",
    .filter_name = "state",
    .filter_label = "Filter by state",
    .filters = MAIL_FILTERS,
    .filter_count = COUNT(MAIL_FILTERS),
    .sorts = MAIL_SORTS,
    .sort_count = COUNT(MAIL_SORTS),
    .is_counted = true,
};

struct error *operator_mails_respond(struct request *r)
{
    struct operator_mails_html page = { .has_mail = config_has_mail(r->config) };
    struct list_query *list = &page.list;
    struct list_choice *filters;
    struct mail_problem_count_row found;
    struct error *e = list_read(r, &MAILS, "Undelivered email", list);

    if (!e)
        e = sql_mail_problem_count(r->db, r->arena, list->search, &found);
    if (e)
        return e;
    filters = list->filters.row;
    filters[ANY_STATE].total = found.total;
    filters[FAILED].total = found.failed;
    filters[QUEUED].total = found.queued;
    e = list_query_page(r, filters[list_query_filter(list)].total, list);
    if (!e)
        e = sql_mail_problems(r->db, r->arena, list->search, list->filter, list->sort, list->skip,
                              LIMIT_LIST_ROWS, &page.mails);
    if (e)
        return e;
    page.is_empty = !found.total && !*list->search;
    live_respond(r, render_operator_mails, &page);
    return NULL;
}

/* ---- parked webhook events ---- */

enum { ANY_SOURCE, STRIPE, WORKOS };

static const struct list_choice EVENT_FILTERS[] = {
    [ANY_SOURCE] = { .value = "", .label = "All" },
    [STRIPE] = { .value = "stripe", .label = "Stripe" },
    [WORKOS] = { .value = "workos", .label = "WorkOS" },
};
static const struct list_choice EVENT_SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "type", .label = "Type" },
};
static const struct list_kind EVENTS = {
    .path = "/operator/events",
    .things = "events",
    .filter_name = "source",
    .filter_label = "Filter by source",
    .filters = EVENT_FILTERS,
    .filter_count = COUNT(EVENT_FILTERS),
    .sorts = EVENT_SORTS,
    .sort_count = COUNT(EVENT_SORTS),
    .is_counted = true,
};

struct error *operator_events_respond(struct request *r)
{
    struct operator_events_html page = { .is_empty = false };
    struct list_query *list = &page.list;
    struct list_choice *filters;
    struct event_parked_count_row found;
    struct error *e = list_read(r, &EVENTS, "Failed webhook events", list);

    if (!e)
        e = sql_event_parked_count(r->db, r->arena, list->search, &found);
    if (e)
        return e;
    filters = list->filters.row;
    filters[ANY_SOURCE].total = found.total;
    filters[STRIPE].total = found.stripe;
    filters[WORKOS].total = found.workos;
    e = list_query_page(r, filters[list_query_filter(list)].total, list);
    if (!e)
        e = sql_event_parked(r->db, r->arena, list->search, list->filter, list->sort, list->skip,
                             LIMIT_LIST_ROWS, &page.events);
    if (!e)
        e = sql_event_counts(r->db, r->arena, &page.counts);
    if (e)
        return e;
    page.is_empty = !found.total && !*list->search;
    live_respond(r, render_operator_events, &page);
    return NULL;
}

/* ---- discrepancies in usage and invoices ---- */

static const struct list_choice PROBLEM_SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "team", .label = "Team" },
};
static const struct list_kind PROBLEMS = {
    .path = "/operator/billing",
    .things = "discrepancies",
    .sorts = PROBLEM_SORTS,
    .sort_count = COUNT(PROBLEM_SORTS),
};

struct error *operator_billing_respond(struct request *r)
{
    struct operator_billing_html page = { .is_empty = false };
    struct list_query *list = &page.list;
    struct billing_problem_count_row found;
    struct error *e = list_read(r, &PROBLEMS, "Billing discrepancies", list);

    if (!e)
        e = sql_billing_problem_count(r->db, r->arena, list->search, &found);
    if (!e)
        e = list_query_page(r, found.total, list);
    if (!e)
        e = sql_billing_problem_list(r->db, r->arena, list->search, list->sort, list->skip,
                                     LIMIT_LIST_ROWS, &page.problems);
    if (e)
        return e;
    page.is_empty = !found.total && !*list->search;
    html_operator_billing(&r->response.body, &r->frame, &page);
    return NULL;
}
