/*
 * The libvirt driver (see driver.h): removal with the host's confirmation, and the inventory. The
 * host is always queried after the removal; its success alone is not taken as confirmation.
 */
#include "host/driver_libvirt.h"

#include "adapter/crypto.h"
#include "host/driver_libvirt_net.h"
#include "host/driver_libvirt_xml.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOG_BACKUPS = 3 };

/* `e` is the result of looking up a resource; NOT_FOUND is the expected outcome. */
static struct error *expect_absent(struct arena *arena, struct error *e, const char *what,
                                   const char **response)
{
    if (!e)
        return error_new(arena, ERROR_CONFLICT, "the host still has %s", what);
    if (e->kind != ERROR_NOT_FOUND)
        return e;
    *response = e->text;
    return NULL;
}

/*
 * In a session, QEMU's log is in our cache directory. It contains only the VM's id, but is deleted
 * with the VM. The system's logs belong to root, and nothing deletes them: worker/promise_logs.c.
 */
static void remove_log(const struct libvirt *libvirt, struct arena *arena, const char *vm_id)
{
    const char *cache = getenv("XDG_CACHE_HOME");

    const char *path;

    if (libvirt->profile != DRIVER_SESSION || !cache)
        return;
    path =
        arena_printf(arena, "%s/libvirt/qemu/log/%s.log", cache, libvirt_domain_name(arena, vm_id));
    unlink(path);
    /* Long ones have been continued in others (virtlogd.conf, max_backups = 3). */
    for (int i = 0; i < LOG_BACKUPS; i++)
        unlink(arena_printf(arena, "%s.%d", path, i));
}

struct error *libvirt_domain_remove(struct driver *driver, struct arena *arena,
                                    const struct driver_vm *vm, const char **response)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *name = libvirt_domain_name(arena, vm->id);
    const char *agent = libvirt_agent_path(libvirt, arena, vm->id);
    enum driver_power power;
    struct error *e = libvirt_begin(libvirt, arena, vm->id);

    if (!e)
        e = libvirt_off(libvirt, arena, vm->id);
    if (!e)
        e = virt_domain_act(libvirt->virt, arena, name, VIRT_UNDEFINE);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    remove_log(libvirt, arena, vm->id);
    if (agent)
        unlink(agent); /* as a QEMU that was killed leaves it */
    e = virt_domain_power(libvirt->virt, arena, name, &power);
    return expect_absent(arena, e, name, response);
}

/* Without its disk, a snapshot is only metadata. */
static struct error *remove_snapshot(struct libvirt *libvirt, struct arena *arena,
                                     const char *vm_id, const char *snapshot)
{
    const char *name = libvirt_domain_name(arena, vm_id);
    struct error *e = virt_snapshot_delete(libvirt->virt, arena, name, snapshot, false);

    if (e && e->kind == ERROR_UPSTREAM && libvirt->profile != DRIVER_TEST &&
        access(libvirt_disk_path(libvirt, arena, vm_id), F_OK) != 0)
        e = virt_snapshot_delete(libvirt->virt, arena, name, snapshot, true);
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

struct error *libvirt_snapshots_remove(struct driver *driver, struct arena *arena,
                                       const struct driver_vm *vm, const char **response)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *name = libvirt_domain_name(arena, vm->id);
    struct virt_names snapshots = { 0 };
    struct error *e = libvirt_begin(libvirt, arena, vm->id);

    if (!e)
        e = libvirt_off(libvirt, arena, vm->id);
    if (!e)
        e = virt_snapshot_list(libvirt->virt, arena, name, &snapshots);
    for (size_t i = 0; !e && i < snapshots.count; i++)
        e = remove_snapshot(libvirt, arena, vm->id, snapshots.name[i]);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    snapshots = (struct virt_names){ 0 };
    e = virt_snapshot_list(libvirt->virt, arena, name, &snapshots);
    if (e || snapshots.count > 0)
        return expect_absent(arena, e, "snapshots", response);
    *response = arena_printf(arena, "%s has 0 snapshots", name);
    return NULL;
}

