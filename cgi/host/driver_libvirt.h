/* Internal header of the libvirt driver. Others use driver.h. */
#pragma once

#include "host/driver.h"
#include "host/virt.h"

/* The firewall table of the system profile. */
#define DRIVER_FIREWALL_TABLE "domicile_guard"

enum driver_profile {
    DRIVER_SESSION, /* user-mode network and guest_relay, no root: a personal machine, or tests */
    DRIVER_SYSTEM,  /* bridge, address filter, nft rules */
    DRIVER_TEST,    /* libvirt's test driver: runs nothing, stores nothing */
};

struct libvirt {
    struct driver base;
    struct virt *virt;
    enum driver_profile profile;
    struct driver_region region; /* a copy */
    int64_t qemu_group;          /* system: the group that QEMU runs as */
    const char *accelerator;
    const char *pool; /* libvirt's name for disk_dir */
    const char *disk_dir;
    const char *seed_dir;
    const char *net_dir; /* for guest_access.sh; session: sockets of guest_relay */
};

/* Everything of ours is named with it. */
#define LIBVIRT_NAME_PREFIX "domicile-"

/* Downcast; `driver` must be of this type. */
static inline struct libvirt *libvirt_of(const struct driver *driver)
{
    return (struct libvirt *)(void *)driver;
}

/* Begin an operation: check that the id is valid (INTERNAL) and libvirt responds (UPSTREAM). */
struct error *libvirt_begin(struct libvirt *libvirt, struct arena *arena, const char *vm_id);

/* CONFLICT instead of NOT_FOUND, for operations that require the VM. */
struct error *libvirt_needs_vm(struct error *e);

const char *libvirt_domain_name(struct arena *arena, const char *vm_id);
const char *libvirt_disk_name(struct arena *arena, const char *vm_id); /* in the pool */
const char *libvirt_disk_path(const struct libvirt *libvirt, struct arena *arena,
                              const char *vm_id);
const char *libvirt_seed_path(const struct libvirt *libvirt, struct arena *arena,
                              const char *vm_id);

/*
 * Make a file accessible to QEMU in the system profile: its group may read and, with `mode` 0660,
 * write. No-op in other profiles.
 */
struct error *libvirt_open_to_qemu(const struct libvirt *libvirt, struct arena *arena,
                                   const char *path, unsigned int mode);

/* Ensure that the storage pool exists and is active. */
struct error *libvirt_pool_ready(struct libvirt *libvirt, struct arena *arena);

/*
 * The socket of a VM's guest agent. NULL: where libvirt has it, but for a session, where its path
 * is longer than those of sockets may be.
 */
const char *libvirt_agent_path(const struct libvirt *libvirt, struct arena *arena,
                               const char *vm_id);

/* Force the VM off if it exists and is running. */
struct error *libvirt_off(struct libvirt *libvirt, struct arena *arena, const char *vm_id);

/* Classify a failed start: CONFLICT if the cause is the port. */
struct error *libvirt_start_error(struct arena *arena, struct error *e);

/* ---- parts of creating and starting ---- */

/* Is this host port free for a guest? Tested by binding it. */
bool libvirt_port_is_free(const struct driver *driver, int64_t port);
/* Create the disk: backed by the image's disk.qcow2 or blank, of disk_gb. Kept if it exists. */
struct error *libvirt_disk_create(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm);
/* Create the disk from `snapshot` of VM `source_id`, grown to disk_gb. Kept if it exists. */
struct error *libvirt_disk_clone(struct driver *driver, struct arena *arena,
                                 const struct driver_vm *vm, const char *source_id,
                                 const char *snapshot);
/* Write or replace the NoCloud seed, readable only by the host. */
struct error *libvirt_seed_write(struct driver *driver, struct arena *arena,
                                 const struct driver_vm *vm, const struct driver_seed *seed);
/* Give a guest that waits for it the seed: write it and put it into the drive. */
struct error *libvirt_seed_give(struct driver *driver, struct arena *arena,
                                const struct driver_vm *vm, const struct driver_seed *seed);
/* Define the domain, or update an existing stopped one to this size and port. */
struct error *libvirt_define(struct driver *driver, struct arena *arena,
                             const struct driver_vm *vm);
/*
 * Boot. No-op if running. CONFLICT if the port is taken (choose another, define, boot again), or if
 * guests need a firewall that is not loaded.
 */
struct error *libvirt_boot(struct driver *driver, struct arena *arena, const struct driver_vm *vm);
/*
 * Give a running domain its share of the host (driver_libvirt_share.c). UPSTREAM: the host cannot
 * limit it. The second form logs that; the guest runs nevertheless.
 */
struct error *libvirt_share(struct libvirt *libvirt, struct arena *arena, const char *name);
void libvirt_share_started(struct libvirt *libvirt, struct arena *arena, const char *name);
/* Whether that works here, tried with a guest that runs. *found: what each gets, for the operator.
 */
