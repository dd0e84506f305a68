/*
 * What a VM host must offer. The worker knows hosts only through these functions; each goes to the
 * entry of that name in the driver's table of operations (driver_libvirt.h fills one for libvirt).
 * Which driver a region has follows from its address.
 *
 * Every operation is idempotent by name: asked for what is already so, it succeeds and changes
 * nothing. So a worker that was killed after the host acted and before the commit just asks again.
 * Operations may block; none is called with a database transaction open. Errors: UPSTREAM with the
 * host's own words; CONFLICT when the host's state does not allow it; INTERNAL for our own
 * mistakes. Strings given out live in the arena. A `struct driver` handle belongs to one thread.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct driver_ops;

/* Each driver's own handle begins with this. */
struct driver {
    const struct driver_ops *ops;
};

/* One region of domicile.conf, as a driver needs it. */
struct driver_region {
    const char *name;
    const char *uri; /* qemu:///session, qemu:///system, test:///default, test+unix:///... */
    const char *accelerator; /* "auto", "kvm", "tcg" */
    const char *bridge;      /* system: the isolated bridge and its network; NULL in a session */
    const char *ssh_host;    /* what users type, e.g. "localhost" */
    int64_t ssh_port_first;  /* host ports that lead to guests */
    int64_t ssh_port_last;
    const char *state_dir; /* absolute: images in images/, disks in disks/, seeds in seeds/ */
};

/* Where a guest's SSH answers: the driver says so, the worker records it. */
struct driver_endpoint {
    const char *host; /* what users type, e.g. "localhost"; NULL: not said since the worker began */
    int64_t port;     /* 0: nowhere yet */
};

/* The VM as it is wanted. */
struct driver_vm {
    const char *id;        /* [a-z2-7]{16}: names everything on the host ("domicile-ID") */
    const char *image_dir; /* absolute: kernel, initrd, cmdline, optionally disk.qcow2 */
    int64_t vcpus;
    int64_t memory_mb;
    int64_t disk_gb;
    struct driver_endpoint ssh; /* as the driver last said; kept, for people write it down */
};

/* What goes into the seed. Nothing of it may break out of the JSON that it is written as. */
struct driver_seed {
    const char *instance_id; /* changes when the guest shall set itself up anew (clone) */
    const char *host_name;
    const char *user_name;
    const char *const *ssh_keys; /* whole public lines, already checked */
    size_t ssh_key_count;
    const char *host_key_private; /* OpenSSH PEM, ed25519; only ever in the seed */
    const char *host_key_public;  /* "ssh-ed25519 AAAA..." */
};

/* The worker's register of ports, for drivers whose guests share one address. */
struct driver_ports {
    /*
     * Commit `port` to the VM, before anybody relies on it. *is_ours false: another VM of the
     * region has it.
     */
    struct error *(*reserve)(void *owner, int64_t port, bool *is_ours);
    void *owner;
};

/* What a driver needs to create a VM, and what its steps learn. */
struct driver_create {
    struct driver_vm *vm; /* result: vm->ssh */
    const struct driver_ports *ports;
    const struct driver_seed *seed; /* with a host key of its own for each attempt */
    const char *source_id;          /* clone: the VM whose snapshot the disk is made of */
    const char *source_snapshot;    /* NULL: of the image */
    /* Result: what the guest will identify itself with from now on, "ssh-ed25519 AAAA..." */
    const char *host_key_public;
};

/* Each may be run again at any time: what it finds done it leaves alone. */
struct driver_step {
    const char *name; /* for people */
    /* NULL: it is the worker that waits, until SSH answers with the host key. */
    struct error *(*act)(struct driver *driver, struct arena *arena, struct driver_create *create);
    /* Done again by who goes on after a kill or a failure, although it had ended. */
    bool is_repeated;
};

struct driver_steps {
    const struct driver_step *row;
    size_t count; /* at most 8 */
};

