/* The guest for a look at a disk; see disk_guest.h. */
#include "host/disk_guest.h"

#include "base/array.h"
#include "host/disk_image.h"

#include <string.h>
#include <unistd.h>

/*
 * The first process of the guest, instead of the image's own /init. It mounts the disk, if that is
 * a file system, and its partitions, if it has any, without replaying a journal, which would write.
 * The shell reads from a pipe: on a terminal it would edit lines, with control sequences that
 * "vm-look" does not show. What fills the pipe is dd, since cat passes on a line with the next one
 * (it calls sendfile). No double quotes: it is an argument in the kernel's command line.
 */
static const char SCRIPT[] =
    "mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev; "
    "modprobe -a virtio_pci virtio_blk; stty -echo -ixon -F /dev/console; "
    "for d in /dev/vda*; do m=/mnt/${d##*/}; mkdir $m; "
    "if mount -t ext4 -o ro,noload,nodev,nosuid,noexec $d $m 2>/dev/null; "
    "then echo $d is mounted on $m, read-only.; any=1; else rmdir $m; fi; done; "
    "[ $any ] || echo No ext4 file system was found on /dev/vda. >&2; "
    "mkfifo /run/in; dd if=/dev/console of=/run/in bs=4096 2>/dev/null & cd /mnt; printf '\\006'; "
    "sh +m -i </run/in 2>&1; poweroff -f";

struct error *disk_guest_check(struct arena *arena, struct disk_guest *guest)
{
    static const char *const files[] = { "kernel", "initrd" };
    struct disk_image image;
    struct error *e;

    for (size_t i = 0; i < COUNT(files); i++) {
        const char *path = arena_printf(arena, "%s/%s", guest->image_dir, files[i]);

        if (access(path, R_OK) != 0)
            return error_new(arena, ERROR_CONFLICT, "%s: %m", path);
    }
    e = disk_image_read(arena, guest->disk, NULL, &image);
    guest->backing = e ? NULL : image.backing;
    return e;
}

const char *const *disk_guest_command(struct arena *arena, const struct disk_guest *guest)
{
    bool is_kvm = strcmp(guest->accelerator, "kvm") == 0;
    /* No lock is taken: a VM that runs on the disk has it, and goes on. */
    const char *disk = arena_printf(arena,
                                    "%s,node-name=disk,read-only=on,force-share=on,"
                                    "file.driver=file,file.read-only=on,file.force-share=on",
                                    disk_image_options(arena, guest->disk));
    const char *const command[] = {
        "qemu-system-x86_64",
        "-accel",
        is_kvm ? "kvm" : "tcg,tb-size=64",
        "-cpu",
        is_kvm ? "host" : "max",
        "-m",
        "256",
        "-nodefaults",
        "-no-user-config",
        "-no-reboot",
        "-display",
        "none",
        "-nic",
        "none",
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-chardev",
        "stdio,id=terminal,signal=off",
        "-serial",
        "chardev:terminal",
        "-blockdev",
        disk,
        "-device",
        "virtio-blk-pci,drive=disk",
        "-kernel",
        arena_printf(arena, "%s/kernel", guest->image_dir),
        "-initrd",
        arena_printf(arena, "%s/initrd", guest->image_dir),
        "-append",
        arena_printf(arena, "console=ttyS0 quiet loglevel=3 panic=-1 rdinit=/bin/sh -- -c \"%s\"",
                     SCRIPT),
        NULL,
    };
    const char **copy = arena_array(arena, COUNT(command), sizeof *copy);

    memcpy(copy, command, sizeof command);
    return copy;
}
