/*
 * The libvirt driver (see driver.h): disks and snapshots. A disk is a qcow2 volume of the pool,
 * backed by the image's disk.qcow2 if it has one. Snapshots are internal to that file: of the disk
 * if stopped, of disk and memory if running. libvirt stores the definition with each snapshot; see
 * libvirt_snapshot_restore for which one applies afterwards.
 */
#include "host/driver_libvirt.h"

#include "adapter/subprocess.h"
#include "adapter/xml.h"
#include "base/buf.h"
#include "host/disk_image.h"
#include "host/driver_libvirt_net.h"
#include "host/driver_libvirt_xml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* For a disk that is being created, which takes milliseconds. */
enum { BUSY_TRIES = 20 };
static const struct timespec BUSY_PAUSE = { .tv_nsec = 100 * 1000 * 1000 };

static int64_t disk_bytes(const struct driver_vm *vm)
{
    return vm->disk_gb * 1024 * 1024 * 1024;
}

/* ---- creating ---- */

/* Ensure the pool; *is_there: the VM already has a disk. */
static struct error *disk_begin(struct libvirt *libvirt, struct arena *arena, const char *vm_id,
                                bool *is_there)
{
    int64_t bytes;
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    *is_there = false;
    if (!e)
        e = libvirt_pool_ready(libvirt, arena);
    if (e)
        return e;
    e = virt_volume_capacity(libvirt->virt, arena, libvirt->pool, libvirt_disk_name(arena, vm_id),
                             &bytes);
    *is_there = !e;
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* Wait for a disk that is being created concurrently. */
static bool becomes_complete(struct arena *arena, const char *path)
{
    struct disk_image image;

    for (int tries = 0; tries < BUSY_TRIES; tries++) {
        if (!disk_image_read(arena, path, NULL, &image))
            return true;
        nanosleep(&BUSY_PAUSE, NULL);
    }
    return false;
}

/* A file that libvirt does not list: created by a daemon that was killed, or copied here. */
static struct error *volume_adopt(struct libvirt *libvirt, struct arena *arena, const char *vm_id,
                                  bool *is_there)
{
    const char *path = libvirt_disk_path(libvirt, arena, vm_id);
    struct error *e = NULL;

    if (*is_there || libvirt->profile == DRIVER_TEST || access(path, F_OK) != 0)
        return NULL;
    /* The header is written first: without it, the file never had contents. */
    if (libvirt->profile == DRIVER_SESSION && !becomes_complete(arena, path)) {
        if (unlink(path) < 0)
            e = error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
        return e;
    }
    e = virt_pool_refresh(libvirt->virt, arena, libvirt->pool);
    return e ? e : disk_begin(libvirt, arena, vm_id, is_there);
}

static struct error *create_volume(struct libvirt *libvirt, struct arena *arena,
                                   const struct driver_vm *vm)
{
    const char *image = arena_printf(arena, "%s/disk.qcow2", vm->image_dir);
    bool has_image = libvirt->profile != DRIVER_TEST && access(image, F_OK) == 0;
    struct driver_xml_volume volume = {
        .name = libvirt_disk_name(arena, vm->id),
        .bytes = disk_bytes(vm),
        .backing = has_image ? image : NULL,
        .mode = libvirt->profile == DRIVER_SYSTEM ? "0660" : "0600",
        .has_owner = libvirt->profile == DRIVER_SYSTEM,
        .user_id = (int64_t)geteuid(),
        .group_id = libvirt->qemu_group,
    };
    struct disk_image base;
    struct error *e = has_image ? disk_image_read(arena, image, NULL, &base) : NULL;

    if (e)
        return e;
    if (has_image && base.bytes > volume.bytes)
        volume.bytes = base.bytes;
    return virt_volume_create(libvirt->virt, arena, libvirt->pool,
                              driver_xml_volume(arena, &volume));
}

struct error *libvirt_disk_create(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm)
{
    struct libvirt *libvirt = libvirt_of(driver);
    bool is_there;
    struct error *e = disk_begin(libvirt, arena, vm->id, &is_there);

    if (!e)
        e = volume_adopt(libvirt, arena, vm->id, &is_there);
    if (e || is_there)
        return e;
    e = create_volume(libvirt, arena, vm);
    /* A worker that was killed may have requested it: libvirt lists it once complete. */
    for (int tries = 0; e && !is_there && tries < BUSY_TRIES; tries++) {
        if (disk_begin(libvirt, arena, vm->id, &is_there))
            return e;
        if (!is_there && e->kind != ERROR_CONFLICT)
            return e;
        if (!is_there)
            nanosleep(&BUSY_PAUSE, NULL);
    }
    return is_there ? NULL : e;
}

struct error *libvirt_disk_grow(struct driver *driver, struct arena *arena,
                                const struct driver_vm *vm)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *name = libvirt_disk_name(arena, vm->id);
    enum driver_power power;
    int64_t bytes = 0;
    struct error *e = libvirt_power(driver, arena, vm->id, &power);

    if (!e)
        e = libvirt_pool_ready(libvirt, arena);
    if (!e)
        e = virt_volume_capacity(libvirt->virt, arena, libvirt->pool, name, &bytes);
    if (e || bytes >= disk_bytes(vm) || libvirt->profile == DRIVER_TEST)
        return libvirt_needs_vm(e);
    if (power == DRIVER_RUNNING || power == DRIVER_PAUSED)
        return error_new(arena, ERROR_CONFLICT, "a disk can only be grown while its VM is stopped");
    return virt_volume_resize(libvirt->virt, arena, libvirt->pool, name, disk_bytes(vm));
}

