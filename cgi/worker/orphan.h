/*
 * What a host has and the database does not account for. Of a VM that is gone: removed again. Of a
 * VM that nobody knows: shown to the operator, who decides; Domicile does not delete what may not
 * be its own.
 */
#pragma once

#include "worker/worker_context.h"

#include "vm.sql.h"

/* One look at a region (reconcile.c). */
struct reconcile_pass {
    struct worker_context *context;
    struct arena *arena;
    const struct config_region *region;
    struct driver *driver;
    struct vm_alive_rows before;    /* the database, before the host was asked */
    struct driver_inventory things; /* the host */
    const char **gone;              /* ids of gone VMs of which the host has something */
    const char **gone_kinds;        /* what: "domain, disk" */
    int64_t *gone_teams;
    size_t gone_count;
    const char **forced; /* ids of guests to be switched off */
    size_t forced_count;
};

/* In a transaction: bring the table of orphans up to date, and fill `gone`. */
struct error *orphan_sort(struct reconcile_pass *look);

/* Without a transaction: remove what is left of gone VMs. What fails is tried at the next look. */
struct error *orphan_remove(struct reconcile_pass *look);
