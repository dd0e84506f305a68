/*
 * The inbox, worked off: each event that was acknowledged is applied once to the main database, or
 * skipped, or parked for the operator with its reason.
 */
#pragma once

#include "worker/worker_context.h"

struct inbox;

/*
 * Open the inbox and watch it. `arena` is the process's. Errors: the database's; what is missing in
 * the configuration of the services.
 */
struct error *inbox_open(struct arena *arena, struct worker_context *context, struct inbox **out);

/*
 * One round: what has arrived, and what is to be tried again. `*out_taken`: how many that were; 0,
 * and there is nothing to do. An error means that a database could not be read or written; nothing
 * is lost by it.
 */
struct error *inbox_round(struct inbox *inbox, size_t *out_taken);

/* Sleep until something may have arrived, or `max_ms`. */
void inbox_wait(struct inbox *inbox, int64_t max_ms);