struct error *libvirt_disk_file(struct driver *driver, struct arena *arena, const char *vm_id,
                                const char **out)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    if (e)
        return e;
    if (libvirt->profile == DRIVER_TEST)
        return error_new(arena, ERROR_CONFLICT, "libvirt's test driver stores no disks");
    *out = libvirt_disk_path(libvirt, arena, vm_id);
    return access(*out, R_OK) == 0 ? NULL : error_new(arena, ERROR_CONFLICT, "%s: %m", *out);
}

/* ---- cloning ---- */

static struct error *convert(struct arena *arena, const char *source, const char *snapshot,
                             const char *part)
{
    const char *named = arena_printf(arena, "snapshot.name=%s", snapshot);
    const char *arguments[16] = { "qemu-img", "convert", "-U", "-l",   named,
                                  "-f",       "qcow2",   "-O", "qcow2" };
    size_t count = 9;
    struct disk_image image;
    struct error *e = disk_image_read(arena, source, snapshot, &image);

    if (e || !image.has_snapshot)
        return error_new(arena, ERROR_CONFLICT, "%s has no snapshot %s", source, snapshot);
    if (image.backing) {
        arguments[count++] = "-B";
        arguments[count++] = image.backing;
        arguments[count++] = "-F";
        arguments[count++] = "qcow2";
    }
    arguments[count++] = source;
    arguments[count++] = part;
    return command_run(arena, arguments);
}

static struct error *grow_file(struct arena *arena, const char *path, int64_t bytes)
{
    const char *size = arena_printf(arena, "%lld", (long long)bytes);
    const char *const arguments[] = { "qemu-img", "resize", "-q", "-f", "qcow2", path, size, NULL };
    struct disk_image image;
    struct error *e = disk_image_read(arena, path, NULL, &image);

    if (e)
        return e;
    return image.bytes < bytes ? command_run(arena, arguments) : NULL;
}

/* Under a temporary name first: the final name only ever refers to a complete disk. */
static struct error *copy_disk(struct libvirt *libvirt, struct arena *arena,
                               const struct driver_vm *vm, const char *source_id,
                               const char *snapshot)
{
    const char *path = libvirt_disk_path(libvirt, arena, vm->id);
    const char *part = arena_printf(arena, "%s.part", path);
    struct error *e;

    e = convert(arena, libvirt_disk_path(libvirt, arena, source_id), snapshot, part);
    if (!e)
        e = grow_file(arena, part, disk_bytes(vm));
    if (!e && chmod(part, 0600) < 0)
        e = error_new(arena, ERROR_UPSTREAM, "%s: %m", part);
    if (!e)
        e = libvirt_open_to_qemu(libvirt, arena, part, 0660);
    if (!e && rename(part, path) < 0)
        e = error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
    return e ? e : virt_pool_refresh(libvirt->virt, arena, libvirt->pool);
}

static struct error *check_snapshot_name(struct arena *arena, const char *snapshot)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t length = strlen(snapshot);

    if (length > 0 && length <= 64 && strspn(snapshot, letters) == length && snapshot[0] != '-')
        return NULL;
    return error_new(arena, ERROR_INTERNAL, "a snapshot's name is [A-Za-z0-9_-]{1,64}");
}

struct error *libvirt_disk_clone(struct driver *driver, struct arena *arena,
                                 const struct driver_vm *vm, const char *source_id,
                                 const char *snapshot)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *unused;
    bool is_there;
    struct error *e = libvirt_begin(libvirt, arena, source_id);

    if (!e)
        e = check_snapshot_name(arena, snapshot);
    if (!e)
        e = disk_begin(libvirt, arena, vm->id, &is_there);
    if (!e)
        e = volume_adopt(libvirt, arena, vm->id, &is_there);
    if (e || is_there)
        return e;
    if (libvirt->profile != DRIVER_TEST)
        return copy_disk(libvirt, arena, vm, source_id, snapshot);
    e = virt_snapshot_text(libvirt->virt, arena, libvirt_domain_name(arena, source_id), snapshot,
                           &unused);
    return e ? libvirt_needs_vm(e) : create_volume(libvirt, arena, vm);
}

