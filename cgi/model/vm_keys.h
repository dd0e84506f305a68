/*
 * The SSH keys that an existing VM accepts. Its guest takes a change at the next start that is
 * requested here (worker/job_setup.h), or now, if it runs with a guest agent; until then the change
 * is pending, and so the pages say.
 *
 * All need an open write transaction. Errors, besides those of the database: NOT_FOUND if the
 * actor's team has no such VM; CONFLICT if it is destroyed or is to be.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"
#include "vm.sql.h"

/* Whether the VM takes changes now, by its guest agent (worker/guest_agent.h). */
bool vm_keys_change_now(const struct vm_get_row *vm);

/* Add one of the team's keys. INPUT, code "unknown_key": it has none such, or the VM has it. */
struct error *vm_keys_add(const struct context *context, const struct actor *actor,
                          const char *vm_id, const char *key_id);

/*
 * Remove a key, which may have been deleted from the team. One that is removed already is no error.
 * It only takes access away, so a restricted person may (model/restriction.h).
 * INPUT, code "last_key": nobody could connect then; unless `may_be_last`.
 */
struct error *vm_keys_remove(const struct context *context, const struct actor *actor,
                             const char *vm_id, const char *fingerprint, bool may_be_last);

/* Remove a key from all VMs of the team, also as the last one. */
struct error *vm_keys_remove_everywhere(const struct context *context, const struct actor *actor,
                                        const char *fingerprint);
