/*
 * The network of the system profile: what root has to set up for a region, as text, and whether it
 * is there. A guest's address follows from its port alone, so that all of it can be written down
 * once and nothing has to be changed in the firewall when VMs come and go.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct libvirt;
struct driver_region;

/* What a guest of the system profile is called on the network; derived from its port alone. */
struct driver_address {
    const char *mac;
    const char *ip;
};

struct driver_address driver_address(const struct driver_region *region, struct arena *arena,
                                     int64_t port);

/* The region is one of the system profile, and its bridge can be a network interface's name. */
struct error *driver_bridge_check(struct arena *arena, const struct driver_region *region);

/* The group as which QEMU runs, to which the worker has to belong: UPSTREAM with what to do. */
struct error *driver_group_find(struct arena *arena, int64_t *out);

/* The definition of the network, for "virsh net-define"; the rules, for "nft -f". */
const char *driver_network_xml(struct arena *arena, const struct driver_region *region);
const char *driver_guard_rules(struct arena *arena, const struct driver_region *region);

/*
 * Guests run as a user of libvirt's: each folder on the way to `path` must let everybody pass.
 * UPSTREAM with what to do.
 */
struct error *driver_path_check(struct arena *arena, const char *path);

/*
 * The firewall's table is loaded, for this bridge and this port. CONFLICT with what root has to do;
 * other profiles need none.
 */
struct error *driver_guard_check(const struct libvirt *libvirt, struct arena *arena, int64_t port);

/* Is this <host/> among the network's fixed addresses? */
struct error *driver_address_is_kept(struct libvirt *libvirt, struct arena *arena,
                                     const struct driver_address *address, bool *out);
/* Make it one; CONFLICT when there is no such network. */
struct error *driver_address_keep(struct libvirt *libvirt, struct arena *arena,
                                  const struct driver_address *address);
