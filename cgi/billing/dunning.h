/*
 * What time does to plans, and what plans do to VMs: grace and keeping run out, VMs of suspended
 * teams are stopped, those of ended teams destroyed; and what events may have missed is fetched.
 */
#pragma once

#include "model/context.h"

struct stripe;

/* One look at everything that is due. */
struct error *dunning_run(const struct context *context, const struct stripe *stripe);

/* Fetch subscription and invoices of customers of whom nothing was fetched for a day (of those who
 * may just have paid: for a minute). */
struct error *dunning_sync(const struct context *context, const struct stripe *stripe);
