/*
 * Resources on a host that the database does not account for. Those of a destroyed VM are removed
 * again. Those of an unknown VM are shown to the operator, who decides: Domicile does not delete
 * what may not be its own. Those of pools are pool.c's. What a killed worker left of the isolation
 * probe (probe.h) is removed.
 */
#pragma once

#include "worker/worker_context.h"

#include "pool_vm.sql.h"
#include "vm.sql.h"

/* One pass over a region (reconcile.c). */
struct reconcile_pass {
    struct worker_context *context;
    struct arena *arena;
    const struct config_region *region;
    struct driver *driver;
    struct vm_alive_rows before;       /* the database, before the host was queried */
    struct driver_inventory inventory; /* the host */
    bool has_room;                     /* the host has free space for disks */
    bool has_internet;                 /* its guests reach the internet */
    struct driver_capacity capacity;
    const char **reached; /* ids of VMs whose SSH answers although their job has failed */
    size_t reached_count;
    const char **limited; /* ids of VMs that begin more connections than they may */
    size_t limited_count;
    struct pool_vm_ids_rows pool; /* those of pools, before the host was queried */
    bool has_probe;               /* the host has something of the isolation probe */
    const char **destroyed;       /* ids of destroyed VMs that still have resources on the host */
    const char **destroyed_kinds; /* which ones: "domain, disk" */
    int64_t *destroyed_teams;
    size_t destroyed_count;
    const char **forced; /* ids of guests to be powered off */
    size_t forced_count;
};

/* In a transaction: bring the table of orphans up to date and fill `destroyed`. */
struct error *orphan_sort(struct reconcile_pass *pass);

/*
 * Without a transaction: remove what is left of destroyed VMs. Failures are retried in the next
 * pass.
 */
struct error *orphan_remove(struct reconcile_pass *pass);
