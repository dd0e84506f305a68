/*
 * The libvirt driver (see driver.h): the steps that create and start a VM, and its port. The steps
 * themselves are in driver_libvirt.c and driver_libvirt_disk.c.
 */
#include "host/driver_libvirt.h"

#include "host/ssh_forward.h"

static struct error *disk_step(struct driver *driver, struct arena *arena,
                               struct driver_create *create)
{
    if (!create->source_snapshot)
        return libvirt_disk_create(driver, arena, create->vm);
    return libvirt_disk_clone(driver, arena, create->vm, create->source_id,
                              create->source_snapshot);
}

static struct error *seed_step(struct driver *driver, struct arena *arena,
                               struct driver_create *create)
{
    bool is_waiting;
    struct error *e = libvirt_waits(driver, arena, create->vm->id, &is_waiting);

    if (!e && is_waiting) {
        e = libvirt_seed_give(driver, arena, create->vm, create->seed);
    } else if (!e) {
        /* If this is a retry and the guest is running, it has read the previous seed. */
        e = libvirt_stop_force(driver, arena, create->vm->id);
        if (!e)
            e = libvirt_seed_write(driver, arena, create->vm, create->seed);
    }
    if (!e)
        create->host_key_public = create->seed->host_key_public;
    return e;
}

static struct ssh_forward forward_of(const struct driver *driver)
{
    return (struct ssh_forward){ &libvirt_of(driver)->region, libvirt_port_is_free, libvirt_define,
                                 libvirt_boot };
}

static struct error *network_step(struct driver *driver, struct arena *arena,
                                  struct driver_create *create)
{
    const struct ssh_forward forward = forward_of(driver);

    return ssh_forward_port(&forward, driver, arena, create->vm, create->ports);
}

struct error *libvirt_start(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                            const struct driver_ports *ports)
{
    const struct ssh_forward forward = forward_of(driver);

    return ssh_forward_start(&forward, driver, arena, vm, ports);
}

struct error *libvirt_resize(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                             const struct driver_ports *ports)
{
    const struct ssh_forward forward = forward_of(driver);
    struct error *e = ssh_forward_port(&forward, driver, arena, vm, ports);

    return e ? e : libvirt_define(driver, arena, vm);
}

static struct error *boot_step(struct driver *driver, struct arena *arena,
                               struct driver_create *create)
{
    return libvirt_start(driver, arena, create->vm, create->ports);
}

/* One that has waited gets the way to its agent only now: the agent's start takes the guest's time.
 */
static struct error *seed_remove_step(struct driver *driver, struct arena *arena,
                                      struct driver_create *create)
{
    struct error *e = libvirt_seed_remove(driver, arena, create->vm->id);

    if (!e && create->vm->has_agent)
        libvirt_agent_ensure(driver, arena, create->vm->id);
    return e;
}

const struct driver_step LIBVIRT_CREATE_STEPS[LIBVIRT_CREATE_STEP_COUNT] = {
    { "Disk", disk_step, false },       { "Seed", seed_step, false },
    { "Network", network_step, false }, { "Boot", boot_step, true },
    { "SSH ready", NULL, false },       { "Seed removed", seed_remove_step, false },
};
