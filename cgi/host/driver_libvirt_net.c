/*
 * Checks of the network of guests, and the addresses in it; see driver_libvirt_net.h. What root or
 * guest_net.sh sets up is in driver_libvirt_setup.c.
 */
#include "host/driver_libvirt_net.h"

#include "adapter/subprocess.h"
#include "adapter/xml.h"
#include "base/guest_address.h"
#include "host/driver_libvirt.h"
#include "host/driver_libvirt_xml.h"

#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_GROUPS = 256, LONGEST_INTERFACE = 15 };

struct driver_address driver_address(const struct driver_region *region, struct arena *arena,
                                     int64_t port)
{
    const unsigned char mac[] = GUEST_MAC_START, ip[] = GUEST_IP_START;
    unsigned int number = guest_number(region->ssh_port_first, port);

    return (struct driver_address){
        .mac = arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                            number >> 8, number & 0xff),
        .ip = arena_printf(arena, "%u.%u.%u.%u", ip[0], ip[1], number >> 8, number & 0xff),
    };
}

struct error *driver_group_find(struct arena *arena, int64_t *out)
{
    const struct group *group = getgrnam(DRIVER_XML_GROUP);
    const struct passwd *user = getpwuid(geteuid());
    gid_t groups[MAX_GROUPS];
    int count = getgroups(MAX_GROUPS, groups);
    bool is_member = group && (geteuid() == 0 || getegid() == group->gr_gid);

    for (int i = 0; group && i < count; i++)
        is_member |= groups[i] == group->gr_gid;
    *out = group ? (int64_t)group->gr_gid : -1;
    if (is_member)
        return NULL;
    return error_new(
        arena, ERROR_UPSTREAM,
        "disks cannot be made accessible to libvirt's guests: install libvirt-daemon-system, "
        "then usermod -aG " DRIVER_XML_GROUP " %s",
        user ? user->pw_name : "USER");
}

struct error *driver_bridge_check(struct arena *arena, const struct driver_region *region)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t length = region->bridge ? strlen(region->bridge) : 0;

    if (length > 0 && length <= LONGEST_INTERFACE && strspn(region->bridge, letters) == length &&
        region->bridge[0] >= 'a')
        return NULL;
    return error_new(
        arena, ERROR_UPSTREAM,
        "region %s needs a bridge, because %s is not a session: set bridge to a name for "
        "it in domicile.conf, like dom0 (a-z, 0-9, - and _, at most 15)",
        region->name, region->uri);
}

/* ---- checks ---- */

enum { NFT_TRIES = 10 };

/*
 * Is `element` in a set of the table? An element in braces, in nft's syntax. A change of any rule
 * meanwhile interrupts the look (EINTR of a netlink dump): that one is repeated.
 */
static struct error *nft_get_element(struct arena *arena, const char *list, const char *element)
{
    const char *const arguments[] = { "nft", "get",   "element", "inet", DRIVER_FIREWALL_TABLE,
                                      list,  element, NULL };
    struct error *e = command_run(arena, arguments);

    for (int i = 1; e && i < NFT_TRIES && strstr(e->text, "Interrupted system call"); i++)
        e = command_run(arena, arguments);
    if (e)
        e->text = arena_copy_bytes(arena, e->text, strcspn(e->text, "\n"));
    return e;
}

struct error *driver_firewall_check(const struct libvirt *libvirt, struct arena *arena,
                                    int64_t port)
{
    const struct driver_region *region = &libvirt->region;
    const char *hint = "";
    struct error *e;

    if (libvirt->profile != DRIVER_SYSTEM)
        return NULL;
    e = nft_get_element(arena, "bridges", arena_printf(arena, "{ \"%s\" }", region->bridge));
    if (!e)
        e = nft_get_element(arena, "guests", arena_printf(arena, "{ %lld }", (long long)port));
    if (!e)
        return NULL;
    if (strstr(e->text, "not permitted"))
        hint = "; to see it, the worker needs the capability CAP_NET_ADMIN";
    return error_new(arena, ERROR_CONFLICT,
                     "guests are not started while the firewall table inet " DRIVER_FIREWALL_TABLE
                     " cannot be seen with bridge %s and port %lld: load as root what "
                     "\"domicile-admin network %s --nft\" prints, with nft -f (%s%s)",
                     region->bridge, (long long)port, region->name, e->text, hint);
}

struct error *driver_address_is_reserved(struct libvirt *libvirt, struct arena *arena,
                                         const struct driver_address *address, bool *out)
{
    const char *xml = "";
    struct error *e = virt_network_text(libvirt->virt, arena, libvirt->region.bridge, &xml);

    *out = !e && xml_find(arena, xml,
                          arena_printf(arena, "/network/ip/dhcp/host[@mac = '%s']/@mac",
                                       address->mac)) != NULL;
    return e;
}

