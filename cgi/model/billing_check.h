/* What the team's billing status allows, and the notice shown to its owners. */
#pragma once

#include "model/actor.h"
#include "model/billing_status.h"
#include "model/context.h"

/* CONFLICT "billing_required" with a message if the status does not allow `operation`; never with
 * billing = off. */
struct error *billing_check(const struct context *context, int64_t team_id,
                            enum billing_operation operation);

/* What the list of VMs says about billing; each NULL: nothing. */
struct billing_notes {
    const char *banner;                         /* to owners: overdue payment or suspension */
    const char *start_refusal, *create_refusal; /* as billing_check() has them */
};

/* All of them from one look at the status. */
struct error *billing_notes_read(const struct context *context, const struct actor *actor,
                                 struct billing_notes *out);
