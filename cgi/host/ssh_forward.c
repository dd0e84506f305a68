/* Ports forwarded to guests; see ssh_forward.h. */
#include "host/ssh_forward.h"

#include "adapter/crypto.h"

enum { PORT_TRIES = 5 };

static struct error *port_choose(const struct ssh_forward *forward, struct driver *driver,
                                 struct arena *arena, struct driver_vm *vm,
                                 const struct driver_ports *ports)
{
    const struct driver_region *region = forward->region;
    int64_t count = region->ssh_port_last - region->ssh_port_first + 1;
    uint32_t start;

    /* At random: a port just used by another VM would conflict with its key in known_hosts. */
    crypto_random(&start, sizeof start);
    for (int64_t i = 0; i < count; i++) {
        int64_t port = region->ssh_port_first + (start + i) % count;
        bool is_ours = false;
        struct error *e = NULL;

        if (forward->port_is_free(driver, port))
            e = ports->reserve(ports->owner, port, &is_ours);
        if (is_ours)
            vm->ssh.port = port;
        if (e || is_ours)
            return e;
    }
    return error_new(arena, ERROR_UPSTREAM,
                     "no port in %lld-%lld is free: extend ssh_ports of region %s in domicile.conf",
                     (long long)region->ssh_port_first, (long long)region->ssh_port_last,
                     region->name);
}

struct error *ssh_forward_port(const struct ssh_forward *forward, struct driver *driver,
                               struct arena *arena, struct driver_vm *vm,
                               const struct driver_ports *ports)
{
    return vm->ssh.port ? NULL : port_choose(forward, driver, arena, vm, ports);
}

struct error *ssh_forward_start(const struct ssh_forward *forward, struct driver *driver,
                                struct arena *arena, struct driver_vm *vm,
                                const struct driver_ports *ports)
{
    struct error *e = ssh_forward_port(forward, driver, arena, vm, ports);

    for (int i = 0; !e && i < PORT_TRIES; i++) {
        e = forward->define(driver, arena, vm);
        if (!e)
            e = forward->boot(driver, arena, vm);
        if (!e || e->kind != ERROR_CONFLICT || forward->port_is_free(driver, vm->ssh.port))
            return e;
        e = port_choose(forward, driver, arena, vm, ports);
    }
    return e ? e : error_new(arena, ERROR_UPSTREAM, "all ports that were tried are in use");
}
