/* Changes of a VM's state; see vm_change.h. Which changes there are is said in vm_state.c. */
#include "model/vm_transition.h"

#include "base/clock.h"
#include "vm.sql.h"

#include <string.h>

struct error *vm_transition_apply(struct db *db, struct arena *arena, int64_t team_id,
                                  const char *vm_id, const char *state, enum vm_trigger event,
                                  const struct vm_transition **out)
{
    const struct vm_transition *found = vm_transition_find(state, event);

    if (!found)
        return error_new(arena, ERROR_CONFLICT, "vm %s is %s: event %d does not fit", vm_id, state,
                         (int)event);
    if (out)
        *out = found;
    if (strcmp(found->next, "gone") == 0)
        return sql_vm_set_gone(db, arena, vm_id, clock_now());
    return sql_vm_set_state(db, arena, team_id, vm_id, found->next, found->wanted, clock_now());
}
