/*
 * "domicile-admin network": prints the setup for a region of qemu:///system, to be run by root. It
 * changes nothing itself; the text comes from host/driver_libvirt_net.c.
 */
#include "admin/admin.h"

#include "host/driver.h"
#include "host/driver_libvirt_net.h"

#include <stdio.h>
#include <string.h>

/* The rules are stored here for the next boot. */
#define RULES_FILE "/etc/domicile-guard.nft"

static void commands_write(const struct admin *admin, const struct config_region *region)
{
    const char *name = region->name, *bridge = region->bridge, *state = admin->state_dir;

    printf("# Region %s, as root. First the firewall, now and at each start of the server. When "
           "ssh_ports\n"
           "# has changed, the first two lines again. Load it so and do not reload nftables while "
           "guests\n"
           "# run: that would flush libvirt's own filters, too.\n"
           "domicile-admin --state %s network %s --nft >" RULES_FILE "\n"
           "nft -f " RULES_FILE "\n"
           "echo 'include \"" RULES_FILE "\"' >>/etc/nftables.conf\n"
           "systemctl enable nftables\n\n",
           name, state, name);
    printf("# Then the network: addresses for guests on the bridge %s.\n"
           "domicile-admin --state %s network %s --libvirt >/etc/domicile-network.xml\n"
           "virsh -c qemu:///system net-define /etc/domicile-network.xml\n"
           "virsh -c qemu:///system net-autostart %s\n"
           "virsh -c qemu:///system net-start %s\n",
           bridge, state, name, bridge, bridge);
}

struct error *admin_network(struct admin *admin)
{
    const struct config_region *found = config_region_find(admin->config, admin->argument);
    struct driver_region region;
    struct error *e;

    if (!found)
        return error_new(admin->arena, ERROR_INPUT, "domicile.conf has no [region %s]",
                         admin->argument);
    if (strstr(found->uri, "/system") == NULL)
        return error_new(admin->arena, ERROR_CONFLICT,
                         "region %s (%s) needs no network; only qemu:///system does", found->name,
                         found->uri);
    region = (struct driver_region){
        .name = found->name,
        .uri = found->uri,
        .bridge = found->bridge,
        .ssh_port_first = found->ssh_port_first,
        .ssh_port_last = found->ssh_port_last,
    };
    e = driver_bridge_check(admin->arena, &region);
    if (e)
        return e;
    if (admin->is_libvirt)
        fputs(driver_network_xml(admin->arena, &region), stdout);
    if (admin->is_nft)
        fputs(driver_firewall_rules(admin->arena, &region), stdout);
    if (!admin->is_libvirt && !admin->is_nft)
        commands_write(admin, found);
    return NULL;
}
