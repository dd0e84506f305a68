/*
 * The one place that changes vm.state: what the table in vm_state.c says follows from an event.
 */
#pragma once

#include "adapter/db.h"
#include "model/vm_state.h"

/*
 * VM `vm_id` of team `team_id`, now in `state`, has met `event`: write the next state and what is
 * wanted from then on. Needs an open write transaction in which `state` was read.
 * CONFLICT when the event does not fit the state. `out` may be NULL; it also names the job that the
 * caller has to queue, if there is one.
 */
struct error *vm_transition_apply(struct db *db, struct arena *arena, int64_t team_id,
                                  const char *vm_id, const char *state, enum vm_trigger event,
                                  const struct vm_transition **out);
