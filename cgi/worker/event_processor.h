/*
 * Processes an inbox; each service's has its own thread, so that a broken one holds up no other.
 * Each acknowledged event is applied once to the main database, skipped, or parked for the operator
 * with its reason.
 */
#pragma once

#include "worker/worker_context.h"

struct inbox;
struct workos;

/*
 * Open an inbox, INBOX_STRIPE or INBOX_WORKOS, and watch it. `workos` is for WorkOS's; NULL: WorkOS
 * is not used. Both must outlive it. Errors: the database's.
 */
struct error *inbox_open(struct arena *arena, struct worker_context *context, size_t source,
                         const struct workos *workos, struct inbox **out);

/*
 * One round: new events and those due for a retry. `*out_taken` is their number; 0 means that there
 * is nothing to do. An error means that a database could not be read or written; no event is lost.
 */
struct error *inbox_round(struct inbox *inbox, size_t *out_taken);

/*
 * Add what WorkOS lists and the inbox lacks: a delivery was lost. Errors: WorkOS's and the
 * databases'; in the inbox's memory, valid until the next call.
 */
struct error *inbox_backfill(struct inbox *inbox);

/* db_log_empty and db_compact of the inbox. */
struct error *inbox_log_empty(struct inbox *inbox);
struct error *inbox_compact(struct inbox *inbox);

/* Delete the events that are kept no longer from the inbox; see worker/retention.h. */
struct error *inbox_delete_old(struct inbox *inbox);

/* Sleep until events may have arrived, or for `max_ms`. */
void inbox_wait(struct inbox *inbox, int64_t max_ms);
