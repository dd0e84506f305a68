/* Requests for VMs; see vm_request.h. The only place that queues VM jobs. */
#include "model/vm_request.h"

#include "adapter/crypto.h"
#include "job.sql.h"
#include "model/audit.h"
#include "model/vm_job.h"
#include "snapshot.sql.h"
#include "vm.sql.h"

/* What the entry says beside the act: the snapshot's name, or why the system acts. */
static struct error *detail_find(const struct context *context, const struct actor *actor,
                                 const char *id, const char *snapshot_id, const char **out)
{
    struct snapshot_get_row snapshot;
    struct error *e;

    *out = actor->reason;
    if (!snapshot_id)
        return NULL;
    e = sql_snapshot_get(context->db, context->arena, actor->team_id, id, snapshot_id, &snapshot);
    if (!e)
        *out = snapshot.name;
    return e && e->kind != ERROR_NOT_FOUND ? e : NULL;
}

struct error *vm_request_job(const struct context *context, const struct actor *actor,
                             const char *id, const char *kind, const char *snapshot_id)
{
    struct arena *arena = context->arena;
    const char *job_id = crypto_id(arena), *detail;
    struct error *e = detail_find(context, actor, id, snapshot_id, &detail);

    if (!e)
        e = sql_job_create(context->db, arena, actor->team_id, job_id, id, kind,
                           actor_person(actor), snapshot_id, context->now_ms);
    if (e)
        return e;
    return audit_begin_job(
        context, actor,
        &(struct audit_job){
            .id = job_id,
            .kind = kind,
            .vm_id = id,
            .what = arena_printf(arena, "%s requested", vm_job_find(kind)->title),
            .detail = detail,
        });
}

struct error *vm_request(const struct context *context, const struct actor *actor, const char *id,
                         const char *state, enum vm_trigger trigger, const char *snapshot_id)
{
    const struct vm_transition *transition;
    struct error *e = vm_transition_apply(context, actor->team_id, id, state, trigger, &transition);

    if (!e && trigger == VM_REQUEST_DESTROY)
        e = sql_job_drop_queued(context->db, context->arena, actor->team_id, id, context->now_ms);
    if (!e && trigger == VM_REQUEST_DESTROY)
        e = audit_drop_jobs(context, actor->team_id, id);
    if (!e && transition->job)
        e = vm_request_job(context, actor, id, transition->job, snapshot_id);
    return e;
}

struct error *vm_request_next_deletion(const struct context *context, const struct actor *actor,
                                       const char *id)
{
    struct snapshot_next_deletion_row next;
    struct error *e =
        sql_snapshot_next_deletion(context->db, context->arena, actor->team_id, id, &next);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    if (!vm_transition_find(next.state, VM_REQUEST_SNAPSHOT_DELETE))
        return NULL;
    return vm_request(context, actor, id, next.state, VM_REQUEST_SNAPSHOT_DELETE, next.id);
}

struct error *vm_request_all(const struct context *context, const struct actor *actor,
                             enum vm_trigger trigger)
{
    struct vm_states_rows vms;
    struct error *e = sql_vm_states(context->db, context->arena, actor->team_id, &vms);

    for (size_t i = 0; !e && i < vms.count; i++) {
        if (vm_transition_find(vms.row[i].state, trigger))
            e = vm_request(context, actor, vms.row[i].id, vms.row[i].state, trigger, NULL);
    }
    return e;
}
