/*
 * Timed changes of the billing status and its effects on VMs: grace and retention periods expire,
 * VMs of suspended teams are stopped, those of ended teams destroyed; and state whose events may
 * have been missed is fetched.
 */
#pragma once

#include "model/context.h"

struct stripe;

/* One run over everything that is due. */
struct error *dunning_run(const struct context *context, const struct stripe *stripe);

/* Fetch subscription and invoices of customers not synced for a day (for a minute if they may just
 * have paid). */
struct error *dunning_sync(const struct context *context, const struct stripe *stripe);
