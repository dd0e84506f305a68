/* Pages that ask for confirmation before what cannot be undone. */
#pragma once

#include "model/vm_bulk.h"
#include "snapshot.sql.h"
#include "vm.sql.h"
#include "web/request.h"

/* Destroying a VM is confirmed by its name: as `typed` before, with its problem; NULL: none. */
struct error *vm_confirm_destroy(struct request *r, const struct vm_get_row *vm, const char *typed,
                                 const char *problem);

/* Destroying several VMs is confirmed by their number; `typed` "": not yet. */
void vm_confirm_destroy_several(struct request *r, const struct vm_bulk_rows *vms,
                                const char *typed, const char *back_path);

/* Restoring one of its snapshots. */
void vm_confirm_restore(struct request *r, const struct vm_get_row *vm,
                        const struct snapshot_get_row *snapshot);

struct snapshot_name {
    const char *id, *name;
    int64_t created_at;
};

struct snapshot_name_rows {
    struct snapshot_name *row;
    size_t count;
};

/* Deleting some of them, at least one; NOT_FOUND if it has no such snapshot. */
struct error *vm_confirm_snapshots_delete(struct request *r, const struct vm_get_row *vm,
                                          const char *const *ids, size_t count);
