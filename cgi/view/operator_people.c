/* The admin's pages of people; see operator_people.h. */
#include "view/operator_people.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "model/signin_token.h"
#include "web/list_query.h"

#include <string.h>
#include <strings.h>

enum { ALL, ACTIVE, SUSPENDED, CLOSED, NEVER };

static const struct list_choice FILTERS[] = {
    [ALL] = { .value = "", .label = "All" },
    [ACTIVE] = { .value = "active", .label = "Active" },
    [SUSPENDED] = { .value = "suspended", .label = "Suspended" },
    [CLOSED] = { .value = "closed", .label = "Closed" },
    [NEVER] = { .value = "never", .label = "Never signed in" },
};
static const struct list_choice SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "name", .label = "Name" },
    { .value = "seen", .label = "Last sign-in" },
};
static const struct list_kind PEOPLE = {
    .path = "/operator/people",
    .things = "people",
    .filter_name = "state",
    .filter_label = "Filter by state",
    .filters = FILTERS,
    .filter_count = COUNT(FILTERS),
    .sorts = SORTS,
    .sort_count = COUNT(SORTS),
    .is_counted = true,
};

struct error *operator_people_respond(struct request *r, struct operator_people_html page)
{
    struct list_query *list = &page.list;
    struct list_choice *filters;
    struct operator_people_count_row found;
    struct error *e = list_query_read(r, &PEOPLE, list);

    if (!e)
        e = sql_operator_people_count(r->db, r->arena, list->search, &found);
    if (e)
        return e;
    filters = list->filters.row;
    filters[ALL].total = found.total;
    filters[ACTIVE].total = found.active;
    filters[SUSPENDED].total = found.suspended;
    filters[CLOSED].total = found.closed;
    filters[NEVER].total = found.never;
    e = list_query_page(r, filters[list_query_filter(list)].total, list);
    if (!e)
        e = sql_operator_people_list(r->db, r->arena, list->search, list->filter, list->sort,
                                     list->skip, LIMIT_LIST_ROWS, &page.people);
    if (!e)
        e = sql_invite_accounts(r->db, r->arena, r->now_at, LIMIT_LIST_ROWS, &page.invites);
    if (e)
        return e;
    page.can_invite = strcmp(r->config->identity, "local") == 0;
    page.has_mail = config_has_mail(r->config);
    page.days = LIMIT_INVITE_S / A_DAY_S;
    r->frame.title = "People";
    r->frame.section = "operator";
    html_operator_people(&r->response.body, &r->frame, &page);
    return NULL;
}

struct error *operator_person_respond(struct request *r, int64_t person_id,
                                      struct operator_person_html page)
{
    struct error *e = sql_operator_people_get(r->db, r->arena, person_id, r->now_at, &page.person);

    if (!e)
        e = sql_team_of_person(r->db, r->arena, person_id, &page.teams);
    if (e)
        return e;
    page.is_operator = strcasecmp(page.person.email, r->config->operator_email) == 0;
    page.can_link = signin_token_is_offered(r->config, &page.person);
    page.minutes = LIMIT_SIGNIN_LINK_S / A_MINUTE_S;
    page.most = LIMIT_SUSPENSION_REASON;
    r->frame.title = page.person.name;
    r->frame.section = "operator";
    html_operator_person(&r->response.body, &r->frame, &page);
    return NULL;
}
