/*
 * The adapter for libvirt, whose headers only virt_handle.h includes.
 *
 * A thin wrapper: one function per libvirt operation, with names and text as arguments. How VMs are
 * built is in driver_libvirt.c, and their XML in driver_libvirt_xml.c.
 *
 * Errors have libvirt's message: NOT_FOUND (no such domain, snapshot, volume, pool, network),
 * CONFLICT (its state does not allow it, or the name is taken), UPSTREAM. Results live in the
 * arena. A `struct virt` belongs to one thread. No libvirt object outlives a call except the
 * connection.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "host/driver.h"

#include <stdbool.h>
#include <stdint.h>

struct virt;

enum virt_act {
    VIRT_START,
    VIRT_RESUME,
    VIRT_POWER_BUTTON, /* by ACPI */
    VIRT_SHUTDOWN,     /* by any method of the hypervisor */
    VIRT_DESTROY,
    VIRT_UNDEFINE, /* with everything that libvirt stores besides the definition */
};

struct virt_names {
    const char **name;
    size_t count;
};

/* The handle lives in `arena`, which must outlive it. Makes the process ignore SIGPIPE. */
struct error *virt_open(struct arena *arena, const char *uri, struct virt **out);
void virt_close(struct virt *virt);

/* Ensure that the daemon responds; reconnect if it was restarted. */
struct error *virt_ready(struct virt *virt, struct arena *arena);

/* The host's processors and memory. */
struct error *virt_node(struct virt *virt, struct arena *arena, int64_t *vcpus, int64_t *memory_mb);

/* ---- domains ---- */

/* Power state, and why it does not run (`cause`); the second form is without the cause. */
struct error *virt_domain_state(struct virt *virt, struct arena *arena, const char *domain,
                                enum driver_power *out, enum driver_cause *cause);
struct error *virt_domain_power(struct virt *virt, struct arena *arena, const char *domain,
                                enum driver_power *out);
struct error *virt_domain_define(struct virt *virt, struct arena *arena, const char *xml);
/* The definition: the live one, or (is_inactive) the persistent one for the next start. */
struct error *virt_domain_text(struct virt *virt, struct arena *arena, const char *domain,
                               bool is_inactive, const char **out);
struct error *virt_domain_act(struct virt *virt, struct arena *arena, const char *domain,
                              enum virt_act act);
/*
 * Change a device, by force: in the persistent definition and, if `is_live`, in the running guest.
 */
struct error *virt_domain_update(struct virt *virt, struct arena *arena, const char *domain,
                                 const char *xml, bool is_live);
/* Add a device to a running guest, and to its persistent definition. */
struct error *virt_domain_attach(struct virt *virt, struct arena *arena, const char *domain,
                                 const char *xml);
/*
 * Replace the keys that `user` accepts, by the guest agent, and read them back into `out`, one in
 * each name; `timeout_s` for each answer.
 */
struct error *virt_domain_keys(struct virt *virt, struct arena *arena, const char *domain,
                               const char *user, const char *const *lines, size_t count,
                               int timeout_s, struct virt_names *out);
/* What the domain prints on its first console from now on, until it ends. */
struct error *virt_domain_console(struct virt *virt, struct arena *arena, const char *domain,
                                  void (*listen)(void *listener, const char *bytes, size_t length),
                                  void *listener);

/* Takes that console away from whoever reads it. */
struct error *virt_domain_console_end(struct virt *virt, struct arena *arena, const char *domain);
struct error *virt_domain_statistics(struct virt *virt, struct arena *arena, const char *domain,
                                     int period_s);
/* Fills the values that libvirt reports and leaves the others. `disk` is the target, "vda". */
struct error *virt_domain_usage(struct virt *virt, struct arena *arena, const char *domain,
                                const char *disk, struct driver_usage *out);
/*
 * Give a running domain its share of the processors, by its vCPUs, and a limit of the host's memory
 * beyond which the kernel reclaims: the guest's, and what QEMU needs besides. UPSTREAM if it has no
 * cgroup.
 */
struct error *virt_domain_share(struct virt *virt, struct arena *arena, const char *domain);
struct error *virt_domain_list(struct virt *virt, struct arena *arena, struct virt_names *out);

/* ---- snapshots ---- */

/* `is_redefine`: only replace libvirt's metadata of an existing snapshot. */
struct error *virt_snapshot_create(struct virt *virt, struct arena *arena, const char *domain,
                                   const char *xml, bool is_redefine);
struct error *virt_snapshot_text(struct virt *virt, struct arena *arena, const char *domain,
                                 const char *snapshot, const char **out);
struct error *virt_snapshot_revert(struct virt *virt, struct arena *arena, const char *domain,
                                   const char *snapshot);
/* `is_record_only`: delete only the metadata, not from the disk. */
struct error *virt_snapshot_delete(struct virt *virt, struct arena *arena, const char *domain,
                                   const char *snapshot, bool is_record_only);
struct error *virt_snapshot_list(struct virt *virt, struct arena *arena, const char *domain,
                                 struct virt_names *out);

/* ---- storage and network ---- */

/* Create a pool that lives until the daemon exits. CONFLICT if it exists. */
struct error *virt_pool_create(struct virt *virt, struct arena *arena, const char *xml);
/* Start it if it is defined but not active; *out is its XML. */
struct error *virt_pool_text(struct virt *virt, struct arena *arena, const char *pool,
                             const char **out);
/* Rescan the directory; waits while the pool is busy. UPSTREAM if it stays busy. */
struct error *virt_pool_refresh(struct virt *virt, struct arena *arena, const char *pool);
struct error *virt_pool_list(struct virt *virt, struct arena *arena, const char *pool,
                             struct virt_names *out);
struct error *virt_volume_create(struct virt *virt, struct arena *arena, const char *pool,
                                 const char *xml);
struct error *virt_volume_capacity(struct virt *virt, struct arena *arena, const char *pool,
                                   const char *volume, int64_t *bytes);
struct error *virt_volume_resize(struct virt *virt, struct arena *arena, const char *pool,
                                 const char *volume, int64_t bytes);
struct error *virt_volume_delete(struct virt *virt, struct arena *arena, const char *pool,
                                 const char *volume);

/* Add or remove a static DHCP lease, live and persistent: `xml` is a <host/> element. */
struct error *virt_network_host(struct virt *virt, struct arena *arena, const char *network,
                                const char *xml, bool is_added);
struct error *virt_network_text(struct virt *virt, struct arena *arena, const char *network,
                                const char **out);
