/*
 * Tells the hosts what VMs may reach (model/vm_internet.h): when a VM gets its port, before it
 * boots, and when that is changed. What was told last is what was chosen last: there is one teller
 * at a time, which reads the choice itself.
 */
#pragma once

#include "worker/worker_context.h"

/* At the worker's start: a host may have been set up anew since. */
struct error *internet_recover(struct worker_context *context, struct arena *arena);

/*
 * Of one VM, in no transaction. A failure is logged, and the next round tells it again: until then
 * the VM reaches less than was chosen.
 */
void internet_tell(struct worker_context *context, struct arena *arena, const char *vm_id);

/* Tell all that has not been told. */
struct error *internet_round(struct worker_context *context);