/* ---- snapshots ---- */

static bool has_memory(struct arena *arena, const char *xml)
{
    const char *state = xml_find(arena, xml, "/domainsnapshot/state");

    return state && (strcmp(state, "running") == 0 || strcmp(state, "paused") == 0);
}

static struct error *snapshot_begin(struct libvirt *libvirt, struct arena *arena, const char *vm_id,
                                    const char *snapshot, const char **xml)
{
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    if (!e)
        e = check_snapshot_name(arena, snapshot);
    if (!e)
        e = virt_snapshot_text(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), snapshot,
                               xml);
    return e;
}

/*
 * What a snapshot that was interrupted has left on the disk, of which libvirt knows nothing:
 * libvirt would add another of the same name. A QEMU that runs replaces it by itself.
 */
static struct error *snapshot_remains_remove(struct libvirt *libvirt, struct arena *arena,
                                             const char *vm_id, const char *snapshot)
{
    const char *path = libvirt_disk_path(libvirt, arena, vm_id);
    const char *const arguments[] = { "qemu-img",
                                      "snapshot",
                                      "-q",
                                      "-d",
                                      snapshot,
                                      "--image-opts",
                                      disk_image_options(arena, path),
                                      NULL };
    enum driver_power power = DRIVER_ABSENT;
    struct error *e =
        virt_domain_power(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), &power);

    while (!e && power == DRIVER_STOPPED && libvirt->profile != DRIVER_TEST) {
        struct disk_image image;

        e = disk_image_read(arena, path, snapshot, &image);
        if (e || !image.has_snapshot)
            break;
        e = command_run(arena, arguments);
    }
    return e;
}

struct error *libvirt_snapshot_create(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot, struct driver_snapshot *out)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *name = libvirt_domain_name(arena, vm_id);
    const char *xml, *created;
    struct disk_image image;
    struct error *e = snapshot_begin(libvirt, arena, vm_id, snapshot, &xml);

    if (e && e->kind == ERROR_NOT_FOUND) {
        e = snapshot_remains_remove(libvirt, arena, vm_id, snapshot);
        if (!e)
            e = virt_snapshot_create(libvirt->virt, arena, name,
                                     driver_xml_snapshot(arena, snapshot), false);
        if (!e)
            e = virt_snapshot_text(libvirt->virt, arena, name, snapshot, &xml);
    }
    if (e)
        return libvirt_needs_vm(e);
    created = xml_find(arena, xml, "/domainsnapshot/creationTime");
    *out = (struct driver_snapshot){
        .name = arena_copy(arena, snapshot),
        .created_at = created ? strtoll(created, NULL, 10) : 0,
        .has_memory = has_memory(arena, xml),
    };
    if (!disk_image_read(arena, libvirt_disk_path(libvirt, arena, vm_id), snapshot, &image))
        out->size_bytes = image.memory_bytes;
    return NULL;
}

/*
 * A snapshot with memory starts the guest with its stored definition. The size must stay, since it
 * is the size of the saved memory; the port must be the current one.
 */
static struct error *move_port(struct libvirt *libvirt, struct arena *arena, const char *name,
                               const char *xml, const char *wanted)
{
    int64_t then = driver_xml_forwarded_port(arena, xml);
    int64_t now = driver_xml_forwarded_port(arena, wanted);

    if (then == 0 || now == 0 || then == now)
        return NULL;
    xml = driver_xml_replace(arena, xml, driver_xml_forward(arena, then),
                             driver_xml_forward(arena, now));
    /* The guest in memory has the address of the former port: no internet until it starts anew. */
    xml = driver_xml_replace(arena, xml, driver_xml_relayed(arena, libvirt->net_dir, then),
                             driver_xml_relayed(arena, libvirt->net_dir, now));
    return virt_snapshot_create(libvirt->virt, arena, name, xml, true);
}

/* On a bridge the address follows from the port, and the guest in memory still uses the old one. */
static struct error *check_address(struct libvirt *libvirt, struct arena *arena, const char *xml,
                                   const char *wanted)
{
    const char *now = xml_find(arena, wanted, "/domain/devices/interface/mac/@address");
    const char *then =
        xml_find(arena, xml, "/domainsnapshot/domain/devices/interface/mac/@address");

    if (libvirt->profile != DRIVER_SYSTEM || !now || (then && strcmp(now, then) == 0))
        return NULL;
    return error_new(
        arena, ERROR_CONFLICT,
        "the VM had another network address when this snapshot was taken, and its memory "
        "cannot use the current one: create a new VM from the snapshot's disk instead");
}

