/*
 * The receipt of a destroyed VM: as a page that can be printed, and as a signed file. The VM's own
 * record may be gone. NOT_FOUND: the team has no such receipt.
 */
#pragma once

#include "web/request.h"

/* One part of the VM, and what the host said when it was asked for it afterwards. */
struct vm_receipt_part {
    const char *name; /* "Disk" */
    const char *answer;
    const char *removed; /* "20 Nov 2026, 12:00:09 UTC" */
    int64_t removed_at;
};

struct vm_receipt_part_rows {
    struct vm_receipt_part *row;
    size_t count;
};

/* Respond with the receipt. `refusal`: why a command for the VM was refused; NULL: none was. */
struct error *vm_receipt_respond(struct request *r, const char *vm_id, const char *refusal);

/* Respond with the signed file to keep (receipt_file.h). For a while after the VM's end there is
 * none.
 */
struct error *vm_receipt_download(struct request *r, const char *vm_id);
