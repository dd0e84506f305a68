/*
 * Looks into a qcow2 disk image without changing it, through qemu-img.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct disk_image {
    int64_t bytes;        /* size of the disk that the guest sees */
    const char *backing;  /* the image it lies over, in the arena; NULL: none */
    bool has_snapshot;    /* the one that was asked for */
    int64_t memory_bytes; /* of it; 0: taken while stopped */
};

/*
 * Read about the image at `path`, and about its internal snapshot `snapshot` (NULL: none is asked
 * for). UPSTREAM when it cannot be read or is no qcow2 image. May be called while a guest runs.
 */
struct error *disk_image_read(struct arena *arena, const char *path, const char *snapshot,
                              struct disk_image *out);
