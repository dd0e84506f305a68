/*
 * The firewall and the addresses of guests, as text; see driver_libvirt_net.h. What guests reach is
 * governed in both profiles by one nftables table generated here. On a server, root loads it and
 * libvirt manages the bridge: its network is "open", i.e. without libvirt's own rules, which would
 * reject the connections that our table forwards to guests. In a session, guest_net.sh loads it in
 * the guests' own namespace, beside dnsmasq.
 */
#include "host/driver_libvirt_net.h"

#include "base/buf.h"
#include "base/guest_address.h"
#include "base/limit.h"
#include "host/driver_libvirt.h"
#include "host/driver_libvirt_xml.h"

#include <string.h>

/* The rules are stored here for the next boot. */
#define RULES_FILE   "/etc/domicile-guard.nft"
#define NETWORK_FILE "/etc/domicile-network.xml"
/* The host's end of the network in the namespace of a session's guests. */
#define SESSION_DEVICE "dom0"

static bool is_session(const struct driver_region *region)
{
    return strstr(region->uri, "/session") != NULL;
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
                      "  <ip address='" GUEST_HOST "' prefix='16'/>\n</network>\n");
    return buf.bytes;
}

/* The bridges that the rules apply to, addresses of the host, and the port map of guests. */
static void put_lists(struct buf *buf, const struct driver_region *region)
{
    buf_printf(
        buf,
        "\tset bridges {\n\t\ttype ifname\n\t\telements = { \"%s\" }\n\t}\n"
        "\t# Addresses of the host that the rules cannot see for themselves.\n"
        "\tset own {\n\t\ttype ipv4_addr\n\t}\n"
        "\t# What guests may reach, as guest_access.sh puts it here: of \"open\" the internet, of\n"
        "\t# \"listed\" what each has a chain for, with a resolver of its own; of others nothing.\n"
        "\tset open {\n\t\ttype ipv4_addr\n\t}\n"
        "\tmap listed {\n\t\ttype ipv4_addr : verdict\n\t}\n"
        "\tmap resolvers {\n\t\ttype ipv4_addr : inet_service\n\t}\n"
        "\t# The process that put them here.\n"
        "\tset watchers {\n\t\ttype mark\n\t}\n"
        "\t# Guests that have begun connections.\n"
        "\tset connections {\n\t\ttype ipv4_addr\n\t\tsize 65535\n"
        "\t\tflags dynamic,timeout\n\t\ttimeout 1m\n\t}\n"
        "\t# Those that began more than they may, for the operator.\n"
        "\tset limited {\n\t\ttype ipv4_addr\n\t\tsize 65535\n"
        "\t\tflags dynamic,timeout\n\t\ttimeout 2m\n\t}\n",
        is_session(region) ? SESSION_DEVICE : region->bridge);
    if (is_session(region))
        return;
    buf_literal(buf, "\tmap guests {\n\t\ttype inet_service : ipv4_addr\n\t\telements = {");
    for (int64_t port = region->ssh_port_first; port <= region->ssh_port_last; port++) {
        buf_printf(buf, "%s%s%lld : %s", port > region->ssh_port_first ? "," : "",
                   (port - region->ssh_port_first) % 4 ? " " : "\n\t\t\t", (long long)port,
                   driver_address(region, buf->arena, port).ip);
    }
    buf_literal(buf, "\n\t\t}\n\t}\n");
}

/* New connections of one guest, at most as many as base/limit.h says. */
#define RATE                                                                                       \
    "update @connections { ip saddr limit rate over %d/second burst %d packets } "                 \
    "update @limited { ip saddr } drop\n"