enum driver_power {
    DRIVER_ABSENT, /* the host knows no such VM */
    DRIVER_STOPPED,
    DRIVER_RUNNING,
    DRIVER_PAUSED, /* by the host, e.g. out of disk */
};

/* One thing of ours that the host has: for the reconciler. */
struct driver_item {
    const char *kind;        /* "domain", "disk", "seed" */
    const char *vm_id;       /* by its name; "" when the name is not one of ours to read */
    const char *name;        /* as the host calls it */
    enum driver_power power; /* of a domain */
};

struct driver_inventory {
    struct driver_item *row;
    size_t count;
};

struct driver_usage {
    int64_t cpu_ns;                                     /* since start */
    int64_t memory_used_kb;                             /* -1: not known */
    int64_t disk_bytes;                                 /* taken on the host */
    int64_t disk_read_bytes, disk_written_bytes;        /* since start */
    int64_t network_received_bytes, network_sent_bytes; /* since start; -1: not measured here */
};

/* Of one thing that a host needs before guests can run. */
struct driver_check {
    bool is_ok;
    const char *text; /* what is there; else what is missing, and what to do */
};

struct driver_checks {
    struct driver_check row[8];
    size_t count;
};

struct driver_snapshot {
    const char *name;
    int64_t created_at;
    bool has_memory;    /* taken while running */
    int64_t size_bytes; /* of the saved memory; what the disk part takes is shared */
};

/* Which driver an address is for: what stands before its ":", and before a "+" in that. */
struct driver_scheme {
    const char *scheme; /* "qemu"; NULL ends the table */
    const struct driver_ops *ops;
};

/* Every driver that Domicile has. Tests have a table of their own. */
extern const struct driver_scheme DRIVERS[];

/* The driver for this address; NULL: none is. */
const struct driver_ops *driver_ops_find(const struct driver_scheme *drivers, const char *uri);

/*
 * Open a connection with the driver of `drivers` that the region's address asks for. Reconnects by
 * itself when the host's daemon was restarted. Fails INPUT when there is no such driver, UPSTREAM
 * when the host cannot be reached, with what to do about it.
 */
struct error *driver_open(struct arena *arena, const struct driver_scheme *drivers,
                          const struct driver_region *region, struct driver **out);
/* Close it; the handle's memory stays the arena's. */
void driver_close(struct driver *driver);

/* "kvm" or "tcg" (libvirt.md section 9: never believe the mere existence of /dev/kvm). */
const char *driver_accelerator(const struct driver *driver);

/* False for libvirt's test driver: no guest runs behind it, so nothing answers on SSH. */
bool driver_has_guests(const struct driver *driver);

/* Has the operator set up what guests need here? Nothing to find where libvirt is enough. */
void driver_preflight(struct driver *driver, struct arena *arena, struct driver_checks *out);

/* ---- creating and starting ---- */

/* A VM that will not be finished after all: nothing secret of its creation stays on the host. */
struct error *driver_create_abandon(struct driver *driver, struct arena *arena, const char *vm_id);

/*
 * Boot it, at the size and address of `vm`. Running: nothing. vm->ssh becomes where its SSH
 * answers: what it was before, unless another program has taken that.
 */
struct error *driver_start(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                           const struct driver_ports *ports);
/* Bring a stopped one to the size of `vm`; vm->ssh as in driver_start. Running: nothing. */
struct error *driver_resize(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                            const struct driver_ports *ports);

/*
 * Ask the SSH server at vm->ssh for its host key (a key exchange up to the signed host key is not
 * needed: the KEX reply's key, checked by its signature, is). One try of at most `timeout_ms`.
 * NULL with *out == NULL: nothing answers yet. *out: "ssh-ed25519 AAAA...".
 */
struct error *driver_ssh_host_key(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, int64_t timeout_ms, const char **out);

/* ---- a VM's life ---- */

struct error *driver_power(struct driver *driver, struct arena *arena, const char *vm_id,
                           enum driver_power *out);
