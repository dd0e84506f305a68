/*
 * The libvirt driver (see driver.h): opening, seeds, definitions. Starting, stopping and queries
 * are in driver_libvirt_power.c, disks and snapshots in driver_libvirt_disk.c, removal and listing
 * in driver_libvirt_remove.c; libvirt itself is accessed through virt.h.
 *
 * The URI selects the profile. In a session, each guest has its own user-mode network, reachable
 * only through one port of 127.0.0.1, and a network to the internet, if guest_net.sh can make it.
 * In the system profile, guests are isolated on a bridge with the operator's firewall table
 * (driver_libvirt_net.c); the worker then belongs to the group libvirt-qemu, which QEMU runs as,
 * and makes disks and seeds accessible to it.
 */
#include "host/driver_libvirt.h"

#include "adapter/crypto.h"
#include "adapter/xml.h"
#include "host/accelerator.h"
#include "host/driver_libvirt_net.h"
#include "host/driver_libvirt_xml.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_LENGTH 16
enum { SOCKET_PATH_BYTES = 108 }; /* unix(7) */

/* ---- names ---- */

const char *libvirt_domain_name(struct arena *arena, const char *vm_id)
{
    return arena_printf(arena, LIBVIRT_NAME_PREFIX "%s", vm_id);
}

const char *libvirt_disk_name(struct arena *arena, const char *vm_id)
{
    return arena_printf(arena, "%s.qcow2", vm_id);
}

const char *libvirt_disk_path(const struct libvirt *libvirt, struct arena *arena, const char *vm_id)
{
    return arena_printf(arena, "%s/%s.qcow2", libvirt->disk_dir, vm_id);
}

const char *libvirt_seed_path(const struct libvirt *libvirt, struct arena *arena, const char *vm_id)
{
    return arena_printf(arena, "%s/%s.iso", libvirt->seed_dir, vm_id);
}

/* "domici" and the id's 80 bits: the same VM always has the same UUID. */
static const char *uuid_of(struct arena *arena, const char *vm_id)
{
    unsigned char bytes[16] = { 'd', 'o', 'm', 'i', 'c', 'i' };
    unsigned int bits = 0, waiting = 0;
    size_t next = 6;

    for (const char *c = vm_id; *c; c++) {
        bits =
            (bits << 5 | (unsigned int)(strchr(CRYPTO_ID_LETTERS, *c) - CRYPTO_ID_LETTERS)) & 0xfff;
        waiting += 5;
        if (waiting >= 8) {
            waiting -= 8;
            bytes[next++] = (unsigned char)(bits >> waiting);
        }
    }
    return arena_printf(
        arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", bytes[0],
        bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
        bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]);
}

/* ---- opening ---- */

static enum driver_profile profile_of(const char *uri)
{
    if (strncmp(uri, "test", 4) == 0)
        return DRIVER_TEST;
    return strstr(uri, "/session") ? DRIVER_SESSION : DRIVER_SYSTEM;
}

/*
 * Closed to others; in the system profile, QEMU runs as another user and needs search permission.
 */
static struct error *make_folder(const struct libvirt *libvirt, struct arena *arena,
                                 const char *path, bool is_ours)
{
    bool is_new = mkdir(path, 0700) == 0;
    struct stat status;

    if (!is_new && errno != EEXIST)
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
    if (libvirt->profile != DRIVER_SYSTEM || !(is_new || is_ours))
        return NULL;
    if (stat(path, &status) < 0 ||
        (!(status.st_mode & S_IXOTH) && chmod(path, (status.st_mode & 07777) | 0011) < 0))
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
    return NULL;
}

static struct error *make_net_folder(const struct libvirt *libvirt, struct arena *arena)
{
    const char *above = arena_printf(arena, "%s/libvirt", libvirt->region.state_dir);
    struct error *e = make_folder(libvirt, arena, above, false);

    if (!e)
        e = make_folder(libvirt, arena, arena_printf(arena, "%s/net", above), false);
    if (!e)
        e = make_folder(libvirt, arena, libvirt->net_dir, false);
    if (!e && strlen(libvirt->net_dir) + strlen("/12345") >= SOCKET_PATH_BYTES)
        e = error_new(arena, ERROR_UPSTREAM, "%s is too long for unix sockets", libvirt->net_dir);
    return e;
}

struct error *libvirt_pool_ready(struct libvirt *libvirt, struct arena *arena)
{
    const char *xml = driver_xml_pool(arena, libvirt->pool, libvirt->disk_dir);
    const char *found = NULL;
    struct error *e = virt_pool_text(libvirt->virt, arena, libvirt->pool, &found);

