/* Commands for VMs; see vm_command.h. Requests are recorded in vm_request.c. */
#include "model/vm_command.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "base/text.h"
#include "job.sql.h"
#include "model/audit.h"
#include "model/billing_check.h"
#include "model/host_check.h"
#include "model/quota.h"
#include "model/restriction.h"
#include "model/spend_cap.h"
#include "model/vm_job.h"
#include "model/vm_request.h"
#include "model/vm_size.h"
#include "promise.sql.h"
#include "snapshot.sql.h"

#include <string.h>

/* ---- checks ---- */

static struct error *spend_check(const struct context *context, const struct actor *actor)
{
    struct spend_cap spend;
    struct error *e = spend_cap_check(context, actor->team_id, &spend);

    return e || !spend.refusal ? e
                               : error_refuse(context->arena, ERROR_INPUT, "spend_cap_reached",
                                              NULL, "%s", spend.refusal);
}

static struct error *quota_refuse(const struct context *context, const char *field,
                                  const char *message)
{
    return error_refuse(context->arena, ERROR_INPUT, "quota_exceeded", field, "%s", message);
}

/* The same for every part of the quota, in which stopped VMs count too. */
#define EXCEEDS   "This would exceed your team’s quota: "
#define MAKE_ROOM "Choose a smaller size, destroy VMs, or ask the admin for more."

static struct error *quota_check(const struct context *context, const struct actor *actor,
                                 const struct vm_quota_change *change)
{
    struct arena *arena = context->arena;
    struct quota_used used;
    struct error *e = quota_read(context, actor->team_id, &used);

    if (e)
        return e;
    if (used.vms + change->vms > used.most.vms)
        return quota_refuse(context, NULL,
                            arena_printf(arena,
                                         "Your team’s quota is used up: %s of %s VMs, stopped ones "
                                         "included. Destroy a VM, or ask the admin for more.",
                                         text_count(arena, used.vms),
                                         text_count(arena, used.most.vms)));
    if (used.vcpus + change->vcpus > used.most.vcpus)
        return quota_refuse(context, "size",
                            arena_printf(arena, EXCEEDS "%s of %s vCPUs. " MAKE_ROOM,
                                         text_count(arena, used.vcpus + change->vcpus),
                                         text_count(arena, used.most.vcpus)));
    if (used.memory_mb + change->memory_mb > used.most.memory_mb)
        return quota_refuse(context, "size",
                            arena_printf(arena, EXCEEDS "%s of %s memory. " MAKE_ROOM,
                                         text_memory(arena, used.memory_mb + change->memory_mb),
                                         text_memory(arena, used.most.memory_mb)));
    if (used.disk_gb + change->disk_gb > used.most.disk_gb)
        return quota_refuse(context, "size",
                            arena_printf(arena,
                                         EXCEEDS
                                         "%s of %s GB disk. Choose a smaller size, destroy VMs, "
                                         "delete snapshots, or ask the admin for more.",
                                         text_count(arena, used.disk_gb + change->disk_gb),
                                         text_count(arena, used.most.disk_gb)));
    return NULL;
}

/* Where encrypted disks are promised, nothing new is written to disks that are not. */
static struct error *disks_check(const struct context *context)
{
    struct promise_get_row disks;
    struct error *e = sql_promise_get(context->db, context->arena, "encrypted-disks", &disks);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!context->config->has_encrypted_disks ||
        (!e && strcmp(disks.state, PROMISE_STATE_GREEN) == 0))
        return NULL;
    if (e || strcmp(disks.state, PROMISE_STATE_UNKNOWN) == 0)
        return error_refuse(context->arena, ERROR_INPUT, "disks_not_measured", NULL,
                            "Whether this server\u2019s disks are encrypted, as it promises, is "
                            "not known yet. Try again in a minute.");
    return error_refuse(context->arena, ERROR_INPUT, "disks_not_encrypted", NULL,
                        "The disks of this server are not encrypted, as it promises. Ask the admin "
                        "to encrypt them.");
}

struct error *vm_command_check(const struct context *context, const struct actor *actor,
                               const struct vm_quota_change *change)
{
    struct error *e = restriction_check(context, actor);

    if (!e && change->vms)
        e = billing_check(context, actor->team_id, BILLING_CREATE);
    if (!e && change->vms)
        e = disks_check(context);
    if (!e && change->vms)
        e = spend_check(context, actor);
    return e ? e : quota_check(context, actor, change);
}

struct error *vm_command_start_check(const struct context *context, const struct actor *actor)
{
    struct error *e = restriction_check(context, actor);

    if (!e)
        e = billing_check(context, actor->team_id, BILLING_START);
    return e ? e : spend_check(context, actor);
}

