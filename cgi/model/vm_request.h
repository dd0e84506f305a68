/*
 * What is asked of a VM, recorded in an open write transaction: its next state, the job that does
 * it, and the line in the activity. Whether the quota, the spend cap and the billing status allow
 * it is checked before, by vm_command.c.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"
#include "model/vm_state.h"

/*
 * VM `id` of the actor's team, in `state` when it was read in this transaction, is asked for
 * `trigger`. CONFLICT when its state does not allow that. `snapshot_id` for snapshot triggers, else
 * NULL.
 */
struct error *vm_request(const struct context *context, const struct actor *actor, const char *id,
                         const char *state, enum vm_trigger trigger, const char *snapshot_id);

/* Queue a job of `kind` and record in the activity that it was requested. */
struct error *vm_request_job(const struct context *context, const struct actor *actor,
                             const char *id, const char *kind, const char *snapshot_id);

/* `trigger` for each VM of the actor's team whose state allows it. */
struct error *vm_request_all(const struct context *context, const struct actor *actor,
                             enum vm_trigger trigger);