/* For the next start: the current size and port, and no smaller disk. */
static struct error *keep_wanted(struct libvirt *libvirt, struct arena *arena, const char *vm_id,
                                 const char *wanted, int64_t bytes)
{
    const char *disk = libvirt_disk_name(arena, vm_id);
    enum driver_power power;
    int64_t bytes_now = 0;
    struct error *e = virt_domain_define(libvirt->virt, arena, wanted);

    if (!e)
        e = libvirt_power(&libvirt->base, arena, vm_id, &power);
    if (e || libvirt->profile == DRIVER_TEST)
        return e;
    if (power == DRIVER_RUNNING) {
        /* Statistics are optional: without them the restore is still complete. */
        (void)virt_domain_statistics(libvirt->virt, arena, libvirt_domain_name(arena, vm_id),
                                     DRIVER_XML_STATISTICS_S);
        return NULL;
    }
    e = virt_volume_capacity(libvirt->virt, arena, libvirt->pool, disk, &bytes_now);
    if (e || bytes_now >= bytes)
        return e;
    return virt_volume_resize(libvirt->virt, arena, libvirt->pool, disk, bytes);
}

/*
 * After a resize, restoring a snapshot with memory runs the guest with the snapshot's size until it
 * is stopped; it then starts with the current one. If killed midway, the definition may be the
 * snapshot's: libvirt_define corrects it before the next start.
 */
struct error *libvirt_snapshot_restore(struct driver *driver, struct arena *arena,
                                       const char *vm_id, const char *snapshot)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *name = libvirt_domain_name(arena, vm_id);
    const char *xml, *wanted;
    int64_t bytes = 0;
    struct error *e = snapshot_begin(libvirt, arena, vm_id, snapshot, &xml);

    if (!e)
        e = virt_domain_text(libvirt->virt, arena, name, true, &wanted);
    if (!e)
        e = libvirt_pool_ready(libvirt, arena);
    if (!e)
        e = virt_volume_capacity(libvirt->virt, arena, libvirt->pool,
                                 libvirt_disk_name(arena, vm_id), &bytes);
    if (!e && has_memory(arena, xml)) {
        /* This starts a guest, like libvirt_boot. */
        e = driver_firewall_check(libvirt, arena, libvirt->region.ssh_port_first);
        if (!e)
            e = check_address(libvirt, arena, xml, wanted);
        if (!e)
            e = move_port(libvirt, arena, name, xml, wanted);
    }
    if (!e)
        e = libvirt_start_error(arena, virt_snapshot_revert(libvirt->virt, arena, name, snapshot));
    if (!e && has_memory(arena, xml))
        libvirt_share_started(libvirt, arena, name);
    if (!e)
        e = keep_wanted(libvirt, arena, vm_id, wanted, bytes);
    return libvirt_needs_vm(e);
}

/*
 * Neither libvirt nor the disk has it any more; in qemu:///system the worker may not be able to
 * read that. What an interrupted snapshot has left can be removed from a stopped VM alone.
 */
static struct error *snapshot_expect_absent(struct libvirt *libvirt, struct arena *arena,
                                            const char *vm_id, const char *snapshot,
                                            const char **response)
{
    const char *path = libvirt_disk_path(libvirt, arena, vm_id);
    const char *xml;
    struct disk_image image;
    struct error *e =
        virt_snapshot_text(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), snapshot, &xml);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!e)
        return error_new(arena, ERROR_CONFLICT, "libvirt still has the snapshot");
    *response = e->text;
    if (libvirt->profile == DRIVER_TEST || access(path, R_OK) != 0)
        return NULL;
    e = disk_image_read(arena, path, snapshot, &image);
    if (!e && image.has_snapshot)
        e = error_new(arena, ERROR_CONFLICT,
                      "the disk still has the snapshot: stop the VM, then delete it again");
    return e;
}

struct error *libvirt_snapshot_delete(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot, const char **response)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *xml;
    struct error *e = snapshot_begin(libvirt, arena, vm_id, snapshot, &xml);

    if (!e)
        e = virt_snapshot_delete(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), snapshot,
                                 false);
    if (!e || e->kind == ERROR_NOT_FOUND)
        e = snapshot_remains_remove(libvirt, arena, vm_id, snapshot);
    return e && e->kind != ERROR_NOT_FOUND
               ? e
               : snapshot_expect_absent(libvirt, arena, vm_id, snapshot, response);
}
