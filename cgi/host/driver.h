/*
 * The interface of a VM host. The worker uses hosts only through these functions; each calls the
 * entry of that name in the driver's table of operations (driver_libvirt.h has libvirt's). The
 * scheme of a region's URI selects the driver.
 *
 * Every operation is idempotent by name: if the requested state already holds, it succeeds and
 * changes nothing. A worker killed after the host acted and before the commit just repeats it.
 * Operations may block; none is called in a database transaction. Errors: UPSTREAM with the host's
 * message; CONFLICT if the host's state does not allow it; INTERNAL for bugs. Returned strings live
 * in the arena. A `struct driver` handle belongs to one thread.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct driver_ops;

/* The first member of each driver's own handle. */
struct driver {
    const struct driver_ops *ops;
};

/* One region of domicile.conf, as a driver needs it. */
struct driver_region {
    const char *name;
    const char *uri; /* qemu:///session, qemu:///system, test:///default, test+unix:///... */
    const char *accelerator; /* "auto", "kvm", "tcg" */
    const char *bridge;      /* system: the isolated bridge and its network; NULL in a session */
    int64_t ssh_port_first;  /* host ports forwarded to guests */
    int64_t ssh_port_last;
    int64_t disk_iops, disk_mb_s; /* of each VM at most, each second; 0: no limit */
    const char *state_dir; /* absolute: images in images/, disks in disks/, seeds in seeds/ */
};

/* Where a guest's SSH server is reachable: reported by the driver, recorded by the worker. */
struct driver_endpoint {
    const char *host; /* what users type, a name or an address; NULL: the region's ssh_host */
    int64_t port;     /* 0: none yet */
};

/* The desired state of a VM. */
struct driver_vm {
    const char *id;        /* [a-z2-7]{16}: names everything on the host ("domicile-ID") */
    const char *image_dir; /* absolute: a complete image (image_store.h) */
    int64_t vcpus;
    int64_t memory_mb;
    int64_t disk_gb;
    struct driver_endpoint ssh; /* as last reported; stable, since users note it down */
    /* For driver_internet_set: DRIVER_INTERNET_ON, "off", or "names NAME...": these and those
     * below them. */
    const char *internet;
    bool has_agent; /* the host may speak with its guest agent (driver_keys_set), from its start */
};

#define DRIVER_INTERNET_ON "on"

/*
 * The contents of the seed. No value may escape the JSON that it is written as. Without a host key
 * it is for a guest that was set up before, which takes its keys and its name anew and stays what
 * it is otherwise.
 */
struct driver_seed {
    bool says_wait;          /* only the user's name: its guest waits for another seed (a pool) */
    const char *instance_id; /* changes with each set of contents */
    const char *host_name;
    const char *user_name;
    const char *const *ssh_keys; /* complete public key lines, already validated */
    size_t ssh_key_count;
    const char *host_key_private; /* OpenSSH PEM, ed25519; stored only in the seed; or NULL */
    const char *host_key_public;  /* "ssh-ed25519 AAAA..."; or NULL */
    const char *script;           /* for a shell, once, as root (cloud-init's runcmd); NULL: none */
    const char *user_data; /* cloud-init's, of the VM's owner, besides all this; NULL: none */
};

/* The worker's port allocation, for drivers whose guests share one address. */
struct driver_ports {
    /*
     * Commit `port` to the VM before it is used. *is_ours false: another VM of the region has it.
     */
    struct error *(*reserve)(void *owner, int64_t port, bool *is_ours);
    void *owner;
};

/* Input and results of the steps that create a VM. */
struct driver_create {
    struct driver_vm *vm; /* result: vm->ssh */
    const struct driver_ports *ports;
    const struct driver_seed *seed; /* with a new host key for each attempt */
    const char *source_id;          /* clone: the VM whose snapshot the disk is created from */
    const char *source_snapshot;    /* NULL: from the image */
    /* Result: the guest's SSH host key from now on, "ssh-ed25519 AAAA..." */
    const char *host_key_public;
};

