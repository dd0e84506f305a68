/* Checks against the billing status; see billing_check.h. */
#include "model/billing_check.h"

#include "base/date.h"
#include "billing.sql.h"

/* Without a row nothing has been requested from Stripe yet: the status is "none". */
static struct error *row_get(const struct context *context, int64_t team_id,
                             struct billing_get_row *row)
{
    struct error *e = sql_billing_get(context->db, context->arena, team_id, row);

    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    *row = (struct billing_get_row){ .status = BILLING_STATUS_NONE };
    return NULL;
}

struct error *billing_check(const struct context *context, int64_t team_id,
                            enum billing_operation operation)
{
    struct billing_get_row row;
    const char *reason;
    struct error *e;

    if (!config_has_billing(context->config))
        return NULL;
    e = row_get(context, team_id, &row);
    if (e)
        return e;
    reason = billing_disabled_reason(row.status, operation);
    return reason ? error_refuse(context->arena, ERROR_CONFLICT, "billing_required", NULL, "%s",
                                 reason)
                  : NULL;
}

/* To owners, of a payment that is missing; NULL: none is. */
static const char *banner_of(const struct context *context, const struct billing_get_row *row)
{
    const char *until = date_plain(context->arena, row->until_at);

    if (strcmp(row->status, BILLING_STATUS_PAST_DUE) == 0)
        return arena_printf(context->arena,
                            "A payment has failed. VMs will be stopped on %s unless "
                            "the balance is paid by then.",
                            until);
    if (strcmp(row->status, BILLING_STATUS_SUSPENDED) == 0)
        return arena_printf(context->arena,
                            "Your team’s VMs are stopped. They will be destroyed on "
                            "%s unless the balance is paid by then.",
                            until);
    return NULL;
}

struct error *billing_notes_read(const struct context *context, const struct actor *actor,
                                 struct billing_notes *out)
{
    struct billing_get_row row;
    struct error *e;

    *out = (struct billing_notes){ .banner = NULL };
    if (!config_has_billing(context->config))
        return NULL;
    e = row_get(context, actor->team_id, &row);
    if (e)
        return e;
    out->banner = actor_is_owner(actor) ? banner_of(context, &row) : NULL;
    out->start_refusal = billing_disabled_reason(row.status, BILLING_START);
    out->create_refusal = billing_disabled_reason(row.status, BILLING_CREATE);
    return NULL;
}
