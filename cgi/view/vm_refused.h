/* The page that tells what was refused of a command for several VMs. */
#pragma once

#include "model/vm_bulk.h"
#include "web/request.h"

/* VMs that were refused for one reason. */
struct vm_refusal {
    const char *reason;
    struct vm_bulk_rows vms;
};

struct vm_refusal_rows {
    struct vm_refusal *row;
    size_t count;
};

/* Answers with 422: `refused`, by reason, of `sent` VMs. */
void vm_refused_show(struct request *r, const struct vm_bulk_act *act,
                     const struct vm_bulk_rows *refused, size_t sent, const char *back_path);
