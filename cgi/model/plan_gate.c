/* Plans and what people ask for; see plan_gate.h. */
#include "model/plan_gate.h"

#include "base/clock.h"
#include "billing.sql.h"
#include "web/session.h"

#include <string.h>

/* Without a row nothing has been asked of Stripe yet: the plan is "none". */
static struct error *row_get(struct request *r, struct billing_get_row *row)
{
    struct error *e = sql_billing_get(r->db, r->arena, r->session->team_id, row);

    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    *row = (struct billing_get_row){ .plan = "none" };
    return NULL;
}

struct error *plan_gate(struct request *r, enum plan_deed deed, const char **problem)
{
    struct billing_get_row row;
    struct error *e;

    *problem = NULL;
    if (!config_bills(r->config))
        return NULL;
    e = row_get(r, &row);
    if (!e)
        *problem = plan_refusal(row.plan, deed);
    return e;
}

struct error *plan_banner(struct request *r, const char **words)
{
    struct billing_get_row row;
    struct error *e;

    *words = NULL;
    if (!config_bills(r->config) || !r->session->role || strcmp(r->session->role, "owner") != 0)
        return NULL;
    e = row_get(r, &row);
    if (e)
        return e;
    if (strcmp(row.plan, "past_due") == 0)
        *words = arena_printf(r->arena,
                              "A payment has failed. VMs are stopped on %s unless it is "
                              "in order by then.",
                              clock_plain(r->arena, row.until_at));
    else if (strcmp(row.plan, "suspended") == 0)
        *words = arena_printf(r->arena,
                              "Your team’s VMs are stopped. They are destroyed on %s "
                              "unless there is a paid subscription by then.",
                              clock_plain(r->arena, row.until_at));
    return NULL;
}
