/*
 * The network of guests: the setup for a region, as text (driver_libvirt_setup.c), and checks of
 * it. In the system profile root performs it. In a session, guest_net.sh does, in a namespace of
 * its own; while that is missing, guests have no network besides SSH. Addresses are those of
 * base/guest_address.h.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct libvirt;
struct driver_region;

/* The network identity of a guest, derived from its port alone. */
struct driver_address {
    const char *mac;
    const char *ip;
};

struct driver_address driver_address(const struct driver_region *region, struct arena *arena,
                                     int64_t port);

/* Check that the region uses the system profile and its bridge is a valid interface name. */
struct error *driver_bridge_check(struct arena *arena, const struct driver_region *region);

/* The group that QEMU runs as and the worker must belong to. UPSTREAM with what to do. */
struct error *driver_group_find(struct arena *arena, int64_t *out);

/*
 * Check that the firewall table is loaded for this bridge and port. CONFLICT with what root has to
 * do; a no-op in other profiles.
 */
struct error *driver_firewall_check(const struct libvirt *libvirt, struct arena *arena,
                                    int64_t port);

/* Is this <host/> one of the network's static leases? */
struct error *driver_address_is_reserved(struct libvirt *libvirt, struct arena *arena,
                                         const struct driver_address *address, bool *out);
/* Add it; CONFLICT if there is no such network. */
struct error *driver_address_reserve(struct libvirt *libvirt, struct arena *arena,
                                     const struct driver_address *address);
