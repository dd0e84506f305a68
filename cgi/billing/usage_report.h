/*
 * Usage reports to Stripe's meter: one value per team and closed hour (UTC). Each is stored before
 * it is sent, with a fixed identifier, and counts once however often it is sent. The ledger is
 * authoritative; if Stripe counts something else, the operator is notified.
 */
#pragma once

#include "model/context.h"

struct stripe;

/* Store reports for the hours that have closed. */
struct error *usage_report_write(const struct context *context);

/* Send due reports, one at a time. Failures are recorded in the row; an error is a request by
 * Stripe to back off, or a database error. */
struct error *usage_report_send(const struct context *context, const struct stripe *stripe);

/* Compare the last days with what Stripe has counted, once a day per team. */
struct error *usage_report_compare(const struct context *context, const struct stripe *stripe);
