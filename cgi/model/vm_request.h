/*
 * Records a request for a VM in an open write transaction: its next state, the job that carries it
 * out, and the activity entry. Quota, spend cap and billing status are checked before, by
 * vm_command.c.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"
#include "model/vm_state.h"

/*
 * Record `trigger` for VM `id` of the actor's team, whose `state` was read in this transaction.
 * CONFLICT if the state does not allow it. `snapshot_id` for snapshot triggers, else NULL.
 */
struct error *vm_request(const struct context *context, const struct actor *actor, const char *id,
                         const char *state, enum vm_trigger trigger, const char *snapshot_id);

/* Queue a job of `kind` and add the request to the activity log. */
struct error *vm_request_job(const struct context *context, const struct actor *actor,
                             const char *id, const char *kind, const char *snapshot_id);

/*
 * Request the next deletion of those that vm_command_snapshots_delete() was told of. Nothing if
 * none is left, or if the VM's state does not allow it: its next change tries again.
 */
struct error *vm_request_next_deletion(const struct context *context, const struct actor *actor,
                                       const char *id);

/* Record `trigger` for each VM of the actor's team whose state allows it. */
struct error *vm_request_all(const struct context *context, const struct actor *actor,
                             enum vm_trigger trigger);