/* Each step is idempotent. */
struct driver_step {
    const char *name; /* for users */
    /* NULL: the worker waits until SSH responds with the host key. */
    struct error *(*act)(struct driver *driver, struct arena *arena, struct driver_create *create);
    /* Repeated when the job resumes after a crash or failure, even if it had completed. */
    bool is_repeated;
};

struct driver_steps {
    const struct driver_step *row;
    size_t count; /* at most 8 */
};

enum driver_power {
    DRIVER_ABSENT, /* the host has no such VM */
    DRIVER_STOPPED,
    DRIVER_RUNNING,
    DRIVER_PAUSED, /* by the host, e.g. disk full */
};

/* Why a domain does not run. */
enum driver_cause {
    DRIVER_CAUSE_OTHER, /* intended: by the guest, or by the operator */
    DRIVER_CAUSE_HOST,  /* stopped: the host went down, or QEMU ended */
    DRIVER_CAUSE_IO,    /* paused: writing its disk failed, e.g. for lack of space */
};

/* A resource on the host, for the reconciler. */
struct driver_item {
    const char *kind;        /* "domain", "disk", "seed" */
    const char *vm_id;       /* from its name; "" if the name is not in our format */
    const char *name;        /* its name on the host */
    enum driver_power power; /* of a domain */
    enum driver_cause cause; /* of a domain that is stopped or paused */
};

struct driver_inventory {
    struct driver_item *row;
    size_t count;
};

struct driver_usage {
    int64_t cpu_ns;                                     /* since start */
    int64_t memory_used_kb;                             /* -1: unknown */
    int64_t disk_bytes;                                 /* allocated on the host */
    int64_t disk_read_bytes, disk_written_bytes;        /* since start */
    int64_t network_received_bytes, network_sent_bytes; /* since start; -1: not measured here */
};

/* The result of checking one requirement for running guests. */
struct driver_check {
    bool is_ok;
    const char *text; /* what was found, or what is missing and what to do */
};

struct driver_checks {
    struct driver_check row[8];
    size_t count;
};

/* A file of the setup that only root can do. */
struct driver_setup_file {
    const char *name; /* option of "domicile-admin network" that prints it: "nft" for --nft */
    const char *text;
};

struct driver_setup {
    const char *commands; /* for root's shell: they put the files in place */
    struct driver_setup_file file[4];
    size_t count;
};

struct driver_snapshot {
    const char *name;
    int64_t created_at;
    bool has_memory;    /* taken while running */
    int64_t size_bytes; /* of the saved memory; the disk part is shared */
};

/* Maps the scheme of a URI, up to ":" or "+", to a driver. */
struct driver_scheme {
    const char *scheme; /* "qemu"; NULL ends the table */
    const struct driver_ops *ops;
};

/* All drivers of Domicile. Tests have their own table. */
extern const struct driver_scheme DRIVERS[];

/* The driver for this URI, or NULL. */
const struct driver_ops *driver_ops_find(const struct driver_scheme *drivers, const char *uri);

/*
 * Open a connection with the driver in `drivers` that the region's URI selects. It reconnects
 * automatically if the host's daemon was restarted. INPUT if there is no such driver, UPSTREAM if
 * the host cannot be reached, with what to do about it.
 */
struct error *driver_open(struct arena *arena, const struct driver_scheme *drivers,
                          const struct driver_region *region, struct driver **out);
/* Close it; the handle's memory belongs to the arena. */
void driver_close(struct driver *driver);

/* "kvm" or "tcg" (libvirt.md section 9: never believe the mere existence of /dev/kvm). */
const char *driver_accelerator(const struct driver *driver);

/* False for libvirt's test driver: it runs no guests, so SSH never responds. */
bool driver_has_guests(const struct driver *driver);

/* Check the operator's setup for guests. No findings if libvirt alone is enough. */
void driver_preflight(struct driver *driver, struct arena *arena, struct driver_checks *out);

/*
 * The setup by root that guests of the region need; nothing is changed. `print` is the command that
 * prints a file when an option is appended. INPUT if there is no such driver; CONFLICT if such a
 * region needs no setup; UPSTREAM if domicile.conf says too little.
 */
