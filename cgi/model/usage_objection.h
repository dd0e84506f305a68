/*
 * An owner's objection to usage charts (GDPR Art. 21): a team's VMs are measured no longer, and
 * what was measured is deleted. What VMs cost is in the ledger, which needs no measurements.
 * Whether a VM is used is still looked at for those that end when nobody uses them
 * (worker/vm_use.h).
 */
#pragma once

#include "model/context.h"

/* Needs an open write transaction. Twice does the same as once. */
struct error *usage_objection_set(const struct context *context, int64_t team_id, bool is_on);
