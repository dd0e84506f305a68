/*
 * "domicile-admin nginx": what nginx.conf includes as run/settings.conf. Which TLS is accepted,
 * whose X-Forwarded-For counts, and whose addresses the limits do not count.
 */
#include "admin/admin.h"

#include "adapter/config_network.h"

#include <stdio.h>

struct error *admin_nginx(struct admin *admin)
{
    const char *proxies = admin->config->trusted_proxies;
    const char *unlimited = admin->config->unlimited_networks;
    const char *network;

    printf("ssl_protocols %sTLSv1.3;\n", admin->config->has_tls13_alone ? "" : "TLSv1.2 ");
    while ((network = config_network_take(admin->arena, &proxies)))
        printf("set_real_ip_from %s;\n", network);
    puts("real_ip_header X-Forwarded-For;\n"
         "real_ip_recursive on;\n"
         "geo $is_unlimited {\n"
         "    default 0;");
    while ((network = config_network_take(admin->arena, &unlimited)))
        printf("    %s 1;\n", network);
    puts("}");
    return NULL;
}
