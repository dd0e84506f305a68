/* What the team's billing status allows, and the notice shown to its owners. */
#pragma once

#include "model/actor.h"
#include "model/billing_status.h"
#include "model/context.h"

/* CONFLICT "billing_required" with a message if the status does not allow `operation`; never with
 * billing = off. */
struct error *billing_check(const struct context *context, int64_t team_id,
                            enum billing_operation operation);

/* Notice for owners on the VM list: overdue payment or suspension. NULL: none. */
struct error *billing_banner(const struct context *context, const struct actor *actor,
                             const char **out);
