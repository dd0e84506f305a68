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

struct driver {
    struct virt *virt;
    enum driver_profile profile;
    struct driver_region region; /* a copy */
    int64_t qemu_group;          /* system: the group as which QEMU runs */
    const char *accelerator;
    const char *pool; /* libvirt's name of disk_dir */
    const char *disk_dir;
    const char *seed_dir;
};

/* Begin an operation: the id is one (INTERNAL), and libvirt answers (UPSTREAM). */
struct error *driver_begin(struct driver *driver, struct arena *arena, const char *vm_id);

/* CONFLICT instead of NOT_FOUND, for operations that need the VM to be there. */
struct error *driver_needs_vm(struct error *e);

const char *driver_domain_name(struct arena *arena, const char *vm_id);
const char *driver_disk_name(struct arena *arena, const char *vm_id); /* in the pool */
const char *driver_disk_path(const struct driver *driver, struct arena *arena, const char *vm_id);
const char *driver_seed_path(const struct driver *driver, struct arena *arena, const char *vm_id);

/*
 * Open a file of ours to QEMU in the system profile: its group may read, and with `mode` 0660
 * write. Other profiles need nothing.
 */
struct error *driver_open_to_qemu(const struct driver *driver, struct arena *arena,
                                  const char *path, unsigned int mode);

/* The pool of disks is there and active. */
struct error *driver_pool_ready(struct driver *driver, struct arena *arena);

/* Force the VM off, if it is there and on. */
struct error *driver_off(struct driver *driver, struct arena *arena, const char *vm_id);

/* What a start can fail of: CONFLICT when it is the port. */
struct error *driver_start_error(struct arena *arena, struct error *e);
