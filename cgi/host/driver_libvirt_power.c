/*
 * The VM host "libvirt" (see driver.h): starting and stopping guests, and queries about them and
 * about the host.
 */
#include "host/driver_libvirt.h"

#include "host/disk_image.h"
#include "host/driver_libvirt_net.h"
#include "host/driver_libvirt_xml.h"
#include "host/ssh_probe.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct error *libvirt_state(struct driver *driver, struct arena *arena, const char *vm_id,
                            enum driver_power *out, enum driver_cause *cause)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    if (e)
        return e;
    *out = DRIVER_ABSENT;
    *cause = DRIVER_CAUSE_OTHER;
    e = virt_domain_state(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), out, cause);
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

struct error *libvirt_power(struct driver *driver, struct arena *arena, const char *vm_id,
                            enum driver_power *out)
{
    enum driver_cause unused;

    return libvirt_state(driver, arena, vm_id, out, &unused);
}

struct error *libvirt_start_error(struct arena *arena, struct error *e)
{
    if (e && strstr(e->text, "host forwarding rule"))
        return error_new(arena, ERROR_CONFLICT, "the VM's SSH port is taken: %s", e->text);
    return libvirt_needs_vm(e);
}

/* A disk is nothing without the very file that it lies over. */
static struct error *backing_check(const struct libvirt *libvirt, struct arena *arena,
                                   const struct driver_vm *vm)
{
    const char *path = libvirt_disk_path(libvirt, arena, vm->id);
    const char *wanted = arena_printf(arena, "%s/disk.qcow2", vm->image_dir);
    struct disk_image disk;
    struct error *e;

    if (libvirt->profile == DRIVER_TEST)
        return NULL;
    e = disk_image_read(arena, path, NULL, &disk);
    if (e || (disk.backing ? strcmp(disk.backing, wanted) == 0 : access(wanted, F_OK) != 0))
        return e;
    return error_new(arena, ERROR_CONFLICT, "%s lies over %s, not over %s", path,
                     disk.backing ? disk.backing : "nothing", wanted);
}

struct error *libvirt_boot(struct driver *driver, struct arena *arena, const struct driver_vm *vm)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *name = libvirt_domain_name(arena, vm->id);
    enum driver_power power, after;
    struct error *e = libvirt_power(driver, arena, vm->id, &power);

    if (e || power == DRIVER_RUNNING)
        return e;
    e = driver_firewall_check(libvirt, arena, vm->ssh.port);
    if (!e && power != DRIVER_ABSENT)
        e = backing_check(libvirt, arena, vm);
    if (e)
        return e;
    e = virt_domain_act(libvirt->virt, arena, name,
                        power == DRIVER_PAUSED ? VIRT_RESUME : VIRT_START);
    /* Another caller may have started it concurrently. */
    if (e && e->kind == ERROR_CONFLICT && !libvirt_power(driver, arena, vm->id, &after) &&
        after == DRIVER_RUNNING)
        e = NULL;
    if (!e)
        libvirt_share_started(libvirt, arena, name);
    return libvirt_start_error(arena, e);
}

struct error *libvirt_shutdown(struct driver *driver, struct arena *arena, const char *vm_id)
{
    struct libvirt *libvirt = libvirt_of(driver);
    enum virt_act act = libvirt->profile == DRIVER_TEST ? VIRT_SHUTDOWN : VIRT_POWER_BUTTON;
    enum driver_power power;
    struct error *e = libvirt_power(driver, arena, vm_id, &power);

    if (e || power == DRIVER_STOPPED || power == DRIVER_ABSENT)
        return e;
    return libvirt_needs_vm(
        virt_domain_act(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), act));
}

struct error *libvirt_off(struct libvirt *libvirt, struct arena *arena, const char *vm_id)
{
    const char *name = libvirt_domain_name(arena, vm_id);
    enum driver_power power = DRIVER_ABSENT;
    struct error *e = virt_domain_power(libvirt->virt, arena, name, &power);

    if (!e && power != DRIVER_STOPPED)
        e = virt_domain_act(libvirt->virt, arena, name, VIRT_DESTROY);
    /* NOT_FOUND: does not exist. CONFLICT: it has stopped meanwhile. */
    return e && e->kind == ERROR_UPSTREAM ? e : NULL;
}

