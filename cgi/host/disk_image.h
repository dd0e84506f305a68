/* Inspects a qcow2 disk image with qemu-img, without changing it. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct disk_image {
    int64_t bytes;        /* virtual size */
    const char *backing;  /* backing file, in the arena; NULL: none */
    bool has_snapshot;    /* the requested one */
    int64_t memory_bytes; /* of the snapshot; 0: taken while stopped */
};

/*
 * Read the properties of the image at `path` and of its internal snapshot `snapshot` (NULL: none).
 * UPSTREAM if it cannot be read or is not a qcow2 image. May be called while the guest runs.
 */
struct error *disk_image_read(struct arena *arena, const char *path, const char *snapshot,
                              struct disk_image *out);

/*
 * The image at `path` as options of qemu-img and QEMU, where a comma is doubled (qemu-img(1)). The
 * format is given, not probed.
 */
const char *disk_image_options(struct arena *arena, const char *path);
