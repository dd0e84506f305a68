/*
 * The network of the system profile; see driver_libvirt_net.h. libvirt manages the bridge, the
 * static leases and the filter of each guest's interface; traffic between guests, host and internet
 * is governed by one nftables table generated here. The network is "open", i.e. without libvirt's
 * own rules, which would reject the connections that our table forwards to guests.
 */
#include "host/driver_libvirt_net.h"

#include "adapter/subprocess.h"
#include "adapter/xml.h"
#include "base/buf.h"
#include "host/driver_libvirt.h"
#include "host/driver_libvirt_xml.h"

#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NETWORK "10.77.0.0/16"
#define HOST    "10.77.0.1"
/* The rules are stored here for the next boot. */
#define RULES_FILE   "/etc/domicile-guard.nft"
#define NETWORK_FILE "/etc/domicile-network.xml"
enum { MAX_GROUPS = 256, LONGEST_INTERFACE = 15 };

struct driver_address driver_address(const struct driver_region *region, struct arena *arena,
                                     int64_t port)
{
    /* .0 is the network, .1 the host. */
    unsigned int host = (unsigned int)(port - region->ssh_port_first + 2) & 0xffff;

    return (struct driver_address){
        .mac = arena_printf(arena, "52:54:00:4d:%02x:%02x", host >> 8, host & 0xff),
        .ip = arena_printf(arena, "10.77.%u.%u", host >> 8, host & 0xff),
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

/* ---- the setup by root ---- */

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

/* For "virsh net-define". */
static const char *network_xml(struct arena *arena, const struct driver_region *region)
{
    struct buf buf = buf_new(arena, 512);

    buf_literal(&buf, "<network>\n  <name>");
    driver_xml_text(&buf, region->bridge);
    buf_literal(&buf, "</name>\n  <forward mode='open'/>\n  <bridge name='");
    driver_xml_text(&buf, region->bridge);
    buf_literal(&buf, "' stp='off' delay='0'/>\n  <port isolated='yes'/>\n"
                      "  <ip address='" HOST "' prefix='16'/>\n</network>\n");
    return buf.bytes;
}

/* The port map of guests, and the bridges that the rules apply to. */
static void put_lists(struct buf *buf, const struct driver_region *region)
{
    buf_printf(buf,
               "\tset bridges {\n\t\ttype ifname\n\t\telements = { \"%s\" }\n\t}\n"
               "\tmap guests {\n\t\ttype inet_service : ipv4_addr\n\t\telements = {",
               region->bridge);
    for (int64_t port = region->ssh_port_first; port <= region->ssh_port_last; port++) {
        buf_printf(buf, "%s%s%lld : %s", port > region->ssh_port_first ? "," : "",
                   (port - region->ssh_port_first) % 4 ? " " : "\n\t\t\t", (long long)port,
                   driver_address(region, buf->arena, port).ip);
    }
    buf_literal(buf, "\n\t\t}\n\t}\n");
}

static const char RULES[] =
    "\t# Guests reach only DHCP (67) and DNS (53) on the host.\n"
    "\tchain input {\n"
    "\t\ttype filter hook input priority -10; policy accept;\n"
    "\t\tiifname != @bridges accept\n"
    "\t\tct state established,related accept\n"
    "\t\tip daddr " HOST " meta l4proto { tcp, udp } th dport 53 accept\n"
    "\t\tmeta nfproto ipv4 udp dport 67 accept\n"
    "\t\tdrop\n"
    "\t}\n"
    "\t# They reach the internet, but no private networks and not each other; inbound only\n"
    "\t# what \"prerouting\" forwards to them.\n"
    "\tchain forward {\n"
    "\t\ttype filter hook forward priority -10; policy accept;\n"
    "\t\tiifname @bridges ct state established,related accept\n"
    "\t\tiifname @bridges ip saddr != " NETWORK " drop\n"
    "\t\tiifname @bridges ip daddr { 0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8,\n"
    "\t\t\t169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, 224.0.0.0/3 } drop\n"
    "\t\tiifname @bridges meta nfproto ipv6 drop\n"
    "\t\toifname @bridges ct state established,related accept\n"
    "\t\toifname @bridges ct status dnat accept\n"
    "\t\toifname @bridges drop\n"
    "\t}\n"
    "\tchain prerouting {\n"
    "\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
    "\t\tiifname != @bridges fib daddr type local dnat ip to tcp dport map @guests : 22\n"
    "\t}\n"
    "\t# The same for the host itself, by its external address.\n"
    "\tchain output {\n"
    "\t\ttype nat hook output priority -100; policy accept;\n"
    "\t\tip daddr != 127.0.0.0/8 fib daddr type local dnat ip to tcp dport map @guests : 22\n"
    "\t}\n"
    "\tchain postrouting {\n"
    "\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
    "\t\tip saddr " NETWORK " oifname != @bridges masquerade\n"
    "\t}\n";

/* For "nft -f". */
static const char *firewall_rules(struct arena *arena, const struct driver_region *region)
{
    size_t ports = (size_t)(region->ssh_port_last - region->ssh_port_first + 1);
    struct buf buf = buf_new(arena, 4096 + 32 * ports);

    /* Declared first, so that it can be deleted: loading it again replaces it atomically. */
    buf_printf(&buf,
               "# Firewall of region %s, generated by \"domicile-admin network\": load it with "
               "nft -f.\n"
               "table inet " DRIVER_FIREWALL_TABLE "\n"
               "delete table inet " DRIVER_FIREWALL_TABLE "\n"
               "table inet " DRIVER_FIREWALL_TABLE " {\n",
               region->name);
    put_lists(&buf, region);
    buf_text(&buf, RULES);
    buf_literal(&buf, "}\n");
    return buf.bytes;
}

static const char *setup_commands(struct arena *arena, const struct driver_region *region,
                                  const char *print)
{
    struct buf buf = buf_new(arena, 1024);
    const char *bridge = region->bridge;

    buf_printf(
        &buf,
        "# Region %s, as root. First the firewall, now and at each start of the server. When "
        "ssh_ports\n"
        "# has changed, the first two lines again. Load it so and do not reload nftables "
        "while guests\n"
        "# run: that would flush libvirt's own filters, too.\n"
        "%s --nft >" RULES_FILE "\n"
        "nft -f " RULES_FILE "\n"
        "echo 'include \"" RULES_FILE "\"' >>/etc/nftables.conf\n"
        "systemctl enable nftables\n\n",
        region->name, print);
    buf_printf(&buf,
               "# Then the network: addresses for guests on the bridge %s.\n"
               "%s --libvirt >" NETWORK_FILE "\n"
               "virsh -c qemu:///system net-define " NETWORK_FILE "\n"
               "virsh -c qemu:///system net-autostart %s\n"
               "virsh -c qemu:///system net-start %s\n",
               bridge, print, bridge, bridge);
    return buf.bytes;
}

struct error *libvirt_setup(struct arena *arena, const struct driver_region *region,
                            const char *print, struct driver_setup *out)
{
    struct error *e;

    if (strstr(region->uri, "/system") == NULL)
        return error_new(arena, ERROR_CONFLICT,
                         "region %s (%s) needs no network; only qemu:///system does", region->name,
                         region->uri);
    e = driver_bridge_check(arena, region);
    if (e)
        return e;
    *out = (struct driver_setup){
        .commands = setup_commands(arena, region, print),
        .file = { { "nft", firewall_rules(arena, region) },
                  { "libvirt", network_xml(arena, region) } },
        .count = 2,
    };
    return NULL;
}

/* ---- checks ---- */

/* Is `element` in a set of the table? An element in braces, in nft's syntax. */
static struct error *nft_get_element(struct arena *arena, const char *list, const char *element)
{
    const char *const arguments[] = { "nft", "get",   "element", "inet", DRIVER_FIREWALL_TABLE,
                                      list,  element, NULL };
    struct error *e = command_run(arena, arguments);

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

/* ---- all checks, for the operator ---- */

static void find(struct driver_checks *out, const struct error *e, const char *text)
{
    out->row[out->count++] = (struct driver_check){ .is_ok = !e, .text = e ? e->text : text };
}

/* With our address, without dynamic leases, and without libvirt's rules. */
#define EXPECTED_NETWORK                                                                           \
    "/network[forward/@mode = 'open' and ip[@address = '" HOST "' and @prefix = '16'] and "        \
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
    struct error *e;

    out->count = 0;
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
                                              const struct driver_vm *vm)
{
    const struct libvirt *libvirt = libvirt_of(driver);

    if (libvirt->profile != DRIVER_SYSTEM)
        return (struct driver_endpoint){ USER_GATEWAY, vm ? vm->ssh.port : 0 };
    if (!vm)
        return (struct driver_endpoint){ HOST, 0 };
    return (struct driver_endpoint){ driver_address(&libvirt->region, arena, vm->ssh.port).ip, 22 };
}

/*
 * In the session profile QEMU itself shuts a guest in (`restrict=on`), and nothing else may connect
 * it. On the bridge its port is isolated and its addresses are filtered, and the firewall's table
 * has to be loaded.
 */
static bool is_shut_in(struct arena *arena, const char *xml, bool has_bridge)
{
    const char *interface = xml_find(arena, xml, "string(//devices/interface/@type)");
    const char *network = xml_find(arena, xml,
                                   "string(//*[local-name() = 'arg']/@value[starts-with(., "
                                   "'user,')])");

    if (!has_bridge)
        return (!interface || !*interface) && network && strstr(network, "restrict=on");
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
    *is_isolated = is_shut_in(arena, xml, libvirt->profile == DRIVER_SYSTEM);
    if (*is_isolated && driver_firewall_check(libvirt, arena, vm->ssh.port))
        *is_isolated = false;
    return NULL;
}