struct error *driver_setup(struct arena *arena, const struct driver_scheme *drivers,
                           const struct driver_region *region, const char *print,
                           struct driver_setup *out);

/* ---- creating and starting ---- */

/*
 * Write a seed for the next start of a stopped VM, or replace it; it stays until
 * driver_create_abandon().
 */
struct error *driver_seed_write(struct driver *driver, struct arena *arena,
                                const struct driver_vm *vm, const struct driver_seed *seed);

/*
 * Does its guest run and wait for a seed? Then the steps of creating the VM give it one instead of
 * booting it. *out false also if it does not exist.
 */
struct error *driver_waits(struct driver *driver, struct arena *arena, const char *vm_id,
                           bool *out);

/* Remove the seed from the host, also from a running VM. No-op if it has none. */
struct error *driver_create_abandon(struct driver *driver, struct arena *arena, const char *vm_id);

/*
 * Boot the VM with the size and address in `vm`. No-op if running. Sets vm->ssh to its SSH address:
 * the previous one, unless another program has taken it.
 */
struct error *driver_start(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                           const struct driver_ports *ports);
/* Resize a stopped VM as in `vm`; vm->ssh as in driver_start. No-op if running. */
struct error *driver_resize(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                            const struct driver_ports *ports);

/*
 * Get the host key of the SSH server at vm->ssh (the key of the KEX reply, verified by its
 * signature). One attempt as of ssh_probe() in adapter/ssh.h. NULL with *out == NULL: no response
 * yet. *out: "ssh-ed25519 AAAA...". *banner, unless `banner` is NULL: what the server says before a
 * sign-in, printable ASCII; NULL: nothing.
 */
struct error *driver_ssh_host_key(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, int64_t timeout_ms, const char **out,
                                  const char **banner);

/* Whether a guest's SSH server accepts somebody with a public key; nobody signs in. */
struct driver_question {
    const char *user, *line; /* "ssh-ed25519 AAAA..." */
    bool is_answered;        /* result: it has said which */
    bool is_accepted;
};

/* One such attempt, for a guest that answers driver_ssh_host_key(). */
struct error *driver_ssh_ask(struct driver *driver, struct arena *arena, const struct driver_vm *vm,
                             int64_t timeout_ms, struct driver_question *question);

/* ---- operations on a VM ---- */

/* Whether the host has a way to the guest agent of a running VM now. CONFLICT if it does not run.
 */
struct error *driver_has_agent(struct driver *driver, struct arena *arena, const char *vm_id,
                               bool *out);

/*
 * Have the guest agent of a running VM replace the keys that `user` accepts, then ask it for them.
 * CONFLICT: it has no agent, or that did not answer within LIMIT_AGENT_S, or it has others now.
 */
struct error *driver_keys_set(struct driver *driver, struct arena *arena, const char *vm_id,
                              const char *user, const char *const *lines, size_t count);

/* Power state, and why it does not run (`cause`); the second form is without the cause. */
struct error *driver_state(struct driver *driver, struct arena *arena, const char *vm_id,
                           enum driver_power *out, enum driver_cause *cause);
struct error *driver_power(struct driver *driver, struct arena *arena, const char *vm_id,
                           enum driver_power *out);
struct error *driver_shutdown(struct driver *driver, struct arena *arena, const char *vm_id);
struct error *driver_stop_force(struct driver *driver, struct arena *arena, const char *vm_id);
/* Let a paused one run again. Running: nothing. */
struct error *driver_unpause(struct driver *driver, struct arena *arena, const char *vm_id);
/* Stopped VMs only. A disk never shrinks: a smaller or equal size is a no-op. */
struct error *driver_disk_grow(struct driver *driver, struct arena *arena,
                               const struct driver_vm *vm);
struct error *driver_snapshot_create(struct driver *driver, struct arena *arena, const char *vm_id,
                                     const char *snapshot, struct driver_snapshot *out);
/* Afterwards the VM is as it was then: running if it was running. */
struct error *driver_snapshot_restore(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot);
/*
 * Afterwards the host is asked whether it has the snapshot: CONFLICT if it does. `*response` is
 * what it says, e.g. "Domain snapshot not found: no domain snapshot with matching name '...'".
 */