struct error *libvirt_stop_force(struct driver *driver, struct arena *arena, const char *vm_id)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    return e ? e : libvirt_off(libvirt, arena, vm_id);
}

struct error *libvirt_console(struct driver *driver, struct arena *arena, const char *vm_id,
                              void (*listen)(void *listener, const char *bytes, size_t length),
                              void *listener)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    return e ? e
             : virt_domain_console(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), listen,
                                   listener);
}

struct error *libvirt_console_end(struct driver *driver, struct arena *arena, const char *vm_id)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    if (!e)
        e = virt_domain_console_end(libvirt->virt, arena, libvirt_domain_name(arena, vm_id));
    /* It does not run, or does not exist: nor does the call. */
    return e && e->kind == ERROR_UPSTREAM ? e : NULL;
}

struct error *libvirt_unpause(struct driver *driver, struct arena *arena, const char *vm_id)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *name = libvirt_domain_name(arena, vm_id);
    enum driver_power power = DRIVER_ABSENT;
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    if (!e)
        e = virt_domain_power(libvirt->virt, arena, name, &power);
    if (!e && power == DRIVER_PAUSED)
        e = virt_domain_act(libvirt->virt, arena, name, VIRT_RESUME);
    return libvirt_needs_vm(e);
}

/* Of the file system of the disks. */
static struct error *disk_space(const struct libvirt *libvirt, struct arena *arena,
                                struct driver_capacity *out)
{
    struct statvfs folder;

    if (statvfs(libvirt->disk_dir, &folder) < 0)
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", libvirt->disk_dir);
    out->disk_bytes = (int64_t)folder.f_blocks * (int64_t)folder.f_frsize;
    out->free_bytes = (int64_t)folder.f_bavail * (int64_t)folder.f_frsize;
    return NULL;
}

struct error *libvirt_room(struct driver *driver, struct arena *arena, int64_t *out_bytes)
{
    struct driver_capacity capacity = { .free_bytes = 0 };
    struct error *e = disk_space(libvirt_of(driver), arena, &capacity);

    *out_bytes = capacity.free_bytes;
    return e;
}

struct error *libvirt_capacity(struct driver *driver, struct arena *arena,
                               struct driver_capacity *out)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct error *e = virt_node(libvirt->virt, arena, &out->vcpus, &out->memory_mb);

    return e ? e : disk_space(libvirt, arena, out);
}

/* ---- queries ---- */

/* Where a guest's SSH server is for the worker. */
static struct driver_endpoint ssh_of(const struct libvirt *libvirt, struct arena *arena,
                                     const struct driver_vm *vm)
{
    if (libvirt->profile == DRIVER_SYSTEM)
        return (struct driver_endpoint){ driver_address(&libvirt->region, arena, vm->ssh.port).ip,
                                         22 };
    return (struct driver_endpoint){ "127.0.0.1", vm->ssh.port };
}

struct error *libvirt_ssh_host_key(struct driver *driver, struct arena *arena,
                                   const struct driver_vm *vm, int64_t timeout_ms, const char **out,
                                   const char **banner)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct driver_endpoint at;

    *out = NULL;
    if (banner)
        *banner = NULL;
    if (libvirt->profile == DRIVER_TEST)
        return NULL;
    at = ssh_of(libvirt, arena, vm);
    return ssh_probe_run(arena, at.host, at.port, timeout_ms, out, banner);
}

struct error *libvirt_ssh_ask(struct driver *driver, struct arena *arena,
                              const struct driver_vm *vm, int64_t timeout_ms,
                              struct driver_question *question)
{
    const struct driver_endpoint at = ssh_of(libvirt_of(driver), arena, vm);

    return ssh_probe_ask(arena, at.host, at.port, timeout_ms, question);
}

struct error *libvirt_usage(struct driver *driver, struct arena *arena, const char *vm_id,
                            struct driver_usage *out)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct stat disk;
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    if (e)
        return e;
    *out = (struct driver_usage){ .memory_used_kb = -1,
                                  .network_received_bytes = -1,
                                  .network_sent_bytes = -1 };
    e = virt_domain_usage(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), DRIVER_XML_DISK,
                          out);
    /* libvirt reports the file's length, including holes. */
    if (!e && stat(libvirt_disk_path(libvirt, arena, vm_id), &disk) == 0)
        out->disk_bytes = (int64_t)disk.st_blocks * 512;
    return libvirt_needs_vm(e);
}
