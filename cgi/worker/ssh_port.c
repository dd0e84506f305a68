/* Ports of guests; see ssh_port.h. */
#include "worker/ssh_port.h"

static struct error *port_reserve(void *owner, int64_t port, bool *is_ours)
{
    struct job *job = owner;
    struct vm_port_taken_row taken;
    struct error *e = sql_vm_port_taken(job->context->db, job->arena, job->vm.region, port, &taken);

    *is_ours = false;
    if (e || taken.total)
        return e;
    e = sql_vm_set_port(job->context->db, job->arena, job->vm.id, &port);
    /* CONFLICT: another job took it in the meantime. */
    if (e && e->kind == ERROR_CONFLICT)
        return NULL;
    *is_ours = !e;
    if (!e)
        job->vm.ssh_port = port;
    return e;
}

struct driver_ports ssh_ports(struct job *job)
{
    return (struct driver_ports){ .reserve = port_reserve, .owner = job };
}