struct error *driver_snapshot_delete(struct driver *driver, struct arena *arena, const char *vm_id,
                                     const char *snapshot, const char **response);

/*
 * Pass on what a running VM prints on its console from now on, until it ends; blocks. CONFLICT if
 * it does not run, or its console is open elsewhere. Nothing is sent to the VM.
 */
struct error *driver_console(struct driver *driver, struct arena *arena, const char *vm_id,
                             void (*listen)(void *listener, const char *bytes, size_t length),
                             void *listener);

/* Ends that call wherever it is, if there is one; it returns as if the VM had ended. */
struct error *driver_console_end(struct driver *driver, struct arena *arena, const char *vm_id);

/*
 * The file with the disk of a VM, in qcow2, which may be running: for who reads it without the
 * driver. CONFLICT if its host keeps disks elsewhere, or this process may not read it.
 */
struct error *driver_disk_file(struct driver *driver, struct arena *arena, const char *vm_id,
                               const char **out);

/*
 * May block for as long as the guest hangs: call it in its own thread, with its own handle and a
 * deadline.
 */
struct error *driver_usage(struct driver *driver, struct arena *arena, const char *vm_id,
                           struct driver_usage *out);

/*
 * Whether a running VM is kept apart from other VMs, the host and private networks, as the host
 * runs it now; true for a host without guests. CONFLICT if it does not run.
 */
struct error *driver_isolation(struct driver *driver, struct arena *arena,
                               const struct driver_vm *vm, bool *is_isolated);

/*
 * Where a guest of the region would look for the SSH of `vm`, if nothing kept them apart; with NULL
 * for its host (port 0), by which it would reach all other addresses. Numeric IPv4 addresses, in
 * the guest's first network, second (`network` 1) ..., each by an interface of its own; a host of
 * NULL: it has no such network.
 */
struct driver_endpoint driver_seen_by_guests(const struct driver *driver, struct arena *arena,
                                             const struct driver_vm *vm, size_t network);

/*
 * What the VM may reach from now on, `vm->internet`, running or not: kept until it is set again or
 * its port is released. Until it is set the VM reaches nothing. UPSTREAM: it is set, but not in
 * effect yet; the VM reaches what it did, or less.
 */
struct error *driver_internet_set(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm);

/* Has the VM begun more connections than VMs may, in the last minutes? */
bool driver_is_limited(struct driver *driver, struct arena *arena, const struct driver_vm *vm);

/* Do guests of the region reach the internet now? CONFLICT with why they do not. */
struct error *driver_internet(struct driver *driver, struct arena *arena);

/* The free space for disks on the host. */
struct error *driver_room(struct driver *driver, struct arena *arena, int64_t *out_bytes);

/* What the host has. `free_bytes` is what driver_room() gives. */
struct driver_capacity {
    int64_t vcpus, memory_mb;
    int64_t disk_bytes, free_bytes; /* of the file system of the disks */
};

struct error *driver_capacity(struct driver *driver, struct arena *arena,
                              struct driver_capacity *out);

/* ---- removal ---- */

/*
 * One kind of resource of a VM on the host. A driver lists them in the order in which a destroy job
 * removes them, which is also the order in the receipt.
 */
struct driver_removal {
    const char *step;  /* of the destroy job: "Domain" */
    const char *thing; /* in the receipt: "domain" */
    /*
     * Remove it (first forcing a running domain off), then verify with the host that it does not
     * exist. `*response` is the host's message for the receipt, e.g. "Domain not found: no domain
     * with matching name 'domicile-...'". Success also if it did not exist before.
     */
    struct error *(*act)(struct driver *driver, struct arena *arena, const struct driver_vm *vm,
                         const char **response);
    bool ends_guest; /* once removed, the VM cannot be running */
    bool needs_port; /* identified by vm->ssh.port only, not by vm->id */
};

struct driver_removals {
    const struct driver_removal *row;
    size_t count;
};

/* Everything whose name starts with "domicile-", and every file in our directories. */
struct error *driver_inventory(struct driver *driver, struct arena *arena,
                               struct driver_inventory *out);