static struct error *network_missing(const struct libvirt *libvirt, struct arena *arena,
                                     const char *text)
{
    return error_new(arena, ERROR_CONFLICT,
                     "%s: define and start as root what \"domicile-admin network %s --libvirt\" "
                     "prints, with virsh net-define and net-start",
                     text, libvirt->region.name);
}

struct error *driver_address_reserve(struct libvirt *libvirt, struct arena *arena,
                                     const struct driver_address *address)
{
    bool is_kept;
    struct error *e = driver_address_is_reserved(libvirt, arena, address, &is_kept);

    if (e && e->kind == ERROR_NOT_FOUND)
        return network_missing(libvirt, arena, e->text);
    if (e || is_kept)
        return e;
    return virt_network_host(libvirt->virt, arena, libvirt->region.bridge,
                             driver_xml_host(arena, address->mac, address->ip), true);
}

/* ---- the namespace of a session's guests ---- */

/* The first line of what guest_net.sh has said; "": nothing. */
static const char *session_failure(const struct libvirt *libvirt, struct arena *arena)
{
    FILE *file = fopen(arena_printf(arena, "%s/why", libvirt->net_dir), "re");
    char line[256] = "";

    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return arena_copy(arena, line);
}

/* Does guest_relay carry frames? It holds the lock; looking takes no lock that it could miss. */
static bool session_is_up(const struct libvirt *libvirt, struct arena *arena)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int file = open(arena_printf(arena, "%s/lock", libvirt->net_dir), O_RDWR | O_CLOEXEC);
    bool is_up = file >= 0 && fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;

    if (file >= 0)
        close(file);
    return is_up;
}

/* Has the network been started, or tried to? */
static bool session_is_tried(const struct libvirt *libvirt, struct arena *arena)
{
    return session_is_up(libvirt, arena) || *session_failure(libvirt, arena);
}

struct error *libvirt_internet(struct driver *driver, struct arena *arena)
{
    const struct libvirt *libvirt = libvirt_of(driver);
    const char *why;

    if (libvirt->profile == DRIVER_SYSTEM)
        return driver_firewall_check(libvirt, arena, libvirt->region.ssh_port_first);
    if (libvirt->profile == DRIVER_SESSION && session_is_up(libvirt, arena))
        return NULL;
    why = libvirt->profile == DRIVER_SESSION ? session_failure(libvirt, arena) : "none run";
    return error_new(arena, ERROR_CONFLICT, "guests have no internet: %s",
                     *why ? why : "their network is not running; cgi/run.sh starts it");
}

/* ---- all checks, for the operator ---- */

static void find(struct driver_checks *out, const struct error *e, const char *text)
{
    out->row[out->count++] = (struct driver_check){ .is_ok = !e, .text = e ? e->text : text };
}

/* With our address, without dynamic leases, and without libvirt's rules. */
#define EXPECTED_NETWORK                                                                           \
    "/network[forward/@mode = 'open' and ip[@address = '" GUEST_HOST "' and @prefix = '16'] and "  \
    "not(ip/dhcp/range)]/name"

static struct error *check_network(struct libvirt *libvirt, struct arena *arena)
{
    const char *name = libvirt->region.bridge;
    const char *xml = "";
    struct error *e = virt_network_text(libvirt->virt, arena, name, &xml);

    if (e && e->kind == ERROR_NOT_FOUND)
        return network_missing(libvirt, arena, e->text);
    if (e)
        return e;
    if (!xml_find(arena, xml, EXPECTED_NETWORK))
        return network_missing(
            libvirt, arena, arena_printf(arena, "libvirt's network %s is a different one", name));
    if (if_nametoindex(name) == 0)
        return network_missing(libvirt, arena,
                               arena_printf(arena, "libvirt's network %s is not started", name));
    return NULL;
}

/*
 * Guests run as libvirt's user: every directory in `path` must be searchable by others. UPSTREAM
 * with what to do.
 */
static struct error *path_check(struct arena *arena, const char *path)
{
    struct stat status;

    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        const char *next = strchr(slash + 1, '/');
        const char *part =
            next ? arena_copy_bytes(arena, path, (size_t)(next - path)) : arena_copy(arena, path);

        if (stat(part, &status) < 0)
            return error_new(arena, ERROR_UPSTREAM, "%s: %m", part);
        if (!(status.st_mode & S_IXOTH))
            return error_new(arena, ERROR_UPSTREAM,
                             "%s is not searchable by libvirt's guests: chmod o+x %s", part, part);
    }
    return NULL;
}

