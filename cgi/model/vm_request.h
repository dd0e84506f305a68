/*
 * A wish about a VM, written down in an open write transaction: its state, the job, and what the
 * activity says. Who may wish what is checked by the caller, who also wakes the worker after the
 * commit.
 */
#pragma once

#include "adapter/db.h"
#include "model/vm_state.h"

/* The VM, as it was read in this transaction, and who asks. */
struct vm_request {
    int64_t team_id;
    const char *id, *state;
    const int64_t *person_id; /* NULL: Domicile itself */
    const char *why;          /* for the activity; NULL: because somebody wanted it */
};

/* CONFLICT when the state does not allow `event`. `snapshot_id` for snapshot events, else NULL. */
struct error *vm_ask(struct db *db, struct arena *arena, const struct vm_request *vm,
                     enum vm_trigger event, const char *snapshot_id);

/* Queue a job of `kind` and note in the activity that it was asked for. */
struct error *vm_request_job(struct db *db, struct arena *arena, const struct vm_request *vm,
                             const char *kind, const char *snapshot_id);

/* Domicile itself asks for `event` wherever a living VM of the team allows it, and says why. */
struct error *vm_request_all(struct db *db, struct arena *arena, int64_t team_id,
                             enum vm_trigger event, const char *why);
