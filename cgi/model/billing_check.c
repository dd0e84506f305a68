/* Plans and what people ask for; see billing_check.h. */
#include "model/billing_check.h"

#include "base/clock.h"
#include "billing.sql.h"
#include "web/session.h"

#include <string.h>

/* Without a row nothing has been asked of Stripe yet: the status is "none". */
static struct error *row_get(struct request *r, struct billing_get_row *row)
{
    struct error *e = sql_billing_get(r->db, r->arena, r->session->team_id, row);

    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    *row = (struct billing_get_row){ .status = "none" };
    return NULL;
}

struct error *billing_check(struct request *r, enum billing_operation deed, const char **problem)
{
    struct billing_get_row row;
    struct error *e;

    *problem = NULL;
    if (!config_has_billing(r->config))
        return NULL;
    e = row_get(r, &row);
    if (!e)
        *problem = billing_disabled_reason(row.status, deed);
    return e;
}

struct error *billing_banner(struct request *r, const char **words)
{
    struct billing_get_row row;
    struct error *e;

    *words = NULL;
    if (!config_has_billing(r->config) || !r->session->role ||
        strcmp(r->session->role, "owner") != 0)
        return NULL;
    e = row_get(r, &row);
    if (e)
        return e;
    if (strcmp(row.status, "past_due") == 0)
        *words = arena_printf(r->arena,
                              "A payment has failed. VMs are stopped on %s unless it is "
                              "in order by then.",
                              clock_plain(r->arena, row.until_at));
    else if (strcmp(row.status, "suspended") == 0)
        *words = arena_printf(r->arena,
                              "Your team’s VMs are stopped. They are destroyed on %s "
                              "unless there is a paid subscription by then.",
                              clock_plain(r->arena, row.until_at));
    return NULL;
}