struct error *libvirt_share_check(struct libvirt *libvirt, struct arena *arena, const char **found);
/* Its port reaches nothing any more. */
void libvirt_internet_remove(struct libvirt *libvirt, struct arena *arena, int64_t port);
/* Eject the seed from the guest and delete the file. */
struct error *libvirt_seed_remove(struct driver *driver, struct arena *arena, const char *vm_id);

/* In order of execution; see driver_step. */
enum { LIBVIRT_CREATE_STEP_COUNT = 6 };
extern const struct driver_step LIBVIRT_CREATE_STEPS[LIBVIRT_CREATE_STEP_COUNT];

/* The driver for "qemu" and "test" URIs. */
extern const struct driver_ops LIBVIRT_OPS;

/* ---- its operations: each implements driver_NAME of driver.h ---- */

struct error *libvirt_open(struct arena *arena, const struct driver_region *region,
                           struct driver **out);
void libvirt_close(struct driver *driver);
const char *libvirt_accelerator(const struct driver *driver);
bool libvirt_has_guests(const struct driver *driver);
void libvirt_preflight(struct driver *driver, struct arena *arena, struct driver_checks *out);
struct error *libvirt_setup(struct arena *arena, const struct driver_region *region,
                            const char *print, struct driver_setup *out);
struct error *libvirt_start(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                            const struct driver_ports *ports);
struct error *libvirt_resize(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                             const struct driver_ports *ports);
struct error *libvirt_ssh_host_key(struct driver *driver, struct arena *arena,
                                   const struct driver_vm *vm, int64_t timeout_ms, const char **out,
                                   const char **banner);
struct error *libvirt_ssh_ask(struct driver *driver, struct arena *arena,
                              const struct driver_vm *vm, int64_t timeout_ms,
                              struct driver_question *question);
struct error *libvirt_waits(struct driver *driver, struct arena *arena, const char *vm_id,
                            bool *out);
struct error *libvirt_state(struct driver *driver, struct arena *arena, const char *vm_id,
                            enum driver_power *out, enum driver_cause *cause);
struct error *libvirt_power(struct driver *driver, struct arena *arena, const char *vm_id,
                            enum driver_power *out);
struct error *libvirt_has_agent(struct driver *driver, struct arena *arena, const char *vm_id,
                                bool *out);
/* Give a running guest the way to its agent. Failures are logged: it has it from its next start. */
void libvirt_agent_ensure(struct driver *driver, struct arena *arena, const char *vm_id);
struct error *libvirt_keys_set(struct driver *driver, struct arena *arena, const char *vm_id,
                               const char *user, const char *const *lines, size_t count);
struct error *libvirt_shutdown(struct driver *driver, struct arena *arena, const char *vm_id);
struct error *libvirt_stop_force(struct driver *driver, struct arena *arena, const char *vm_id);
struct error *libvirt_disk_grow(struct driver *driver, struct arena *arena,
                                const struct driver_vm *vm);
struct error *libvirt_console(struct driver *driver, struct arena *arena, const char *vm_id,
                              void (*listen)(void *listener, const char *bytes, size_t length),
                              void *listener);
struct error *libvirt_console_end(struct driver *driver, struct arena *arena, const char *vm_id);
struct error *libvirt_disk_file(struct driver *driver, struct arena *arena, const char *vm_id,
                                const char **out);
struct error *libvirt_unpause(struct driver *driver, struct arena *arena, const char *vm_id);
struct error *libvirt_room(struct driver *driver, struct arena *arena, int64_t *out_bytes);
struct error *libvirt_capacity(struct driver *driver, struct arena *arena,
                               struct driver_capacity *out);
struct error *libvirt_snapshot_create(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot, struct driver_snapshot *out);
struct error *libvirt_snapshot_restore(struct driver *driver, struct arena *arena,
                                       const char *vm_id, const char *snapshot);
struct error *libvirt_snapshot_delete(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot, const char **response);
struct error *libvirt_isolation(struct driver *driver, struct arena *arena,
                                const struct driver_vm *vm, bool *is_isolated);
struct driver_endpoint libvirt_seen_by_guests(const struct driver *driver, struct arena *arena,
                                              const struct driver_vm *vm, size_t network);
bool libvirt_is_limited(struct driver *driver, struct arena *arena, const struct driver_vm *vm);
struct error *libvirt_internet_set(struct driver *driver, struct arena *arena,
                                   const struct driver_vm *vm);
struct error *libvirt_internet(struct driver *driver, struct arena *arena);
struct error *libvirt_usage(struct driver *driver, struct arena *arena, const char *vm_id,
                            struct driver_usage *out);
struct error *libvirt_domain_remove(struct driver *driver, struct arena *arena,
                                    const struct driver_vm *vm, const char **response);
struct error *libvirt_snapshots_remove(struct driver *driver, struct arena *arena,
                                       const struct driver_vm *vm, const char **response);
struct error *libvirt_disk_remove(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, const char **response);
struct error *libvirt_seed_delete(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, const char **response);
struct error *libvirt_port_release(struct driver *driver, struct arena *arena,
                                   const struct driver_vm *vm, const char **response);
struct error *libvirt_inventory(struct driver *driver, struct arena *arena,
                                struct driver_inventory *out);
