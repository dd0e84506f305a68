/*
 * A guest that has somebody's disk, read-only, and a shell on its terminal, for "vm-look --disk":
 * whatever is wrong with the file system there is parsed in the guest, never on the server. It has
 * no network and no disk of its own, and nothing stays of it.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

struct disk_guest {
    const char *disk;        /* a qcow2 file; a VM may be running on it */
    const char *backing;     /* the file that it lies over; NULL: none */
    const char *image_dir;   /* a build of the small image (guest/guest.sh) */
    const char *accelerator; /* "kvm" or "tcg" */
};

/* What the guest writes to its terminal, once, when it reads from it. No text has it. */
enum { DISK_GUEST_READY = 6 };

/*
 * Check that all of it can be read, and set guest->backing. CONFLICT, with what is missing, if the
 * image is not the small one; UPSTREAM if the disk cannot be read.
 */
struct error *disk_guest_check(struct arena *arena, struct disk_guest *guest);

/*
 * QEMU's program and arguments, ended by NULL, in the arena. Its standard input and output are the
 * guest's terminal, which reads lines and does not echo them.
 */
const char *const *disk_guest_command(struct arena *arena, const struct disk_guest *guest);