/* At the cap, a running VM may keep running; a stopped one may not be started. */
static struct error *start_check(const struct context *context, const struct actor *actor,
                                 const struct vm_get_row *vm)
{
    return strcmp(vm->observed, VM_OBSERVED_RUNNING) == 0 ? NULL : spend_check(context, actor);
}

/* ---- commands without a value ---- */

/* No job failed, or its failure is not what is the matter: the host has lost the VM. */
static bool is_lost(const struct vm_get_row *vm, const struct job_last_row *job)
{
    return strcmp(job->state, JOB_STATE_DONE) == 0 ||
           (strcmp(vm->observed, VM_OBSERVED_ABSENT) == 0 && strcmp(job->kind, VM_JOB_CREATE) != 0);
}

/* Queue the last failed job again. Starting redefines a lost VM with its existing disk. */
static struct error *retry_queue(const struct context *context, const struct actor *actor,
                                 const struct vm_get_row *vm)
{
    const struct vm_job *kind;
    struct job_last_row job;
    struct error *e = sql_job_last(context->db, context->arena, actor->team_id, vm->id, &job);

    if (e)
        return e;
    kind = vm_job_find(is_lost(vm, &job) ? VM_JOB_START : job.kind);
    if (kind->may_start)
        e = start_check(context, actor, vm);
    if (!e)
        e = sql_vm_set_state(context->db, context->arena, actor->team_id, vm->id, kind->state, NULL,
                             context->now_at);
    return e ? e
             : vm_request_job(context, actor, vm->id, kind->kind,
                              is_lost(vm, &job) ? NULL : job.snapshot_id);
}

/* Restored with its memory, a VM has the CPUs and the memory of the snapshot and keeps running. */
static struct error *restore_check(const struct context *context, const struct actor *actor,
                                   const struct vm_get_row *vm,
                                   const struct snapshot_get_row *snapshot)
{
    const struct vm_quota_change change = { 0, snapshot->vcpus - vm->vcpus,
                                            snapshot->memory_mb - vm->memory_mb, 0 };
    const struct config_size *size =
        vm_size_find(context->config, vm->size, snapshot->vcpus, snapshot->memory_mb);
    struct price_list_rows prices;
    struct error *e;

    if (!snapshot->has_memory)
        return NULL;
    if (!size)
        return error_refuse(context->arena, ERROR_INPUT, "size_not_offered", NULL,
                            "The size of this snapshot is no longer offered. Clone it instead.");
    e = start_check(context, actor, vm);
    if (!e)
        e = quota_check(context, actor, &change);
    if (!e)
        e = sql_price_list(context->db, context->arena, &prices);
    if (!e && vm_command_costs_more(&prices, vm, size, context->now_at))
        e = spend_check(context, actor);
    return e;
}

struct error *vm_command_snapshot_find(const struct context *context, const struct actor *actor,
                                       const char *vm_id, const char *id,
                                       struct snapshot_get_row *out)
{
    struct error *e = sql_snapshot_get(context->db, context->arena, actor->team_id, vm_id, id, out);

    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    return error_refuse(
        context->arena, ERROR_NOT_FOUND, "no_such_snapshot", NULL,
        "The VM has no such snapshot. If it had a moment ago, the snapshot has been "
        "deleted already. Nothing was changed.");
}

static struct error *snapshot_check(const struct context *context, const struct actor *actor,
                                    const struct vm_get_row *vm, const char *snapshot_id,
                                    enum vm_trigger trigger)
{
    struct snapshot_used_by_clone_row clones;
    struct snapshot_get_row snapshot;
    struct error *e = vm_command_snapshot_find(context, actor, vm->id, snapshot_id, &snapshot);

    if (!e && trigger == VM_REQUEST_RESTORE)
        e = restore_check(context, actor, vm, &snapshot);
    if (e || trigger != VM_REQUEST_SNAPSHOT_DELETE)
        return e;
    e = sql_snapshot_used_by_clone(context->db, context->arena, snapshot_id, &clones);
    if (!e && clones.total)
        e = error_refuse(context->arena, ERROR_CONFLICT, "snapshot_in_use", NULL,
                         "A clone is being created from snapshot “%s”.", snapshot.name);
    return e ? e
             : sql_snapshot_set_state(context->db, context->arena, actor->team_id, snapshot_id,
                                      SNAPSHOT_STATE_DELETING);
}

static bool may_begin_to_run(enum vm_trigger trigger)
{
    return trigger == VM_REQUEST_START || trigger == VM_REQUEST_RESTART ||
           trigger == VM_REQUEST_RESTORE || trigger == VM_REQUEST_RETRY ||
           trigger == VM_REQUEST_RESUME;
}

