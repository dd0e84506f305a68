/*
 * Looks into a qcow2 disk image without changing it.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct qcow2 {
    int64_t bytes;        /* size of the disk that the guest sees */
    const char *backing;  /* the image it lies over, in the arena; NULL: none */
    bool has_snapshot;    /* the one that was asked for */
    int64_t memory_bytes; /* of it; 0: taken while stopped */
};

/*
 * Read the head of the image at `path`, and the entry of internal snapshot `snapshot` (NULL: none
 * is asked for). False when it cannot be read or is no qcow2 image. May be called while a guest
 * runs.
 */
bool qcow2_read(struct arena *arena, const char *path, const char *snapshot, struct qcow2 *out);