/* ---- the implementation of a driver ---- */

/* Each function implements driver_NAME above. */
struct driver_ops {
    struct error *(*open)(struct arena *arena, const struct driver_region *region,
                          struct driver **out);
    void (*close)(struct driver *driver);
    const char *(*accelerator)(const struct driver *driver);
    bool (*has_guests)(const struct driver *driver);
    void (*preflight)(struct driver *driver, struct arena *arena, struct driver_checks *out);
    /* NULL: nothing to set up. */
    struct error *(*setup)(struct arena *arena, const struct driver_region *region,
                           const char *print, struct driver_setup *out);
    struct driver_steps create_steps; /* in order */
    struct error *(*seed_write)(struct driver *driver, struct arena *arena,
                                const struct driver_vm *vm, const struct driver_seed *seed);
    struct error *(*waits)(struct driver *driver, struct arena *arena, const char *vm_id,
                           bool *out);
    struct error *(*create_abandon)(struct driver *driver, struct arena *arena, const char *vm_id);
    struct error *(*start)(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                           const struct driver_ports *ports);
    struct error *(*resize)(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                            const struct driver_ports *ports);
    struct error *(*ssh_host_key)(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, int64_t timeout_ms, const char **out,
                                  const char **banner);
    struct error *(*ssh_ask)(struct driver *driver, struct arena *arena, const struct driver_vm *vm,
                             int64_t timeout_ms, struct driver_question *question);
    struct error *(*state)(struct driver *driver, struct arena *arena, const char *vm_id,
                           enum driver_power *out, enum driver_cause *cause);
    struct error *(*has_agent)(struct driver *driver, struct arena *arena, const char *vm_id,
                               bool *out);
    struct error *(*keys_set)(struct driver *driver, struct arena *arena, const char *vm_id,
                              const char *user, const char *const *lines, size_t count);
    struct error *(*shutdown)(struct driver *driver, struct arena *arena, const char *vm_id);
    struct error *(*stop_force)(struct driver *driver, struct arena *arena, const char *vm_id);
    struct error *(*console)(struct driver *driver, struct arena *arena, const char *vm_id,
                             void (*listen)(void *listener, const char *bytes, size_t length),
                             void *listener);
    struct error *(*console_end)(struct driver *driver, struct arena *arena, const char *vm_id);
    /* NULL: its disks are no files here. */
    struct error *(*disk_file)(struct driver *driver, struct arena *arena, const char *vm_id,
                               const char **out);
    struct error *(*unpause)(struct driver *driver, struct arena *arena, const char *vm_id);
    struct error *(*disk_grow)(struct driver *driver, struct arena *arena,
                               const struct driver_vm *vm);
    struct error *(*snapshot_create)(struct driver *driver, struct arena *arena, const char *vm_id,
                                     const char *snapshot, struct driver_snapshot *out);
    struct error *(*snapshot_restore)(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot);
    struct error *(*snapshot_delete)(struct driver *driver, struct arena *arena, const char *vm_id,
                                     const char *snapshot, const char **response);
    struct error *(*usage)(struct driver *driver, struct arena *arena, const char *vm_id,
                           struct driver_usage *out);
    struct error *(*isolation)(struct driver *driver, struct arena *arena,
                               const struct driver_vm *vm, bool *is_isolated);
    struct driver_endpoint (*seen_by_guests)(const struct driver *driver, struct arena *arena,
                                             const struct driver_vm *vm, size_t network);
    bool (*is_limited)(struct driver *driver, struct arena *arena, const struct driver_vm *vm);
    struct error *(*internet_set)(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm);
    struct error *(*internet)(struct driver *driver, struct arena *arena);
    struct error *(*room)(struct driver *driver, struct arena *arena, int64_t *out_bytes);
    struct error *(*capacity)(struct driver *driver, struct arena *arena,
                              struct driver_capacity *out);
    struct driver_removals removals; /* all resources of a VM on such a host */
    struct error *(*inventory)(struct driver *driver, struct arena *arena,
                               struct driver_inventory *out);
};