struct error *driver_stop_ask(struct driver *driver, struct arena *arena, const char *vm_id);
struct error *driver_stop_force(struct driver *driver, struct arena *arena, const char *vm_id);
/* Stopped only. A disk never shrinks: smaller or equal does nothing. */
struct error *driver_disk_grow(struct driver *driver, struct arena *arena,
                               const struct driver_vm *vm);
struct error *driver_snapshot_create(struct driver *driver, struct arena *arena, const char *vm_id,
                                     const char *snapshot, struct driver_snapshot *out);
/* The VM is afterwards as it was: running if it was running then. */
struct error *driver_snapshot_restore(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot);
struct error *driver_snapshot_delete(struct driver *driver, struct arena *arena, const char *vm_id,
                                     const char *snapshot);

/*
 * May block for as long as the guest hangs (libvirt.md section 5): call it in a thread of its own
 * with a handle of its own, and with a deadline.
 */
struct error *driver_usage(struct driver *driver, struct arena *arena, const char *vm_id,
                           struct driver_usage *out);

/* ---- the end ---- */

/*
 * One kind of thing that a VM has on the host. A driver lists them in the order in which a destroy
 * job removes them; the place in the list is also the place in the receipt.
 */
struct driver_removal {
    const char *step;  /* of the destroy job: "Domain" */
    const char *thing; /* in the receipt: "domain" */
    /*
     * Removes it (forcing a running domain off first) and then asks the host whether it is gone.
     * `*answer` is the host's own words for the receipt, e.g. "Domain not found: no domain with
     * matching name 'domicile-...'". Absent from the start: success, with the same kind of answer.
     */
    struct error *(*act)(struct driver *driver, struct arena *arena, const struct driver_vm *vm,
                         const char **answer);
    bool ends_guest; /* once it is removed nothing of the VM runs any more */
    bool needs_port; /* is found by vm->ssh.port alone, not by vm->id */
};

struct driver_removals {
    const struct driver_removal *row;
    size_t count;
};

/* Everything whose name begins with "domicile-", and every file in our folders. */
struct error *driver_inventory(struct driver *driver, struct arena *arena,
                               struct driver_inventory *out);

/* ---- what a driver is made of ---- */

/* Each function does what driver_NAME above says. */
struct driver_ops {
    struct error *(*open)(struct arena *arena, const struct driver_region *region,
                          struct driver **out);
    void (*close)(struct driver *driver);
    const char *(*accelerator)(const struct driver *driver);
    bool (*has_guests)(const struct driver *driver);
    void (*preflight)(struct driver *driver, struct arena *arena, struct driver_checks *out);
    struct driver_steps create_steps; /* in their order */
    struct error *(*create_abandon)(struct driver *driver, struct arena *arena, const char *vm_id);
    struct error *(*start)(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                           const struct driver_ports *ports);
    struct error *(*resize)(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                            const struct driver_ports *ports);
    struct error *(*ssh_host_key)(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, int64_t timeout_ms, const char **out);
    struct error *(*power)(struct driver *driver, struct arena *arena, const char *vm_id,
                           enum driver_power *out);
    struct error *(*stop_ask)(struct driver *driver, struct arena *arena, const char *vm_id);
    struct error *(*stop_force)(struct driver *driver, struct arena *arena, const char *vm_id);
    struct error *(*disk_grow)(struct driver *driver, struct arena *arena,
                               const struct driver_vm *vm);
    struct error *(*snapshot_create)(struct driver *driver, struct arena *arena, const char *vm_id,
                                     const char *snapshot, struct driver_snapshot *out);
    struct error *(*snapshot_restore)(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot);
    struct error *(*snapshot_delete)(struct driver *driver, struct arena *arena, const char *vm_id,
                                     const char *snapshot);
    struct error *(*usage)(struct driver *driver, struct arena *arena, const char *vm_id,
                           struct driver_usage *out);
    struct driver_removals removals; /* all that a VM can have on such a host */
    struct error *(*inventory)(struct driver *driver, struct arena *arena,
                               struct driver_inventory *out);
};
