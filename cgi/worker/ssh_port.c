/* Ports of guests; see ssh_port.h. */
#include "worker/ssh_port.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "worker/internet.h"

#include "model/audit.h"

/* People have written the former port down: the activity says that it has changed. */
static struct error *port_set(struct job *job, int64_t port)
{
    struct db *db = job->context->db;
    const struct context now = worker_context_now(job->context, job->arena);
    int64_t before = job->vm.ssh_port;
    struct error *e = sql_vm_set_endpoint(db, job->arena, job->vm.id, NULL, &port);

    if (!e && before && before != port)
        e = audit_add(&now, &(struct audit_entry){
                                .team_id = job->row.team_id,
                                .action = AUDIT_VM_PORT,
                                .vm_id = job->vm.id,
                                .detail = arena_printf(
                                    job->arena, "%lld → %lld: another program uses the first",
                                    (long long)before, (long long)port),
                            });
    return e ? e : db_commit(db, job->arena);
}

static struct error *port_reserve(void *owner, int64_t port, bool *is_ours)
{
    struct job *job = owner;
    struct db *db = job->context->db;
    struct vm_port_taken_row taken;
    struct error *e = db_begin(db, job->arena);

    if (!e)
        e = sql_vm_port_taken(db, job->arena, job->vm.region, port, &taken);
    *is_ours = !e && !taken.total;
    if (*is_ours)
        e = port_set(job, port);
    db_rollback(db);
    *is_ours = *is_ours && !e;
    if (!*is_ours)
        return e;
    job->vm.ssh_port = port;
    internet_tell(job->context, job->arena, job->vm.id);
    return NULL;
}

struct driver_ports ssh_ports(struct job *job)
{
    return (struct driver_ports){ .reserve = port_reserve, .owner = job };
}
