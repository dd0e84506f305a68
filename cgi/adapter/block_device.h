/*
 * Whether what is written below a folder lies encrypted on its disks, as the kernel tells in sysfs.
 * A device is encrypted if it is a dm-crypt target, or if all devices that it is built from are
 * (LVM or RAID on dm-crypt); a partition is what its disk is.
 * https://docs.kernel.org/admin-guide/device-mapper/dm-crypt.html
 * https://www.kernel.org/doc/Documentation/ABI/stable/sysfs-block
 */
#pragma once

#include "base/arena.h"

enum block_encryption {
    BLOCK_UNKNOWN, /* not on a block device of its own: overlay, tmpfs, btrfs, ZFS, network */
    BLOCK_PLAIN,
    BLOCK_ENCRYPTED,
};

/* `sysfs`: "/sys". */
enum block_encryption block_encryption_of(struct arena *arena, const char *sysfs,
                                          const char *folder);