    if (e && e->kind == ERROR_NOT_FOUND) {
        /* It may be created concurrently; it only has to exist. */
        e = virt_pool_create(libvirt->virt, arena, xml);
        if (!e || virt_pool_text(libvirt->virt, arena, libvirt->pool, &found) == NULL)
            e = NULL;
    }
    if (e || !found)
        return e;
    found = xml_find(arena, found, "/pool/target/path");
    if (found && strcmp(found, libvirt->disk_dir) == 0)
        return NULL;
    return error_new(arena, ERROR_CONFLICT,
                     "libvirt's storage pool %s uses another directory (%s): rename the region, "
                     "or remove the pool with virsh pool-destroy",
                     libvirt->pool, found ? found : "?");
}

static struct error *open_profile(struct libvirt *libvirt, struct arena *arena)
{
    struct error *e = NULL;

    if (libvirt->profile == DRIVER_SESSION && geteuid() == 0)
        return error_new(
            arena, ERROR_UPSTREAM,
            "root has no libvirt session (%s would be the system's): run the worker as "
            "an ordinary user",
            libvirt->region.uri);
    if (libvirt->profile == DRIVER_SYSTEM)
        e = driver_bridge_check(arena, &libvirt->region);
    if (!e && libvirt->profile == DRIVER_SYSTEM)
        e = driver_group_find(arena, &libvirt->qemu_group);
    if (!e)
        e = make_folder(libvirt, arena, libvirt->region.state_dir, false);
    if (!e)
        e = make_folder(libvirt, arena, libvirt->disk_dir, true);
    if (!e)
        e = make_folder(libvirt, arena, libvirt->seed_dir, true);
    if (!e)
        e = make_net_folder(libvirt, arena);
    if (!e)
        e = virt_open(arena, libvirt->region.uri, &libvirt->virt);
    return e ? e : libvirt_pool_ready(libvirt, arena);
}

struct error *libvirt_open(struct arena *arena, const struct driver_region *region,
                           struct driver **out)
{
    struct libvirt *libvirt = arena_alloc(arena, sizeof *libvirt);
    size_t length = strlen(region->state_dir);
    char *state_dir = arena_copy(arena, region->state_dir);
    struct error *e;

    while (length > 1 && state_dir[length - 1] == '/')
        state_dir[--length] = '\0';
    *libvirt = (struct libvirt){
        .base = { &LIBVIRT_OPS },
        .profile = profile_of(region->uri),
        .region = {
            .name = arena_copy(arena, region->name),
            .uri = arena_copy(arena, region->uri),
            .bridge = arena_copy(arena, region->bridge),
            .ssh_port_first = region->ssh_port_first,
            .ssh_port_last = region->ssh_port_last,
            .disk_iops = region->disk_iops,
            .disk_mb_s = region->disk_mb_s,
            .state_dir = state_dir,
        },
        .accelerator = accelerator_choose(region->accelerator),
        .pool = arena_printf(arena, LIBVIRT_NAME_PREFIX "%s", region->name),
        .disk_dir = arena_printf(arena, "%s/disks", state_dir),
        .seed_dir = arena_printf(arena, "%s/seeds", state_dir),
        .net_dir = arena_printf(arena, "%s/libvirt/net/%s", state_dir, region->name),
    };
    e = open_profile(libvirt, arena);
    if (!e)
        *out = &libvirt->base;
    else if (libvirt->virt)
        virt_close(libvirt->virt);
    return e;
}

void libvirt_close(struct driver *driver)
{
    struct libvirt *libvirt = libvirt_of(driver);

    virt_close(libvirt->virt);
}

const char *libvirt_accelerator(const struct driver *driver)
{
    const struct libvirt *libvirt = libvirt_of(driver);
    return libvirt->accelerator;
}

bool libvirt_has_guests(const struct driver *driver)
{
    const struct libvirt *libvirt = libvirt_of(driver);
    return libvirt->profile != DRIVER_TEST;
}

/* As QEMU listens: ended connections of an earlier guest are no obstacle. */
static bool can_listen(const struct sockaddr *at, socklen_t length)
{
    const int on = 1;
    int file = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* Without IPv6 nobody else listens there either. */
    bool is_free = file < 0 && errno == EAFNOSUPPORT;

    if (file < 0)
        return is_free;
    is_free = setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
              bind(file, at, length) == 0 && listen(file, 1) == 0;
    is_free = is_free || errno == EADDRNOTAVAIL;
    close(file);
    return is_free;
}

/* "localhost" is two addresses: a stranger on the other one would get the SSH clients. */
bool libvirt_port_is_free(const struct driver *driver, int64_t port)
{
    const struct libvirt *libvirt = libvirt_of(driver);
    bool is_system = libvirt->profile == DRIVER_SYSTEM;
    /* On a bridge, the firewall redirects the port away from anything listening on the host. */
    const struct sockaddr_in ipv4 = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(is_system ? INADDR_ANY : INADDR_LOOPBACK),
    };
    const struct sockaddr_in6 ipv6 = {
        .sin6_family = AF_INET6,
        .sin6_port = htons((uint16_t)port),
        .sin6_addr = IN6ADDR_LOOPBACK_INIT,
    };

    return port >= libvirt->region.ssh_port_first && port <= libvirt->region.ssh_port_last &&
           can_listen((const struct sockaddr *)&ipv4, sizeof ipv4) &&
           can_listen((const struct sockaddr *)&ipv6, sizeof ipv6);
}

