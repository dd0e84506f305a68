/* What the team's billing status allows, and what its owners are to be told. */
#pragma once

#include "model/actor.h"
#include "model/billing_status.h"
#include "model/context.h"

/* CONFLICT "billing_required" with a message when the status does not allow `operation`; never with
 * billing = off. */
struct error *billing_check(const struct context *context, int64_t team_id,
                            enum billing_operation operation);

/* What owners must hear on the list of VMs: a late payment, a suspension. NULL: nothing. */
struct error *billing_banner(const struct context *context, const struct actor *actor,
                             const char **out);
