/*
 * What a person, a token or the system may ask of a VM. Each command checks the state, the billing
 * status, the spend cap and the quota, then records the request (vm_request.h). All need an open
 * write transaction; whoever commits it wakes the worker.
 *
 * Errors, besides those of the database: NOT_FOUND for a VM that the actor's team does not have;
 * CONFLICT when the VM's state does not allow it, or (code "billing_required", with a message) the
 * billing status does not; INPUT with code and message: quota_exceeded, spend_cap_reached,
 * name_taken (field "name"), unknown_key (field "key"), disk_cannot_shrink (field "size"),
 * snapshot_limit_reached. After an error nothing may be committed.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"
#include "model/price.h"
#include "model/vm_state.h"
#include "vm.sql.h"

/* A VM to be created. Sizes and image come from the configuration; keys are ids of the team's keys.
 */
struct vm_new {
    const char *name; /* a host name, checked */
    const struct config_region *region;
    const struct config_image *image;
    const struct config_size *size;
    const char *const *key_ids;
    size_t key_count;
    const struct vm_get_row *source; /* of a clone; NULL: made from the image */
    const char *source_snapshot_id;
};

/* What a command would add to the team's use. */
struct vm_quota_change {
    int64_t vms, vcpus, memory_mb, disk_gb;
};

/* `*out_id` is the new VM's id. */
struct error *vm_command_create(const struct context *context, const struct actor *actor,
                                const struct vm_new *vm, const char **out_id);

/* Does `change` fit into the quota and, if it brings a VM, do billing status and spend cap allow
 * it? Reads only. */
struct error *vm_command_check(const struct context *context, const struct actor *actor,
                               const struct vm_quota_change *change);

/* `trigger` is one of VM_REQUEST_... but RESIZE, SNAPSHOT and CLONE; `snapshot_id` for RESTORE and
 * SNAPSHOT_DELETE, else NULL. */
struct error *vm_command_send(const struct context *context, const struct actor *actor,
                              const char *id, enum vm_trigger trigger, const char *snapshot_id);

/* Would the VM cost more in this size, running or stopped? */
bool vm_command_costs_more(const struct price_list_rows *prices, const struct vm_get_row *vm,
                           const struct config_size *size, int64_t now_at);

/* A new size for a stopped VM. */
struct error *vm_command_resize(const struct context *context, const struct actor *actor,
                                const char *id, const struct config_size *size);

/* A snapshot called `name`. */
struct error *vm_command_snapshot(const struct context *context, const struct actor *actor,
                                  const char *id, const char *name);

/* A new name (a host name, checked); the guest keeps the host name that it has. */
struct error *vm_command_rename(const struct context *context, const struct actor *actor,
                                const char *id, const char *name);
