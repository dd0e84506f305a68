/*
 * Use, handed in to Stripe's meter: one number for each team and closed hour (UTC). It is written
 * down first, under a name that never changes, and counts once however often it is sent. What the
 * ledger says is the truth; where Stripe counts something else, the operator is told.
 */
#pragma once

#include "model/context.h"

struct stripe;

/* Write down the hours that have closed. */
struct error *usage_report_write(const struct context *context);

/* Send what is due, one after the other. Failures are recorded with the row; an error means that
 * Stripe wants to be left alone for now, or the database's. */
struct error *usage_report_send(const struct context *context, const struct stripe *stripe);

/* Compare the last days with what Stripe has counted, once a day for each team. */
struct error *usage_report_compare(const struct context *context, const struct stripe *stripe);