void libvirt_preflight(struct driver *driver, struct arena *arena, struct driver_checks *out)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const struct driver_region *region = &libvirt->region;
    const char *found;
    struct error *e;

    out->count = 0;
    if (libvirt->profile != DRIVER_TEST) {
        e = libvirt_share_check(libvirt, arena, &found);
        find(out, e, found);
    }
    if (libvirt->profile == DRIVER_SESSION && session_is_tried(libvirt, arena))
        find(out, libvirt_internet(driver, arena), "guests reach the internet");
    if (libvirt->profile != DRIVER_SYSTEM)
        return;
    e = driver_firewall_check(libvirt, arena, region->ssh_port_first);
    if (!e)
        e = driver_firewall_check(libvirt, arena, region->ssh_port_last);
    find(out, e, "the firewall table inet " DRIVER_FIREWALL_TABLE " is loaded");
    find(out, check_network(libvirt, arena),
         arena_printf(arena, "libvirt's network %s is started", region->bridge));
    e = path_check(arena, libvirt->disk_dir);
    if (!e)
        e = path_check(arena, libvirt->seed_dir);
    find(out, e, arena_printf(arena, "guests reach their disks in %s", libvirt->disk_dir));
}

/* ---- isolation ---- */

/* QEMU's user-mode network stands for the host's loopback by its gateway. */
#define USER_GATEWAY "10.0.2.2"

struct driver_endpoint libvirt_seen_by_guests(const struct driver *driver, struct arena *arena,
                                              const struct driver_vm *vm, size_t network)
{
    const struct libvirt *libvirt = libvirt_of(driver);
    size_t user_networks = libvirt->profile != DRIVER_SYSTEM;
    bool has_bridge = libvirt->profile != DRIVER_TEST;

    if (network >= user_networks + has_bridge)
        return (struct driver_endpoint){ NULL, 0 };
    if (network < user_networks)
        return (struct driver_endpoint){ USER_GATEWAY, vm ? vm->ssh.port : 0 };
    if (!vm)
        return (struct driver_endpoint){ GUEST_HOST, 0 };
    return (struct driver_endpoint){ driver_address(&libvirt->region, arena, vm->ssh.port).ip, 22 };
}

/*
 * In the session profile a guest has the two networks of driver_xml_domain() and nothing else: QEMU
 * itself shuts it in (`restrict=on`), and its frames go to guest_relay alone.
 */
static bool session_is_shut_in(const struct libvirt *libvirt, struct arena *arena, const char *xml,
                               int64_t port)
{
    const char *interface = xml_find(arena, xml, "string(//devices/interface/@type)");
    const char *user = xml_find(arena, xml,
                                "string(//*[local-name() = 'arg']/@value[starts-with(., "
                                "'user,')])");
    const char *relayed = xml_find(arena, xml,
                                   "string(//*[local-name() = 'arg']/@value[starts-with(., "
                                   "'dgram,')])");
    const char *netdevs = xml_find(arena, xml,
                                   "string(count(//*[local-name() = 'arg'][@value = '-netdev' or "
                                   "@value = '-nic' or @value = '-net']))");
    /* A guest that was started by an earlier version has the first alone. */
    const char *expected = relayed && *relayed ? "2" : "1";

    return (!interface || !*interface) && user && strstr(user, "restrict=on") && netdevs &&
           strcmp(netdevs, expected) == 0 &&
           (!relayed || !*relayed ||
            strcmp(relayed, driver_xml_relayed(arena, libvirt->net_dir, port)) == 0);
}

/* On the bridge its port is isolated and its addresses are filtered. */
static bool bridge_is_shut_in(struct arena *arena, const char *xml)
{
    return xml_find(arena, xml,
                    "//devices/interface[port/@isolated = 'yes']"
                    "/filterref[@filter = 'clean-traffic']/@filter") != NULL &&
           xml_find(arena, xml, "//devices/interface[not(port/@isolated = 'yes')]/@type") == NULL;
}

struct error *libvirt_isolation(struct driver *driver, struct arena *arena,
                                const struct driver_vm *vm, bool *is_isolated)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *xml;
    struct error *e = libvirt_begin(libvirt, arena, vm->id);

    *is_isolated = true;
    if (e || libvirt->profile == DRIVER_TEST)
        return e;
    e = virt_domain_text(libvirt->virt, arena, libvirt_domain_name(arena, vm->id), false, &xml);
    if (e)
        return libvirt_needs_vm(e);
    *is_isolated = libvirt->profile == DRIVER_SYSTEM
                       ? bridge_is_shut_in(arena, xml)
                       : session_is_shut_in(libvirt, arena, xml, vm->ssh.port);
    if (*is_isolated && driver_firewall_check(libvirt, arena, vm->ssh.port))
        *is_isolated = false;
    return NULL;
}
