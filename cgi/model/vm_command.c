/* Wishes of people; see vm_command.h. How a wish is written down is in vm_ask.c. */
#include "model/vm_command.h"

#include "activity.sql.h"
#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "job.sql.h"
#include "model/billing_check.h"
#include "model/spend_cap.h"
#include "model/vm_request.h"
#include "model/worker_wakeup.h"
#include "snapshot.sql.h"
#include "view/vm_view.h"
#include "vm_key.sql.h"
#include "web/session.h"

#include <string.h>

static struct error *job_queue(struct request *r, const char *vm_id, const char *kind,
                               const char *snapshot_id)
{
    struct job_create_row job;

    return sql_job_create(r->db, r->arena, r->session->team_id, vm_id, kind, &r->session->person_id,
                          snapshot_id, clock_now_ms(), &job);
}

static struct error *event_note(struct request *r, const char *vm_id, const char *what,
                                const char *detail)
{
    return sql_activity_add(r->db, r->arena, r->session->team_id, crypto_id(r->arena), vm_id, what,
                            detail, &r->session->person_id, clock_now_ms());
}

static struct error *commit_and_wake(struct request *r, struct error *e)
{
    if (!e)
        e = db_commit(r->db, r->arena);
    if (!e)
        worker_wakeup_send();
    return e;
}

struct error *vm_command_quota(struct request *r, int64_t vms, int64_t vcpus, int64_t memory_mb,
                               int64_t disk_gb, const char **problem)
{
    struct vm_quota_row used;
    struct spend_cap spend = { .refusal = NULL };
    const struct config *config = r->config;
    struct error *e = sql_vm_quota(r->db, r->arena, r->session->team_id, &used);

    *problem = NULL;
    if (!e && vms)
        e = billing_check(r, BILLING_CREATE, problem);
    if (!e && vms)
        e = spend_cap_check(r, &spend);
    if (e || *problem)
        return e;
    if (spend.refusal)
        *problem = spend.refusal;
    else if (used.vms + vms > config->quota_vms)
        *problem = arena_printf(r->arena, "Your team has all of its %lld VMs. Destroy one first.",
                                (long long)config->quota_vms);
    else if (used.vcpus + vcpus > config->quota_vcpus)
        *problem =
            arena_printf(r->arena, "That would be %lld of %lld vCPUs. Choose a smaller size.",
                         (long long)(used.vcpus + vcpus), (long long)config->quota_vcpus);
    else if (used.memory_mb + memory_mb > config->quota_memory_mb)
        *problem = arena_printf(r->arena, "That would be %s of %s memory. Choose a smaller size.",
                                vm_view_memory(r->arena, used.memory_mb + memory_mb),
                                vm_view_memory(r->arena, config->quota_memory_mb));
    else if (used.disk_gb + disk_gb > config->quota_disk_gb)
        *problem =
            arena_printf(r->arena, "That would be %lld of %lld GB disk. Choose a smaller size.",
                         (long long)(used.disk_gb + disk_gb), (long long)config->quota_disk_gb);
    return NULL;
}

static struct error *name_check(struct request *r, const char *name, const char **problem)
{
    struct vm_id_by_name_row other;
    struct error *e = sql_vm_id_by_name(r->db, r->arena, r->session->team_id, name, &other);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL;
    if (!e)
        *problem = arena_printf(r->arena, "Your team already has a VM called %s.", name);
    return e;
}

static struct error *keys_add(struct request *r, const struct vm_command *wish, const char *id)
{
    struct error *e = NULL;

    if (wish->source)
        return sql_vm_key_copy(r->db, r->arena, r->session->team_id, id, wish->source->id);
    for (size_t i = 0; i < wish->key_count && !e; i++) {
        e = sql_vm_key_add(r->db, r->arena, r->session->team_id, id, wish->key_ids[i]);
        if (!e && db_changes(r->db) == 0)
            e = error_new(r->arena, ERROR_INPUT, "a key that the team does not have");
    }
    return e;
}

static struct error *vm_insert(struct request *r, const struct vm_command *wish, const char *id)
{
    const struct config_size *size = wish->size;
    struct error *e =
        sql_vm_create(r->db, r->arena, r->session->team_id, id, r->session->person_id, wish->name,
                      wish->region->name, wish->image->name, size->name, size->vcpus,
                      size->memory_mb, size->disk_gb, wish->source ? wish->source->id : NULL,
                      wish->source_snapshot_id, clock_now());

    if (!e)
        e = keys_add(r, wish, id);
    if (!e)
        e = job_queue(r, id, "create", NULL);
    if (!e)
        e = event_note(r, id, "create asked", NULL);
    return e;
}

