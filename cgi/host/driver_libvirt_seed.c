/*
 * The libvirt driver (see driver.h): the seed, a file in the guest's CD-ROM drive. A guest that was
 * booted to wait for its seed opens the drive (guest/seed_read.sh), which closes with the next one.
 */
#include "host/driver_libvirt.h"

#include "adapter/xml.h"
#include "host/driver_libvirt_xml.h"
#include "host/image_store.h"
#include "host/seed.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct error *libvirt_seed_write(struct driver *driver, struct arena *arena,
                                 const struct driver_vm *vm, const struct driver_seed *seed)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct error *e = libvirt_begin(libvirt, arena, vm->id);

    if (!e)
        e = seed_write(arena, libvirt_seed_path(libvirt, arena, vm->id), seed,
                       !image_store_waits(arena, vm->image_dir));
    if (!e)
        e = libvirt_open_to_qemu(libvirt, arena, libvirt_seed_path(libvirt, arena, vm->id), 0640);
    /* The seed's values were validated on input. */
    if (e && e->kind != ERROR_UPSTREAM)
        e->kind = e->kind == ERROR_UNAVAILABLE ? ERROR_UPSTREAM : ERROR_INTERNAL;
    return e;
}

/* Is `path` in this domain's CD-ROM drive? */
static bool holds_seed(struct arena *arena, const char *xml, const char *path)
{
    const char *found =
        xml_find(arena, xml, "/domain/devices/disk[@device = 'cdrom']/source/@file");

    return found && strcmp(found, path) == 0;
}

struct error *libvirt_seed_remove(struct driver *driver, struct arena *arena, const char *vm_id)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *path, *running = NULL, *kept = NULL;
    const char *name = libvirt_domain_name(arena, vm_id);
    enum driver_power power = DRIVER_ABSENT;
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    if (e)
        return e;
    path = libvirt_seed_path(libvirt, arena, vm_id);
    e = virt_domain_power(libvirt->virt, arena, name, &power);
    if (!e)
        e = virt_domain_text(libvirt->virt, arena, name, false, &running);
    if (!e)
        e = virt_domain_text(libvirt->virt, arena, name, true, &kept);
    /* Eject it first: a domain whose definition names a missing file cannot start. */
    if (!e && (holds_seed(arena, running, path) || holds_seed(arena, kept, path)))
        e = virt_domain_update(libvirt->virt, arena, name, driver_xml_cdrom(arena, NULL),
                               power != DRIVER_STOPPED);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (unlink(path) < 0 && errno != ENOENT)
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
    return NULL;
}

/* ---- guests that wait ---- */

struct error *libvirt_waits(struct driver *driver, struct arena *arena, const char *vm_id,
                            bool *out)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *name = libvirt_domain_name(arena, vm_id), *xml = NULL;
    enum driver_power power;
    struct error *e = libvirt_power(driver, arena, vm_id, &power);

    *out = false;
    if (e || power != DRIVER_RUNNING)
        return e;
    e = virt_domain_text(libvirt->virt, arena, name, false, &xml);
    if (!e)
        *out = xml_find(arena, xml,
                        "/domain/devices/disk[@device = 'cdrom']/target[@tray = 'open']/@dev");
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

struct error *libvirt_seed_give(struct driver *driver, struct arena *arena,
                                const struct driver_vm *vm, const struct driver_seed *seed)
{
    struct libvirt *libvirt = libvirt_of(driver);
    /* By its name the next one would be the same disk to libvirt. */
    struct error *e = libvirt_seed_remove(driver, arena, vm->id);

    if (!e)
        e = libvirt_seed_write(driver, arena, vm, seed);
    if (!e)
        e = virt_domain_update(libvirt->virt, arena, libvirt_domain_name(arena, vm->id),
                               driver_xml_cdrom(arena, libvirt_seed_path(libvirt, arena, vm->id)),
                               true);
    return libvirt_needs_vm(e);
}