struct error *libvirt_disk_remove(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, const char **response)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *name = libvirt_disk_name(arena, vm->id);
    const char *path = libvirt_disk_path(libvirt, arena, vm->id);
    int64_t bytes;
    struct error *e = libvirt_begin(libvirt, arena, vm->id);

    if (!e)
        e = libvirt_off(libvirt, arena, vm->id);
    if (!e)
        e = libvirt_pool_ready(libvirt, arena);
    if (e)
        return e;
    unlink(arena_printf(arena, "%s.part", path));
    if (access(path, F_OK) == 0) {
        e = virt_pool_refresh(libvirt->virt, arena, libvirt->pool);
        if (e)
            return e;
    }
    e = virt_volume_delete(libvirt->virt, arena, libvirt->pool, name);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (access(path, F_OK) == 0)
        return error_new(arena, ERROR_CONFLICT, "%s still exists", path);
    e = virt_volume_capacity(libvirt->virt, arena, libvirt->pool, name, &bytes);
    return expect_absent(arena, e, name, response);
}

struct error *libvirt_seed_delete(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, const char **response)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *path = libvirt_seed_path(libvirt, arena, vm->id);
    struct error *e = libvirt_begin(libvirt, arena, vm->id);

    if (!e)
        e = libvirt_off(libvirt, arena, vm->id);
    if (e)
        return e;
    unlink(arena_printf(arena, "%s.part", path));
    if (unlink(path) < 0 && errno != ENOENT)
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
    if (access(path, F_OK) == 0)
        return error_new(arena, ERROR_CONFLICT, "%s still exists", path);
    *response = arena_printf(arena, "seeds/%s.iso: %m", vm->id);
    return NULL;
}

/* Verify that nothing accepts connections on the port. */
static struct error *check_port(struct arena *arena, int64_t port, const char **response)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result;

    if (file < 0)
        return error_new(arena, ERROR_INTERNAL, "port %lld: %m", (long long)port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    result = connect(file, (const struct sockaddr *)&to, sizeof to);
    *response = arena_printf(arena, "127.0.0.1:%lld: %m", (long long)port);
    close(file);
    if (result == 0)
        return error_new(arena, ERROR_CONFLICT, "port %lld still accepts connections",
                         (long long)port);
    return NULL;
}

static struct error *address_release(struct libvirt *libvirt, struct arena *arena, int64_t port,
                                     const char **response)
{
    struct driver_address address = driver_address(&libvirt->region, arena, port);
    bool is_kept;
    struct error *e = driver_address_is_reserved(libvirt, arena, &address, &is_kept);

    if (!e && is_kept)
        e = virt_network_host(libvirt->virt, arena, libvirt->region.bridge,
                              driver_xml_host(arena, address.mac, address.ip), false);
    if (!e)
        e = driver_address_is_reserved(libvirt, arena, &address, &is_kept);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? expect_absent(arena, e, "the network", response) : e;
    if (is_kept)
        return error_new(arena, ERROR_CONFLICT, "%s is still assigned to a VM", address.ip);
    *response =
        arena_printf(arena, "network %s has no host %s", libvirt->region.bridge, address.ip);
    return NULL;
}

struct error *libvirt_port_release(struct driver *driver, struct arena *arena,
                                   const struct driver_vm *vm, const char **response)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct error *e;

    if (!vm->ssh.port) {
        *response = "never given to it";
        return NULL;
    }
    e = virt_ready(libvirt->virt, arena);
    if (e)
        return e;
    libvirt_internet_remove(libvirt, arena, vm->ssh.port);
    if (libvirt->profile == DRIVER_SYSTEM)
        return address_release(libvirt, arena, vm->ssh.port, response);
    /* QEMU's end of the network, which it leaves behind. */
    if (libvirt->profile == DRIVER_SESSION)
        unlink(arena_printf(arena, "%s/%lld", libvirt->net_dir, (long long)vm->ssh.port));
    return check_port(arena, vm->ssh.port, response);
}