/* Once for each of "input" and "forward": LIMIT_GUEST_CONNECTIONS_S and _BURST. */
static const char RULES[] =
    "\t# Guests reach only DHCP (67) and DNS (53) on the host.\n"
    "\tchain input {\n"
    "\t\ttype filter hook input priority -10; policy accept;\n"
    "%s"
    "\t\tiifname != @bridges accept\n"
    "\t\tct direction reply ct state established,related accept\n"
    "\t\tmeta nfproto ipv4 ct state new " RATE "\t\tip saddr @open ip daddr " GUEST_HOST
    " meta l4proto { tcp, udp } th dport 53 accept\n"
    "\t\tmeta nfproto ipv4 meta l4proto { tcp, udp } ct status dnat ct original ip "
    "daddr " GUEST_HOST " ct original proto-dst 53 accept\n"
    "\t\tmeta nfproto ipv4 udp dport 67 accept\n"
    "\t\t# Of others it is refused: without an answer, programs would wait for it.\n"
    "\t\tip daddr " GUEST_HOST " udp dport 53 reject\n"
    "\t\tdrop\n"
    "\t}\n"
    "\t# Inbound only what \"prerouting\" forwards to them.\n"
    "\tchain forward {\n"
    "\t\ttype filter hook forward priority -10; policy accept;\n"
    "\t\tiifname @bridges jump leaving\n"
    "\t\toifname @bridges ct state established,related accept\n"
    "\t\toifname @bridges ct status dnat accept\n"
    "\t\toifname @bridges drop\n"
    "\t}\n"
    "\tchain leaving {\n"
    "\t\tmeta nfproto ipv6 drop\n"
    "\t\tct direction reply ct state established,related accept\n"
    "\t\tip saddr vmap @listed\n"
    "\t\tip saddr @open jump internet\n"
    "\t\tdrop\n"
    "\t}\n"
    "\t# They reach the internet, but not the host, no private or special networks, no cloud's\n"
    "\t# metadata, no mail servers (25) and not each other.\n"
    "\tchain internet {\n"
    "\t\tct state established,related accept\n"
    "\t\tip saddr != " GUEST_NETWORK " drop\n"
    "\t\tip daddr @own drop\n"
    "\t\tip daddr { 0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 168.63.129.16,\n"
    "\t\t\t169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, 192.168.0.0/16, 198.18.0.0/15,\n"
    "\t\t\t224.0.0.0/3 } drop\n"
    "\t\ttcp dport 25 drop\n"
    "\t\tct state new " RATE "\t\toifname @bridges drop\n"
    "\t\taccept\n"
    "\t}\n"
    "\t# A listed guest has no resolver but its own.\n"
    "\tchain names {\n"
    "\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
    "\t\tiifname @bridges ip daddr " GUEST_HOST
    " meta l4proto { tcp, udp } th dport 53 redirect to :ip saddr map @resolvers\n"
    "\t}\n"
    "\tchain postrouting {\n"
    "\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
    "\t\tip saddr " GUEST_NETWORK " oifname != @bridges masquerade\n"
    "\t}\n";

/* pasta answers data with segments that have no flag at all; their connection must not be reset. */
static const char SESSION_INPUT[] = "\t\tiifname != @bridges ct state invalid drop\n";

/* The ways in, to SSH. */
static const char SYSTEM_RULES[] =
    "\tchain prerouting {\n"
    "\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
    "\t\tiifname != @bridges fib daddr type local dnat ip to tcp dport map @guests : 22\n"
    "\t}\n"
    "\t# The same for the host itself, by its external address.\n"
    "\tchain output {\n"
    "\t\ttype nat hook output priority -100; policy accept;\n"
    "\t\tip daddr != 127.0.0.0/8 fib daddr type local dnat ip to tcp dport map @guests : 22\n"
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
    buf_printf(&buf, RULES, is_session(region) ? SESSION_INPUT : "", LIMIT_GUEST_CONNECTIONS_S,
               LIMIT_GUEST_CONNECTIONS_BURST, LIMIT_GUEST_CONNECTIONS_S,
               LIMIT_GUEST_CONNECTIONS_BURST);
    if (!is_session(region))
        buf_text(&buf, SYSTEM_RULES);
    buf_literal(&buf, "}\n");
    return buf.bytes;
}

/* For "dnsmasq --conf-file": an address for each guest, and names without those of private hosts.
 */
static const char *session_names(struct arena *arena, const struct driver_region *region)
{
    struct buf buf = buf_new(arena, 4096);

    buf_literal(&buf, "interface=" SESSION_DEVICE "\nbind-interfaces\nexcept-interface=lo\n"
                      "user=root\ngroup=\nno-hosts\nno-poll\ndomain-needed\nbogus-priv\n"
                      "filter-AAAA\nleasefile-ro\npid-file\nquiet-dhcp\n"
                      "log-facility=/dev/null\n"
                      "dhcp-authoritative\ndhcp-range=10.77.0.0,static,255.255.0.0\n"
                      "dhcp-option=option:router," GUEST_HOST "\n"
                      "dhcp-option=option:dns-server," GUEST_HOST "\n");
    for (int64_t port = region->ssh_port_first; port <= region->ssh_port_last; port++) {
        struct driver_address address = driver_address(region, arena, port);

        buf_printf(&buf, "dhcp-host=%s,%s\n", address.mac, address.ip);
    }
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

static void session_setup(struct arena *arena, const struct driver_region *region,
                          struct driver_setup *out)
{
    *out = (struct driver_setup){
        .commands = arena_printf(arena,
                                 "# Region %s needs nothing from root: \"make run\" makes the "
                                 "network of its guests.\n",
                                 region->name),
        .file = { { "nft", firewall_rules(arena, region) },
                  { "dnsmasq", session_names(arena, region) } },
        .count = 2,
    };
}

struct error *libvirt_setup(struct arena *arena, const struct driver_region *region,
                            const char *print, struct driver_setup *out)
{
    struct error *e;

    if (is_session(region)) {
        session_setup(arena, region, out);
        return NULL;
    }
    if (strstr(region->uri, "/system") == NULL)
        return error_new(arena, ERROR_CONFLICT,
                         "region %s (%s) runs no guests and needs no network", region->name,
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
