/*
 * What the files of the libvirt driver share among themselves. Others use driver.h.
 */
#pragma once

#include "host/driver.h"
#include "host/virt.h"

/* The firewall's table of the system profile. */
#define DRIVER_GUARD "domicile_guard"

enum driver_profile {
    DRIVER_SESSION, /* user-mode network, no root: one operator's own machine, or tests */
    DRIVER_SYSTEM,  /* bridge, address filter, nft guard */
    DRIVER_TEST,    /* libvirt's test driver: nothing runs, nothing is stored */
};

struct libvirt {
    struct driver base;
    struct virt *virt;
    enum driver_profile profile;
    struct driver_region region; /* a copy */
    int64_t qemu_group;          /* system: the group as which QEMU runs */
    const char *accelerator;
    const char *pool; /* libvirt's name of disk_dir */
    const char *disk_dir;
    const char *seed_dir;
};

/* The handle of this driver; `driver` must be one. */
static inline struct libvirt *libvirt_of(const struct driver *driver)
{
    return (struct libvirt *)(void *)driver;
}

/* Begin an operation: the id is one (INTERNAL), and libvirt answers (UPSTREAM). */
struct error *libvirt_begin(struct libvirt *libvirt, struct arena *arena, const char *vm_id);

/* CONFLICT instead of NOT_FOUND, for operations that need the VM to be there. */
struct error *libvirt_needs_vm(struct error *e);

const char *libvirt_domain_name(struct arena *arena, const char *vm_id);
const char *libvirt_disk_name(struct arena *arena, const char *vm_id); /* in the pool */
const char *libvirt_disk_path(const struct libvirt *libvirt, struct arena *arena,
                              const char *vm_id);
const char *libvirt_seed_path(const struct libvirt *libvirt, struct arena *arena,
                              const char *vm_id);

/*
 * Open a file of ours to QEMU in the system profile: its group may read, and with `mode` 0660
 * write. Other profiles need nothing.
 */
struct error *libvirt_open_to_qemu(const struct libvirt *libvirt, struct arena *arena,
                                   const char *path, unsigned int mode);

/* The pool of disks is there and active. */
struct error *libvirt_pool_ready(struct libvirt *libvirt, struct arena *arena);

/* Force the VM off, if it is there and on. */
struct error *libvirt_off(struct libvirt *libvirt, struct arena *arena, const char *vm_id);

/* What a start can fail of: CONFLICT when it is the port. */
struct error *libvirt_start_error(struct arena *arena, struct error *e);

/* ---- of which creating and starting are made ---- */

/* Can a guest be given this host port now? Bound and released. */
bool libvirt_port_is_free(const struct driver *driver, int64_t port);
/* The disk: over the image's disk.qcow2, or blank, disk_gb large. Existing: kept. */
struct error *libvirt_disk_create(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm);
/* The disk as it was in snapshot `snapshot` of VM `source_id`, grown to disk_gb. Existing: kept. */
struct error *libvirt_disk_clone(struct driver *driver, struct arena *arena,
                                 const struct driver_vm *vm, const char *source_id,
                                 const char *snapshot);
/* Write (or write anew) the NoCloud seed, readable by the host alone. */
struct error *libvirt_seed_write(struct driver *driver, struct arena *arena,
                                 const struct driver_vm *vm, const struct driver_seed *seed);
/* Define the domain, or bring an existing stopped one to this size and port. */
struct error *libvirt_define(struct driver *driver, struct arena *arena,
                             const struct driver_vm *vm);
/*
 * Boot. Running: nothing. CONFLICT when the port is taken (choose another, define, boot again), and
 * where guests need a firewall that is not loaded.
 */
struct error *libvirt_boot(struct driver *driver, struct arena *arena, const struct driver_vm *vm);
/* Take the seed out of the guest (media out) and delete the file. */
struct error *libvirt_seed_remove(struct driver *driver, struct arena *arena, const char *vm_id);

/* In the order in which they are done; see driver_step. */
enum { LIBVIRT_CREATE_STEP_COUNT = 6 };
extern const struct driver_step LIBVIRT_CREATE_STEPS[LIBVIRT_CREATE_STEP_COUNT];

/* The driver: "qemu" and "test" addresses. */
extern const struct driver_ops LIBVIRT_OPS;

/* ---- its operations: each does what driver.h says of the function driver_NAME ---- */

struct error *libvirt_open(struct arena *arena, const struct driver_region *region,
                           struct driver **out);
void libvirt_close(struct driver *driver);
const char *libvirt_accelerator(const struct driver *driver);
bool libvirt_has_guests(const struct driver *driver);
void libvirt_preflight(struct driver *driver, struct arena *arena, struct driver_checks *out);
struct error *libvirt_start(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                            const struct driver_ports *ports);
struct error *libvirt_resize(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                             const struct driver_ports *ports);
struct error *libvirt_ssh_host_key(struct driver *driver, struct arena *arena,
                                   const struct driver_vm *vm, int64_t timeout_ms,
                                   const char **out);
struct error *libvirt_power(struct driver *driver, struct arena *arena, const char *vm_id,
                            enum driver_power *out);
struct error *libvirt_stop_ask(struct driver *driver, struct arena *arena, const char *vm_id);
struct error *libvirt_stop_force(struct driver *driver, struct arena *arena, const char *vm_id);
struct error *libvirt_disk_grow(struct driver *driver, struct arena *arena,
                                const struct driver_vm *vm);
struct error *libvirt_snapshot_create(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot, struct driver_snapshot *out);
struct error *libvirt_snapshot_restore(struct driver *driver, struct arena *arena,
                                       const char *vm_id, const char *snapshot);
struct error *libvirt_snapshot_delete(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot);
struct error *libvirt_usage(struct driver *driver, struct arena *arena, const char *vm_id,
                            struct driver_usage *out);
struct error *libvirt_domain_remove(struct driver *driver, struct arena *arena,
                                    const struct driver_vm *vm, const char **answer);
struct error *libvirt_snapshots_remove(struct driver *driver, struct arena *arena,
                                       const struct driver_vm *vm, const char **answer);
struct error *libvirt_disk_remove(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, const char **answer);
struct error *libvirt_seed_delete(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, const char **answer);
struct error *libvirt_port_release(struct driver *driver, struct arena *arena,
                                   const struct driver_vm *vm, const char **answer);
struct error *libvirt_inventory(struct driver *driver, struct arena *arena,
                                struct driver_inventory *out);