struct error *vm_command_create(struct request *r, const struct vm_command *wish,
                                const char **out_id, const char **problem)
{
    const struct config_size *size = wish->size;
    struct error *e = db_begin(r->db, r->arena);

    *out_id = crypto_id(r->arena);
    if (!e)
        e = vm_command_quota(r, 1, size->vcpus, size->memory_mb, size->disk_gb, problem);
    if (!e && !*problem)
        e = name_check(r, wish->name, problem);
    if (!e && *problem)
        e = error_new(r->arena, ERROR_INPUT, "%s", *problem);
    if (!e)
        e = vm_insert(r, wish, *out_id);
    e = commit_and_wake(r, e);
    db_rollback(r->db);
    return e;
}

static struct vm_request asked(const struct request *r, const char *id, const char *state)
{
    return (struct vm_request){ r->session->team_id, id, state, &r->session->person_id, NULL };
}

/* INPUT when the VM does not run now and the team may not begin what costs. */
static struct error *start_check(struct request *r, const struct vm_get_row *vm)
{
    struct spend_cap spend;
    struct error *e;

    if (strcmp(vm->observed, "running") == 0)
        return NULL;
    e = spend_cap_check(r, &spend);
    if (!e && spend.refusal)
        e = error_new(r->arena, ERROR_INPUT, "%s", spend.refusal);
    return e;
}

static bool job_starts(const char *kind)
{
    return strcmp(kind, "create") == 0 || strcmp(kind, "start") == 0 ||
           strcmp(kind, "restart") == 0;
}

/* The job that failed last, once more. */
static struct error *retry_queue(struct request *r, const struct vm_get_row *vm)
{
    const struct vm_request again = asked(r, vm->id, vm->state);
    struct job_last_row job;
    const char *kind;
    struct error *e = sql_job_last(r->db, r->arena, r->session->team_id, vm->id, &job);

    if (e)
        return e;
    /* No job failed: the host lost the VM. Starting defines it anew on the disk that is there. */
    kind = strcmp(job.state, "done") == 0 ? "start" : job.kind;
    if (job_starts(kind))
        e = start_check(r, vm);
    if (!e)
        e = sql_vm_set_state(r->db, r->arena, r->session->team_id, vm->id, vm_working_state(kind),
                             NULL, clock_now());
    return e ? e : vm_request_job(r->db, r->arena, &again, kind, job.snapshot_id);
}

/* In a transaction: state, wish, job and event of one transition. */
static struct error *vm_move(struct request *r, const struct vm_get_row *vm, enum vm_trigger event,
                             const char *snapshot_id)
{
    const struct vm_request moved = asked(r, vm->id, vm->state);

    if (!vm_transition_find(vm->state, event))
        return error_new(r->arena, ERROR_CONFLICT, "vm %s is %s", vm->id, vm->state);
    if (event == VM_REQUEST_RETRY)
        return retry_queue(r, vm);
    return vm_ask(r->db, r->arena, &moved, event, snapshot_id);
}

static struct error *snapshot_mark(struct request *r, const struct vm_get_row *vm,
                                   const char *snapshot_id, enum vm_trigger event)
{
    struct snapshot_used_by_clone_row clones;
    struct snapshot_get_row snapshot;
    struct error *e =
        sql_snapshot_get(r->db, r->arena, r->session->team_id, vm->id, snapshot_id, &snapshot);

    /* One with memory goes on running. */
    if (!e && event == VM_REQUEST_RESTORE && snapshot.has_memory)
        e = start_check(r, vm);
    if (e || event != VM_REQUEST_SNAPSHOT_DELETE)
        return e;
    e = sql_snapshot_used_by_clone(r->db, r->arena, snapshot_id, &clones);
    if (!e && clones.total)
        e = error_new(r->arena, ERROR_CONFLICT, "a clone is being made from it");
    if (!e)
        e = sql_snapshot_set_state(r->db, r->arena, r->session->team_id, snapshot_id, "deleting");
    return e;
}

/* Does the plan let the VM run? */
static struct error *plan_check(struct request *r, enum vm_trigger event)
{
    bool is_start = event == VM_REQUEST_START || event == VM_REQUEST_RESTART ||
                    event == VM_REQUEST_RESTORE || event == VM_REQUEST_RETRY;
    const char *problem = NULL;
    struct error *e = is_start ? billing_check(r, BILLING_START, &problem) : NULL;

    return e || !problem ? e : error_new(r->arena, ERROR_CONFLICT, "%s", problem);
}

