/*
 * "domicile-admin network": prints the setup of a region's network, as its driver wants it. It
 * changes nothing itself.
 */
#include "admin/admin.h"

#include "host/driver.h"
#include "worker/worker_context.h"

#include <stdio.h>
#include <string.h>

static struct error *file_print(struct admin *admin, const struct driver_setup *setup)
{
    for (size_t i = 0; i < setup->count; i++) {
        if (strcmp(setup->file[i].name, admin->file) == 0) {
            fputs(setup->file[i].text, stdout);
            return NULL;
        }
    }
    return error_new(admin->arena, ERROR_INPUT, "region %s has no file --%s", admin->argument,
                     admin->file);
}

struct error *admin_network(struct admin *admin)
{
    const struct config_region *found = config_region_find(admin->config, admin->argument);
    const char *print = arena_printf(admin->arena, "domicile-admin --state %s network %s",
                                     admin->state_dir, admin->argument);
    struct driver_setup setup;
    struct driver_region region;
    struct error *e;

    if (!found)
        return error_new(admin->arena, ERROR_INPUT, "domicile.conf has no [region %s]",
                         admin->argument);
    region = worker_context_region(admin->config, found);
    e = driver_setup(admin->arena, DRIVERS, &region, print, &setup);
    if (!e && admin->file)
        return file_print(admin, &setup);
    if (!e)
        fputs(setup.commands, stdout);
    return e;
}

/* For cgi/run.sh: of a region without a bridge it starts the network, of others what controls it.
 */
struct error *admin_networks(struct admin *admin)
{
    for (size_t i = 0; i < admin->config->region_count; i++) {
        const struct config_region *region = &admin->config->regions[i];
        const struct driver_region host = worker_context_region(admin->config, region);
        struct driver_setup setup;

        if (!driver_setup(admin->arena, DRIVERS, &host, "", &setup))
            printf("%s %lld %lld %s\n", region->name, (long long)host.ssh_port_first,
                   (long long)host.ssh_port_last, *region->bridge ? "bridge" : "session");
    }
    return NULL;
}
