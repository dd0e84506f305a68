/*
 * For drivers whose guests share one address: each has a port of it, from the region's range, and
 * keeps it for life unless another program takes it.
 */
#pragma once

#include "host/driver.h"

/* What differs between such drivers. */
struct ssh_forward {
    const struct driver_region *region;
    /* Can a guest be given this port now? */
    bool (*port_is_free)(const struct driver *driver, int64_t port);
    /* Bring a stopped guest to this size and port. Running: nothing. */
    struct error *(*define)(struct driver *driver, struct arena *arena, const struct driver_vm *vm);
    /* Boot. Running: nothing. CONFLICT when the port is taken, among others. */
    struct error *(*boot)(struct driver *driver, struct arena *arena, const struct driver_vm *vm);
};

/*
 * See to it that the VM has a port: its own, or one that neither another VM nor another program
 * has. UPSTREAM when none is free.
 */
struct error *ssh_forward_port(const struct ssh_forward *forward, struct driver *driver,
                               struct arena *arena, struct driver_vm *vm,
                               const struct driver_ports *ports);

/* Define and boot, with another port as often as the one it has turns out to be taken. */
struct error *ssh_forward_start(const struct ssh_forward *forward, struct driver *driver,
                                struct arena *arena, struct driver_vm *vm,
                                const struct driver_ports *ports);
