/*
 * Use, handed in to Stripe's meter: one number for each team and closed hour (UTC). It is written
 * down first, under a name that never changes, and counts once however often it is sent. What the
 * ledger says is the truth; where Stripe counts something else, the operator is told.
 */
#pragma once

#include "worker/worker_context.h"

/* Write down the hours that have closed. `now_at` is clock_now(), or a test's time. */
struct error *usage_report_write(struct worker_context *context, int64_t now_at);

/* Send what is due, one after the other. Failures are recorded with the row; an error means that
 * Stripe wants to be left alone for now, or the database's. */
struct error *usage_report_send(struct worker_context *context, int64_t now_at);

/* Compare the last days with what Stripe has counted, once a day for each team. */
struct error *usage_report_compare(struct worker_context *context, int64_t now_at);