struct error *libvirt_begin(struct libvirt *libvirt, struct arena *arena, const char *vm_id)
{
    if (strlen(vm_id) != ID_LENGTH || strspn(vm_id, CRYPTO_ID_LETTERS) != ID_LENGTH)
        return error_new(arena, ERROR_INTERNAL, "a VM's id is [a-z2-7]{16}");
    return virt_ready(libvirt->virt, arena);
}

struct error *libvirt_needs_vm(struct error *e)
{
    if (e && e->kind == ERROR_NOT_FOUND)
        e->kind = ERROR_CONFLICT;
    return e;
}

struct error *libvirt_open_to_qemu(const struct libvirt *libvirt, struct arena *arena,
                                   const char *path, unsigned int mode)
{
    if (libvirt->profile != DRIVER_SYSTEM)
        return NULL;
    if (chown(path, (uid_t)-1, (gid_t)libvirt->qemu_group) < 0 || chmod(path, mode) < 0)
        return error_new(arena, ERROR_UPSTREAM,
                         "%s cannot be made accessible to libvirt's guests: %m", path);
    return NULL;
}

/* ---- defining ---- */

/* Read the first line of a file of the image. */
static struct error *read_line(struct arena *arena, const char *path, const char **out)
{
    char line[2048] = "";
    FILE *file = fopen(path, "re");

    if (!file)
        return error_new(arena, ERROR_UPSTREAM, "the image is not complete: %s: %m", path);
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    *out = arena_copy(arena, line);
    return NULL;
}

static struct error *describe(struct libvirt *libvirt, struct arena *arena,
                              const struct driver_vm *vm, struct driver_xml_domain *out)
{
    struct driver_address address = driver_address(&libvirt->region, arena, vm->ssh.port);
    const char *seed = libvirt_seed_path(libvirt, arena, vm->id);
    const char *kernel = arena_printf(arena, "%s/kernel", vm->image_dir);

    *out = (struct driver_xml_domain){
        .type = "test",
        .name = libvirt_domain_name(arena, vm->id),
        .uuid = uuid_of(arena, vm->id),
        .vcpus = vm->vcpus,
        .memory_mb = vm->memory_mb,
        .disk = libvirt_disk_path(libvirt, arena, vm->id),
        .disk_iops = libvirt->region.disk_iops,
        .disk_mb_s = libvirt->region.disk_mb_s,
        .seed = access(seed, F_OK) == 0 ? seed : NULL,
        .ssh_port = vm->ssh.port,
        .net_dir = libvirt->net_dir,
        .has_agent = vm->has_agent,
        .agent = libvirt_agent_path(libvirt, arena, vm->id),
        .mac = address.mac,
    };
    if (libvirt->profile == DRIVER_TEST)
        return NULL;
    out->type = strcmp(libvirt->accelerator, "kvm") == 0 ? "kvm" : "qemu";
    if (libvirt->profile == DRIVER_SYSTEM) {
        out->network = libvirt->region.bridge;
        out->address = address.ip;
    }
    /* Without a kernel, the firmware boots the disk. */
    if (access(kernel, F_OK) != 0)
        return NULL;
    out->kernel = kernel;
    out->initrd = arena_printf(arena, "%s/initrd", vm->image_dir);
    return read_line(arena, arena_printf(arena, "%s/cmdline", vm->image_dir),
                     &out->kernel_arguments);
}

struct error *libvirt_define(struct driver *driver, struct arena *arena, const struct driver_vm *vm)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct driver_xml_domain domain;
    enum driver_power power = DRIVER_ABSENT;
    struct error *e = libvirt_begin(libvirt, arena, vm->id);

    if (!e)
        e = describe(libvirt, arena, vm, &domain);
    if (e)
        return e;
    e = virt_domain_power(libvirt->virt, arena, domain.name, &power);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (power == DRIVER_RUNNING || power == DRIVER_PAUSED)
        return NULL;
    e = NULL;
    if (libvirt->profile == DRIVER_SYSTEM)
        e = driver_address_reserve(libvirt, arena,
                                   &(struct driver_address){ domain.mac, domain.address });
    if (!e)
        e = virt_domain_define(libvirt->virt, arena, driver_xml_domain(arena, &domain));
    /* A restored snapshot may have brought back a smaller disk. */
    return e ? e : libvirt_disk_grow(driver, arena, vm);
}
