/* What a receipt says of each part of a destroyed VM, on its page and in its signed file. */
#pragma once

#include "adapter/db.h"

struct receipt_part {
    const char *name;   /* "Disk" */
    const char *answer; /* what the host said when it was asked for it afterwards */
    int64_t removed_at;
};

struct receipt_parts {
    struct receipt_part *row;
    size_t count;
};

/* In the order of the driver's removals; in the arena. Errors are the database's. */
struct error *receipt_parts_read(struct db *db, struct arena *arena, int64_t team_id,
                                 const char *vm_id, struct receipt_parts *out);
