/* Ports of guests; see ssh_port.h. */
#include "worker/ssh_port.h"

#include "adapter/crypto.h"

/* Does another VM of the region have it? */
static struct error *port_ask(struct job *job, int64_t port, bool *is_free)
{
    struct vm_port_taken_row taken;
    struct error *e = sql_vm_port_taken(job->context->db, job->arena, job->vm.region, port, &taken);

    *is_free = !e && !taken.total && driver_port_is_free(job->driver, port);
    return e;
}

struct error *port_choose(struct job *job)
{
    const struct config_region *region = config_region_find(job->context->config, job->vm.region);
    int64_t count = region->ssh_port_last - region->ssh_port_first + 1;
    uint32_t start;

    /* At random: a port that had just been another VM's would meet that one's key in known_hosts.
     */
    crypto_random(&start, sizeof start);
    for (int64_t i = 0; i < count; i++) {
        int64_t port = region->ssh_port_first + (start + i) % count;
        bool is_free;
        struct error *e = port_ask(job, port, &is_free);

        if (e)
            return e;
        if (!is_free)
            continue;
        e = sql_vm_set_port(job->context->db, job->arena, job->vm.id, &port);
        /* CONFLICT: another job took it since we asked. */
        if (e && e->kind == ERROR_CONFLICT)
            continue;
        if (!e)
            job->wanted.ssh_port = port;
        return e;
    }
    return error_new(job->arena, ERROR_UPSTREAM,
                     "no port of %s is free: widen ssh_ports of region %s in domicile.conf",
                     region->ssh_ports, region->name);
}
