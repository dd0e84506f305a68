/*
 * For drivers whose guests share one address: each guest has one port, from the region's range, and
 * keeps it unless another program takes it.
 */
#pragma once

#include "host/driver.h"

/* What such drivers implement differently. */
struct ssh_forward {
    const struct driver_region *region;
    /* Is this port free for a guest? */
    bool (*port_is_free)(const struct driver *driver, int64_t port);
    /* Update a stopped guest to this size and port. No-op if running. */
    struct error *(*define)(struct driver *driver, struct arena *arena, const struct driver_vm *vm);
    /* Boot. No-op if running. CONFLICT if the port is taken, among others. */
    struct error *(*boot)(struct driver *driver, struct arena *arena, const struct driver_vm *vm);
};

/*
 * Ensure that the VM has a port: its current one, or one that no other VM or program uses. UPSTREAM
 * if none is free.
 */
struct error *ssh_forward_port(const struct ssh_forward *forward, struct driver *driver,
                               struct arena *arena, struct driver_vm *vm,
                               const struct driver_ports *ports);

/* Define and boot, retrying with another port while the current one is taken. */
struct error *ssh_forward_start(const struct ssh_forward *forward, struct driver *driver,
                                struct arena *arena, struct driver_vm *vm,
                                const struct driver_ports *ports);