/* ---- inventory ---- */

/* The id in PREFIX ID SUFFIX, or "". */
static const char *id_in(struct arena *arena, const char *name, const char *prefix,
                         const char *suffix)
{
    size_t before = strlen(prefix), length = strlen(name);

    if (length != before + 16 + strlen(suffix) || strncmp(name, prefix, before) != 0 ||
        strcmp(name + before + 16, suffix) != 0 || strspn(name + before, CRYPTO_ID_LETTERS) < 16)
        return "";
    return arena_copy_bytes(arena, name + before, 16);
}

static void add(struct arena *arena, struct driver_inventory *things,
                const struct driver_item *thing)
{
    /* Full at a power of two: double the array. */
    if ((things->count & (things->count - 1)) == 0) {
        struct driver_item *more =
            arena_array(arena, things->count ? 2 * things->count : 1, sizeof *more);

        if (things->count)
            memcpy(more, things->row, things->count * sizeof *more);
        things->row = more;
    }
    things->row[things->count++] = *thing;
}

static struct error *add_domains(struct libvirt *libvirt, struct arena *arena,
                                 struct driver_inventory *out)
{
    const char *prefix = libvirt_domain_name(arena, "");
    struct virt_names domains = { 0 };
    struct error *e = virt_domain_list(libvirt->virt, arena, &domains);

    for (size_t i = 0; !e && i < domains.count; i++) {
        struct driver_item thing = { .kind = "domain", .name = domains.name[i] };

        if (strncmp(thing.name, prefix, strlen(prefix)) != 0)
            continue;
        thing.vm_id = id_in(arena, thing.name, prefix, "");
        e = virt_domain_state(libvirt->virt, arena, thing.name, &thing.power, &thing.cause);
        if (!e)
            add(arena, out, &thing);
        else if (e->kind == ERROR_NOT_FOUND) /* removed meanwhile */
            e = NULL;
    }
    return e;
}

static struct error *add_files(struct arena *arena, const char *path, const char *kind,
                               const char *suffix, struct driver_inventory *out)
{
    DIR *folder = opendir(path);

    if (!folder)
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        struct driver_item thing = { .kind = kind };

        if (entry->d_name[0] == '.')
            continue;
        thing.name = arena_copy(arena, entry->d_name);
        thing.vm_id = id_in(arena, thing.name, "", suffix);
        add(arena, out, &thing);
    }
    closedir(folder);
    return NULL;
}

/* The test driver's volumes have no directory. */
static struct error *add_volumes(struct libvirt *libvirt, struct arena *arena,
                                 struct driver_inventory *out)
{
    struct virt_names volumes = { 0 };
    struct error *e = libvirt_pool_ready(libvirt, arena);

    if (!e)
        e = virt_pool_list(libvirt->virt, arena, libvirt->pool, &volumes);
    for (size_t i = 0; !e && i < volumes.count; i++)
        add(arena, out,
            &(struct driver_item){
                .kind = "disk",
                .name = volumes.name[i],
                .vm_id = id_in(arena, volumes.name[i], "", ".qcow2"),
            });
    return e;
}

struct error *libvirt_inventory(struct driver *driver, struct arena *arena,
                                struct driver_inventory *out)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct error *e = virt_ready(libvirt->virt, arena);

    *out = (struct driver_inventory){ 0 };
    if (!e)
        e = add_domains(libvirt, arena, out);
    if (!e && libvirt->profile == DRIVER_TEST)
        e = add_volumes(libvirt, arena, out);
    else if (!e)
        e = add_files(arena, libvirt->disk_dir, "disk", ".qcow2", out);
    if (!e)
        e = add_files(arena, libvirt->seed_dir, "seed", ".iso", out);
    return e;
}
