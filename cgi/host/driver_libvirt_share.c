/*
 * How guests share the host with each other and with everything else on it. Under qemu:///system
 * libvirt gives each guest a cgroup, where the host has the controllers. A session has none: guests
 * yield the processors by their priority, and what QEMU takes besides the guest's memory has no
 * limit. The speed of disks is QEMU's to limit (driver_libvirt_xml.c).
 */
#include "host/driver_libvirt.h"

#include "base/log.h"
#include "host/virt_status.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* setpriority(2): from -20, which gets most, to 19; what is not set has 0. */
enum { NICE = 5 };

/* All threads of the domain's QEMU, which libvirt starts as a process group of its own. */
static struct error *priority_lower(struct arena *arena, const char *name)
{
    pid_t pid = virt_status_pid(arena, name);
    pid_t group = pid ? getpgid(pid) : -1;

    if (group > 0 && group != getpgrp() &&
        (getpriority(PRIO_PGRP, (id_t)group) >= NICE ||
         setpriority(PRIO_PGRP, (id_t)group, NICE) == 0))
        return NULL;
    return error_new(arena, ERROR_UPSTREAM, "the priority of the VM's process cannot be set: %s",
                     pid ? strerror(errno) : "it was not found");
}

struct error *libvirt_share(struct libvirt *libvirt, struct arena *arena, const char *name)
{
    if (libvirt->profile == DRIVER_TEST)
        return NULL;
    return libvirt->profile == DRIVER_SYSTEM ? virt_domain_share(libvirt->virt, arena, name)
                                             : priority_lower(arena, name);
}

void libvirt_share_started(struct libvirt *libvirt, struct arena *arena, const char *name)
{
    struct error *e = libvirt_share(libvirt, arena, name);

    if (e)
        log_error("share", log_text("domain", name), log_text("error", e->text));
}

/* Our first domain that runs; NULL: none does. */
static const char *running_find(struct libvirt *libvirt, struct arena *arena)
{
    struct virt_names names;
    enum driver_power power;

    if (virt_domain_list(libvirt->virt, arena, &names))
        return NULL;
    for (size_t i = 0; i < names.count; i++) {
        if (strncmp(names.name[i], LIBVIRT_NAME_PREFIX, strlen(LIBVIRT_NAME_PREFIX)) == 0 &&
            !virt_domain_power(libvirt->virt, arena, names.name[i], &power) &&
            power == DRIVER_RUNNING)
            return names.name[i];
    }
    return NULL;
}

struct error *libvirt_share_check(struct libvirt *libvirt, struct arena *arena, const char **found)
{
    const struct driver_region *region = &libvirt->region;
    const char *name = running_find(libvirt, arena);
    struct error *e = name ? libvirt_share(libvirt, arena, name) : NULL;
    const char *disk = arena_printf(arena, "%lld disk operations and %lld MB a second",
                                    (long long)region->disk_iops, (long long)region->disk_mb_s);

    *found = libvirt->profile == DRIVER_SYSTEM
                 ? arena_printf(arena, "a VM gets at most %s%s", disk,
                                name ? ", its share of the processors, and its memory" : "")
                 : arena_printf(arena,
                                "a VM gets at most %s and runs at a lower priority than Domicile; "
                                "QEMU's own memory has no limit under qemu:///session",
                                disk);
    return e ? error_new(arena, ERROR_CONFLICT,
                         "VMs' processors and memory are not limited: %s; the host needs the "
                         "cgroup controllers cpu and memory",
                         e->text)
             : NULL;
}
