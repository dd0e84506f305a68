/*
 * Commands that a person, a token or the system can give for a VM. Each command checks the state,
 * the billing status, the spend cap and the quota, then records the request (vm_request.h). All
 * need an open write transaction; the caller wakes the worker after committing it.
 *
 * Errors, besides those of the database: NOT_FOUND if the actor's team has no such VM; CONFLICT if
 * the VM's state does not allow the command, or (codes "billing_required" and "account_restricted",
 * with a message) the billing status or a restriction (model/restriction.h) does not; INPUT with
 * code and message: quota_exceeded, spend_cap_reached, disks_not_encrypted, name_taken (field
 * "name"), unknown_key (field "key"), user_data_unsupported (field "user_data"), disk_cannot_shrink
 * and size_unchanged (field "size"), snapshot_limit_reached, size_not_offered, image_unavailable.
 * After an error the transaction must not be committed.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"
#include "model/price.h"
#include "model/vm_internet.h"
#include "model/vm_life.h"
#include "model/vm_state.h"
#include "snapshot.sql.h"
#include "vm.sql.h"

/* A VM to be created. Sizes and image come from the configuration; keys are ids of the team's
 * keys. */
struct vm_new {
    const char *name; /* a validated host name */
    const struct config_region *region;
    const struct config_image *image;
    const struct config_size *size;
    const char *const *key_ids;
    size_t key_count;
    const struct vm_life_choice *life; /* NULL: as the profile has it */
    const struct vm_get_row *source;   /* source of a clone; NULL: created from the image */
    const char *source_snapshot_id;
    struct vm_internet internet; /* of a clone: as its source's */
    bool has_agent;              /* its guest agent is on, if its image has one; the same */
    const char *user_data;       /* as user_data_read() gives it; a clone has none; NULL: none */
};

/* What a command would add to the team's usage. */
struct vm_quota_change {
    int64_t vms, vcpus, memory_mb, disk_gb;
};

/* `*out_id` is the new VM's id. */
struct error *vm_command_create(const struct context *context, const struct actor *actor,
                                const struct vm_new *vm, const char **out_id);

/* Check `change` against the quota and, if it adds a VM, the billing status and the spend cap.
 * Read-only. */
struct error *vm_command_check(const struct context *context, const struct actor *actor,
                               const struct vm_quota_change *change);

/* `trigger` is any of VM_REQUEST_... except RESIZE, SNAPSHOT and CLONE; `snapshot_id` for RESTORE
 * and SNAPSHOT_DELETE, else NULL. */
struct error *vm_command_send(const struct context *context, const struct actor *actor,
                              const char *id, enum vm_trigger trigger, const char *snapshot_id);

/*
 * The admin, `admin_id`, stops a VM of any team for a reason that the team reads in its activity.
 * Its people may start it again, unless the team is suspended as well (suspension.h). CONFLICT with
 * a message: its state does not allow it, or stopping would destroy it, which the admin does not.
 */
struct error *vm_command_admin_stop(const struct context *context, int64_t admin_id,
                                    int64_t team_id, const char *id, const char *reason);

/* Whether a VM of the actor's team may begin to run: billing status and spend cap. Read-only. */
struct error *vm_command_start_check(const struct context *context, const struct actor *actor);

/* Whether the VM would cost more in this size, running or stopped. */
bool vm_command_costs_more(const struct price_list_rows *prices, const struct vm_get_row *vm,
                           const struct config_size *size, int64_t now_at);

/* Whether the image can run in the size. NULL: an image that is not in the configuration any more,
 * whose need is not known. */
struct error *vm_command_size_check(const struct context *context, const struct config_image *image,
                                    const struct config_size *size);

/* Resize a stopped VM. */
struct error *vm_command_resize(const struct context *context, const struct actor *actor,
                                const char *id, const struct config_size *size);

/* Delete a snapshot in whose place one is to be taken then; nothing, if it could not be taken. */
struct error *vm_command_snapshot_replace(const struct context *context, const struct actor *actor,
                                          const char *id, const char *snapshot_id);

/* Take a snapshot called `name`. */
struct error *vm_command_snapshot(const struct context *context, const struct actor *actor,
                                  const char *id, const char *name);

/*
 * A snapshot of the team's VM. NOT_FOUND with a message, "no_such_snapshot": the same whether it
 * was deleted, is another team's, or was never there.
 */
struct error *vm_command_snapshot_find(const struct context *context, const struct actor *actor,
                                       const char *vm_id, const char *id,
                                       struct snapshot_get_row *out);

/* Delete several of its snapshots, at least one, with a job for each, one after the other. */
struct error *vm_command_snapshots_delete(const struct context *context, const struct actor *actor,
                                          const char *id, const char *const *snapshot_ids,
                                          size_t count);

/* Rename (to a validated host name); the host name inside the guest does not change. */
struct error *vm_command_rename(const struct context *context, const struct actor *actor,
                                const char *id, const char *name);