static struct error *vm_move(const struct context *context, const struct actor *actor,
                             const struct vm_get_row *vm, enum vm_trigger trigger,
                             const char *snapshot_id)
{
    struct error *e;

    if (!vm_transition_find(vm->state, trigger))
        return error_new(context->arena, ERROR_CONFLICT, "vm %s is %s", vm->id, vm->state);
    /* Destroying goes on until the host is back; anything else would fail meanwhile. */
    e = trigger == VM_REQUEST_DESTROY ? NULL : host_check(context, vm->region);
    if (e)
        return e;
    if (trigger == VM_REQUEST_RETRY)
        return retry_queue(context, actor, vm);
    return vm_request(context, actor, vm->id, vm->state, trigger, snapshot_id);
}

/* What runs or is kept becomes less. */
static bool is_less(enum vm_trigger trigger)
{
    return trigger == VM_REQUEST_STOP || trigger == VM_REQUEST_DESTROY ||
           trigger == VM_REQUEST_SNAPSHOT_DELETE;
}

struct error *vm_command_send(const struct context *context, const struct actor *actor,
                              const char *id, enum vm_trigger trigger, const char *snapshot_id)
{
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, id, &vm);

    if (!e && !is_less(trigger))
        e = restriction_check(context, actor);
    if (!e && trigger == VM_REQUEST_STOP)
        e = vm_life_stop_check(context, actor, &vm);
    if (!e && may_begin_to_run(trigger))
        e = billing_check(context, actor->team_id, BILLING_START);
    if (!e && snapshot_id)
        e = snapshot_check(context, actor, &vm, snapshot_id, trigger);
    if (!e && (trigger == VM_REQUEST_START || trigger == VM_REQUEST_RESUME))
        e = start_check(context, actor, &vm);
    if (!e)
        e = vm_move(context, actor, &vm, trigger, snapshot_id);
    return e || !may_begin_to_run(trigger) ? e : vm_life_begin(context, &vm);
}

struct error *vm_command_admin_stop(const struct context *context, int64_t admin_id,
                                    int64_t team_id, const char *id, const char *reason)
{
    const struct actor system =
        actor_system(team_id, arena_printf(context->arena, "Stopped by the admin: %s", reason));
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, team_id, id, &vm);

    if (!e && strcmp(vm.life, VM_LIFE_EPHEMERAL) == 0)
        e = error_refuse(context->arena, ERROR_CONFLICT, "destroyed_when_stopped", NULL,
                         "This VM is destroyed when it stops. Suspend its team instead, which "
                         "keeps it.");
    if (!e)
        e = vm_move(context, &system, &vm, VM_REQUEST_STOP, NULL);
    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = AUDIT_OPERATOR,
                                                         .action = AUDIT_ADMIN_STOP,
                                                         .object = id,
                                                         .person_id = admin_id });
}

/* ---- resize, snapshot, rename ---- */

bool vm_command_costs_more(const struct price_list_rows *prices, const struct vm_get_row *vm,
                           const struct config_size *size, int64_t now_at)
{
    return price_at(prices, size->name, now_at) > price_at(prices, vm->size, now_at) ||
           size->disk_gb > vm->disk_gb;
}

struct error *vm_command_size_check(const struct context *context, const struct config_image *image,
                                    const struct config_size *size)
{
    if (!image || size->memory_mb >= image->memory_mb)
        return NULL;
    return error_refuse(context->arena, ERROR_INPUT, "memory_too_small", "size",
                        "%s needs %s of memory. Choose a larger size.", image->label,
                        text_memory(context->arena, image->memory_mb));
}

/* An increase in cost is refused at the cap. */
static struct error *resize_check(const struct context *context, const struct actor *actor,
                                  const struct vm_get_row *vm, const struct config_size *size)
{
    const struct vm_quota_change change = { 0, size->vcpus - vm->vcpus,
                                            size->memory_mb - vm->memory_mb,
                                            size->disk_gb - vm->disk_gb };
    struct price_list_rows prices;
    struct error *e = vm_command_check(context, actor, &change);

    if (!e && !change.vcpus && !change.memory_mb && !change.disk_gb)
        e = error_refuse(context->arena, ERROR_INPUT, "size_unchanged", "size",
                         "The VM already has this size. Choose another one.");
    if (!e)
        e = vm_command_size_check(context, config_image_find(context->config, vm->image), size);
    if (!e && size->disk_gb < vm->disk_gb)
        e = error_refuse(context->arena, ERROR_INPUT, "disk_cannot_shrink", "size",
                         "Disks can’t shrink. Choose a size with at least as much disk.");
    if (!e)
        e = sql_price_list(context->db, context->arena, &prices);
    if (!e && vm_command_costs_more(&prices, vm, size, context->now_at))
        e = spend_check(context, actor);
    return e;
}

