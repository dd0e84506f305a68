/* The ways into a VM; see vm_access.h. */
#include "view/vm_access.h"

enum { SSH_PORT = 22 }; /* that ssh(1) assumes */

/* What users type as host, or NULL while SSH is nowhere to be reached. */
static const char *host_of(struct request *r, const char *region_name, const char *ssh_host,
                           int64_t ssh_port)
{
    const struct config_region *region = config_region_find(r->config, region_name);

    if (!region || !ssh_port)
        return NULL;
    return ssh_host ? ssh_host : region->ssh_host;
}

/* `text` with the port in the place of its "%lld"; "" for the port that is assumed. */
#define port_text(r, vm, text)                                                                     \
    ((vm)->ssh_port == SSH_PORT ? "" : arena_printf((r)->arena, text, (long long)(vm)->ssh_port))

static const char *known_hosts_of(struct request *r, const struct vm_get_row *vm, const char *host)
{
    if (vm->ssh_port == SSH_PORT)
        return arena_printf(r->arena, "%s %s", host, vm->host_key_public);
    return arena_printf(r->arena, "[%s]:%lld %s", host, (long long)vm->ssh_port,
                        vm->host_key_public);
}

const char *vm_access_ssh(struct request *r, const char *region, const char *image_name,
                          const char *ssh_host, int64_t ssh_port)
{
    const struct config_image *image = config_image_find(r->config, image_name);
    const char *host = host_of(r, region, ssh_host, ssh_port);

    if (!host || !image)
        return NULL;
    if (ssh_port == SSH_PORT)
        return arena_printf(r->arena, "ssh %s@%s", image->user, host);
    return arena_printf(r->arena, "ssh -p %lld %s@%s", (long long)ssh_port, image->user, host);
}

struct vm_access vm_access_of(struct request *r, const struct vm_get_row *vm)
{
    const struct config_image *image = config_image_find(r->config, vm->image);
    const char *host = host_of(r, vm->region, vm->ssh_host, vm->ssh_port), *user, *place;
    struct vm_access access = { .is_image_gone = !image };

    if (!host || !image)
        return access;
    user = image->user;
    place = arena_printf(r->arena, "ssh-remote+%s@%s%s", user, host, port_text(r, vm, ":%lld"));
    access.ssh = vm_access_ssh(r, vm->region, vm->image, vm->ssh_host, vm->ssh_port);
    access.vscode = arena_printf(r->arena, "code --remote %s /home/%s", place, user);
    access.vscode_url = arena_printf(r->arena, "vscode://vscode-remote/%s/home/%s", place, user);
    access.ssh_config = arena_printf(r->arena, "Host %s\n  HostName %s\n%s  User %s", vm->name,
                                     host, port_text(r, vm, "  Port %lld\n"), user);
    access.scp =
        arena_printf(r->arena, "scp %snotes.txt %s@%s:", port_text(r, vm, "-P %lld "), user, host);
    access.host_key = vm->host_key_fingerprint;
    if (vm->host_key_public)
        access.known_hosts = known_hosts_of(r, vm, host);
    return access;
}