struct error *vm_command_request(struct request *r, const char *id, enum vm_trigger event,
                                 const char *snapshot_id, const char *notice)
{
    struct vm_get_row vm;
    struct error *e = db_begin(r->db, r->arena);

    if (!e)
        e = sql_vm_get(r->db, r->arena, r->session->team_id, id, &vm);
    if (!e)
        e = plan_check(r, event);
    if (!e && snapshot_id)
        e = snapshot_mark(r, &vm, snapshot_id, event);
    if (!e && event == VM_REQUEST_START)
        e = start_check(r, &vm);
    if (!e)
        e = vm_move(r, &vm, event, snapshot_id);
    if (!e && notice)
        e = session_notice(r, arena_printf(r->arena, "%s %s", vm.name, notice));
    e = commit_and_wake(r, e);
    db_rollback(r->db);
    return e;
}

static const char *shrink_problem(const struct vm_get_row *vm, const struct config_size *size)
{
    return size->disk_gb < vm->disk_gb
               ? "A disk can grow but not shrink. Choose a size with at least as much disk."
               : NULL;
}

bool vm_command_costs_more(const struct price_list_rows *prices, const struct vm_get_row *vm,
                           const struct config_size *size, int64_t now_at)
{
    return price_at(prices, size->name, now_at) > price_at(prices, vm->size, now_at) ||
           size->disk_gb > vm->disk_gb;
}

/* What costs more than now is refused at the cap. */
static struct error *resize_check(struct request *r, const struct vm_get_row *vm,
                                  const struct config_size *size, const char **problem)
{
    struct price_list_rows prices;
    struct spend_cap spend;
    struct error *e = sql_price_list(r->db, r->arena, &prices);

    if (!e)
        e = spend_cap_check(r, &spend);
    if (!e && vm_command_costs_more(&prices, vm, size, clock_now()))
        *problem = spend.refusal;
    return e;
}

struct error *vm_command_resize(struct request *r, const char *id, const struct config_size *size,
                                const char **problem)
{
    struct vm_get_row vm;
    struct error *e = db_begin(r->db, r->arena);

    if (!e)
        e = sql_vm_get(r->db, r->arena, r->session->team_id, id, &vm);
    if (!e)
        e = vm_command_quota(r, 0, size->vcpus - vm.vcpus, size->memory_mb - vm.memory_mb,
                             size->disk_gb - vm.disk_gb, problem);
    if (!e && !*problem)
        *problem = shrink_problem(&vm, size);
    if (!e && !*problem)
        e = resize_check(r, &vm, size, problem);
    if (!e && *problem)
        e = error_new(r->arena, ERROR_INPUT, "%s", *problem);
    if (!e)
        e = vm_move(r, &vm, VM_REQUEST_RESIZE, NULL);
    if (!e)
        e = sql_vm_resize(r->db, r->arena, r->session->team_id, id, size->name, size->vcpus,
                          size->memory_mb, size->disk_gb);
    if (!e)
        e = session_notice(r, arena_printf(r->arena, "%s gets the size %s.", vm.name, size->label));
    e = commit_and_wake(r, e);
    db_rollback(r->db);
    return e;
}

struct error *vm_command_snapshot(struct request *r, const char *id, const char *name,
                                  const char **problem)
{
    const char *snapshot_id = crypto_id(r->arena);
    struct snapshot_count_row taken;
    struct vm_get_row vm;
    struct error *e = db_begin(r->db, r->arena);

    if (!e)
        e = sql_vm_get(r->db, r->arena, r->session->team_id, id, &vm);
    if (!e)
        e = sql_snapshot_count(r->db, r->arena, r->session->team_id, id, &taken);
    if (!e && taken.total >= LIMIT_SNAPSHOTS_PER_VM) {
        *problem = arena_printf(r->arena, "A VM can have %d snapshots. Delete one first.",
                                LIMIT_SNAPSHOTS_PER_VM);
        e = error_new(r->arena, ERROR_INPUT, "%s", *problem);
    }
    if (!e)
        e = vm_move(r, &vm, VM_REQUEST_SNAPSHOT, snapshot_id);
    if (!e)
        e = sql_snapshot_create(r->db, r->arena, r->session->team_id, id, snapshot_id, name,
                                vm.vcpus, vm.memory_mb, vm.disk_gb, clock_now());
    if (!e)
        e = session_notice(r, arena_printf(r->arena, "Snapshot “%s” is being taken.", name));
    e = commit_and_wake(r, e);
    db_rollback(r->db);
    return e;
}