struct error *vm_command_resize(const struct context *context, const struct actor *actor,
                                const char *id, const struct config_size *size)
{
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, id, &vm);

    if (!e)
        e = resize_check(context, actor, &vm, size);
    if (!e)
        e = vm_move(context, actor, &vm, VM_REQUEST_RESIZE, NULL);
    return e ? e
             : sql_vm_resize(context->db, context->arena, actor->team_id, id, size->name,
                             size->vcpus, size->memory_mb, size->disk_gb);
}

/* A snapshot costs what its disk does, from now on. `replaced`: goes first; zeros: none does. */
static struct error *snapshot_take_check(const struct context *context, const struct actor *actor,
                                         const struct vm_get_row *vm,
                                         const struct snapshot_get_row *replaced)
{
    struct snapshot_count_row taken;
    struct quota_used used;
    struct error *e = restriction_check(context, actor);

    if (!e)
        e = sql_snapshot_count(context->db, context->arena, actor->team_id, vm->id, &taken);
    if (!e && taken.total - (replaced->id ? 1 : 0) >= LIMIT_SNAPSHOTS_PER_VM)
        e = error_refuse(context->arena, ERROR_INPUT, "snapshot_limit_reached", NULL,
                         "A VM can have up to %d snapshots. Delete one first.",
                         LIMIT_SNAPSHOTS_PER_VM);
    if (!e)
        e = spend_check(context, actor);
    if (!e)
        e = quota_read(context, actor->team_id, &used);
    if (e)
        return e;
    used.disk_gb += vm->disk_gb - replaced->disk_gb;
    if (used.disk_gb > used.most.disk_gb)
        e = error_refuse(context->arena, ERROR_INPUT, "quota_exceeded", NULL,
                         EXCEEDS "%s of %s GB disk. Delete a snapshot or destroy a VM first.",
                         text_count(context->arena, used.disk_gb),
                         text_count(context->arena, used.most.disk_gb));
    return e;
}

struct error *vm_command_snapshot_replace(const struct context *context, const struct actor *actor,
                                          const char *id, const char *snapshot_id)
{
    struct snapshot_get_row replaced;
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, id, &vm);

    if (!e)
        e = vm_command_snapshot_find(context, actor, id, snapshot_id, &replaced);
    if (!e)
        e = snapshot_take_check(context, actor, &vm, &replaced);
    return e ? e : vm_command_send(context, actor, id, VM_REQUEST_SNAPSHOT_DELETE, snapshot_id);
}

struct error *vm_command_snapshot(const struct context *context, const struct actor *actor,
                                  const char *id, const char *name)
{
    const struct snapshot_get_row none = { .id = NULL };
    const char *snapshot_id = crypto_id(context->arena);
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, id, &vm);

    if (!e)
        e = snapshot_take_check(context, actor, &vm, &none);
    if (!e)
        e = sql_snapshot_create(context->db, context->arena, actor->team_id, id, snapshot_id, name,
                                vm.vcpus, vm.memory_mb, vm.disk_gb, context->now_at);
    return e ? e : vm_move(context, actor, &vm, VM_REQUEST_SNAPSHOT, snapshot_id);
}

struct error *vm_command_snapshots_delete(const struct context *context, const struct actor *actor,
                                          const char *id, const char *const *snapshot_ids,
                                          size_t count)
{
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, id, &vm);

    for (size_t i = 1; !e && i < count; i++)
        e = snapshot_check(context, actor, &vm, snapshot_ids[i], VM_REQUEST_SNAPSHOT_DELETE);
    return e ? e : vm_command_send(context, actor, id, VM_REQUEST_SNAPSHOT_DELETE, snapshot_ids[0]);
}

struct error *vm_command_rename(const struct context *context, const struct actor *actor,
                                const char *id, const char *name)
{
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, id, &vm);

    if (!e && vm.gone_at)
        return error_new(context->arena, ERROR_CONFLICT, "vm %s is gone", id);
    if (!e)
        e = restriction_check(context, actor);
    if (!e && strcmp(vm.name, name) == 0)
        return error_refuse(context->arena, ERROR_INPUT, "name_unchanged", "name",
                            "The VM already has this name.");
    if (!e)
        e = sql_vm_rename(context->db, context->arena, actor->team_id, id, name);
    if (e && e->kind == ERROR_CONFLICT)
        return error_refuse(context->arena, ERROR_INPUT, "name_taken", "name",
                            "Your team already has a VM of this name.");
    return e ? e
             : audit_add(context,
                         &(struct audit_entry){
                             .team_id = actor->team_id,
                             .action = AUDIT_VM_RENAME,
                             .vm_id = id,
                             .detail = arena_printf(context->arena, "%s → %s", vm.name, name),
                             .person_id = actor->person_id,
                         });
}
