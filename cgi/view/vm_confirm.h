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

/* Restoring or deleting a snapshot of it. */
void vm_confirm_snapshot(struct request *r, const struct vm_get_row *vm,
                         const struct snapshot_get_row *snapshot, bool is_restore);
