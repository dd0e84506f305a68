/*
 * What a look at a disk needs beside one at a console (admin_look.c): a guest that has the disk
 * (host/disk_guest.h), in a process of QEMU, and the operator's terminal.
 */
#pragma once

#include "admin/admin.h"
#include "host/disk_guest.h"
#include "host/driver.h"

#include <sys/types.h>

struct look_guest {
    const char *disk;
    int terminal; /* a socket */
    pid_t pid;
};

/*
 * What the guest is made of, before anything is recorded. CONFLICT: the policy in force does not
 * allow looks at disks yet, with the day from which it can; this host cannot show disks; or the
 * small image is missing.
 */
struct error *look_guest_prepare(struct admin *admin, struct driver *driver, const char *vm_id,
                                 struct disk_guest *out);

/* It ends with this thread, whatever ends that. */
struct error *look_guest_start(struct admin *admin, const struct disk_guest *guest,
                               struct look_guest *out);

/*
 * Pass on lines from standard input and what the guest prints, until it ends; blocks. False if the
 * disk was deleted before, so that the guest must not hold it any longer.
 */
bool look_guest_talk(const struct look_guest *guest,
                     void (*listen)(void *listener, const char *bytes, size_t length),
                     void *listener);

/* Wait until it has ended; `is_forced`: end it. UPSTREAM if it has failed. */
struct error *look_guest_end(struct arena *arena, const struct look_guest *guest, bool is_forced);
