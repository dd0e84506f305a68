/* The guest agent of libvirt's domains; see virt.h. What it answers is the guest's word. */
#include "host/virt_handle.h"

#include <string.h>

enum { MOST_KEYS = 512, MOST_BYTES = 64 * 1024 };

static void release(char **keys, int count)
{
    for (int i = 0; i < count; i++)
        virt_release(keys[i]);
    virt_release(keys);
}

static struct error *keys_copy(struct arena *arena, char **keys, int count, struct virt_names *out)
{
    size_t bytes = 0;

    for (int i = 0; i < count; i++)
        bytes += strlen(keys[i]);
    if (count > MOST_KEYS || bytes > MOST_BYTES)
        return error_new(arena, ERROR_CONFLICT, "the guest agent reports too many keys");
    *out = (struct virt_names){ .name = arena_array(arena, (size_t)count + 1, sizeof *out->name) };
    for (int i = 0; i < count; i++)
        out->name[out->count++] = arena_copy(arena, keys[i]);
    return NULL;
}

struct error *virt_domain_keys(struct virt *virt, struct arena *arena, const char *name,
                               const char *user, const char *const *lines, size_t count,
                               int timeout_s, struct virt_names *out)
{
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);
    char **found = NULL;
    struct error *e;
    int number = 0;

    if (!domain)
        return virt_failure(arena);
    e = virt_checked(arena, virDomainAgentSetResponseTimeout(domain, timeout_s, 0));
    if (!e)
        e = virt_checked(arena, virDomainAuthorizedSSHKeysSet(domain, user,
                                                              (const char **)(uintptr_t)lines,
                                                              (unsigned int)count, 0));
    if (!e) {
        number = virDomainAuthorizedSSHKeysGet(domain, user, &found, 0);
        e = virt_checked(arena, number);
    }
    if (!e)
        e = keys_copy(arena, found, number, out);
    release(found, number > 0 ? number : 0);
    virDomainFree(domain);
    return e;
}

struct error *virt_domain_attach(struct virt *virt, struct arena *arena, const char *name,
                                 const char *xml)
{
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);
    struct error *e;

    if (!domain)
        return virt_failure(arena);
    e = virt_checked(arena, virDomainAttachDeviceFlags(
                                domain, xml, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG));
    virDomainFree(domain);
    return e;
}
