/*
 * The libvirt driver (see driver.h): SSH keys by the guest agent. Only the VMs whose owners want
 * that have the channel by which libvirt speaks with it (driver_libvirt_xml.h).
 */
#include "host/driver_libvirt.h"

#include "adapter/xml.h"
#include "base/limit.h"
#include "base/log.h"
#include "host/driver_libvirt_xml.h"

#include <string.h>

const char *libvirt_agent_path(const struct libvirt *libvirt, struct arena *arena,
                               const char *vm_id)
{
    return libvirt->profile == DRIVER_SESSION
               ? arena_printf(arena, "%s/libvirt/%s.agent", libvirt->region.state_dir, vm_id)
               : NULL;
}

void libvirt_agent_ensure(struct driver *driver, struct arena *arena, const char *vm_id)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *xml = driver_xml_agent(arena, libvirt_agent_path(libvirt, arena, vm_id));
    bool has_agent;
    struct error *e = libvirt_has_agent(driver, arena, vm_id, &has_agent);

    if (!e && !has_agent)
        e = virt_domain_attach(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), xml);
    if (e)
        log_error("agent", log_text("vm", vm_id), log_text("error", e->text));
}

struct error *libvirt_has_agent(struct driver *driver, struct arena *arena, const char *vm_id,
                                bool *out)
{
    struct libvirt *libvirt = libvirt_of(driver);
    const char *xml = NULL;
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    if (!e)
        e = virt_domain_text(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), false, &xml);
    *out = !e && xml_find(arena, xml,
                          "/domain/devices/channel/target[@name = '" DRIVER_XML_AGENT_NAME
                          "']/@name") != NULL;
    return libvirt_needs_vm(e);
}

static bool has_line(const struct virt_names *found, const char *line)
{
    for (size_t i = 0; i < found->count; i++) {
        if (strcmp(found->name[i], line) == 0)
            return true;
    }
    return false;
}

struct error *libvirt_keys_set(struct driver *driver, struct arena *arena, const char *vm_id,
                               const char *user, const char *const *lines, size_t count)
{
    struct libvirt *libvirt = libvirt_of(driver);
    struct virt_names found = { .count = 0 };
    struct error *e = libvirt_begin(libvirt, arena, vm_id);

    if (e)
        return e;
    e = virt_domain_keys(libvirt->virt, arena, libvirt_domain_name(arena, vm_id), user, lines,
                         count, LIMIT_AGENT_S, &found);
    if (e)
        return error_new(arena, ERROR_CONFLICT, "guest agent: %s", e->text);
    for (size_t i = 0; i < count; i++) {
        if (!has_line(&found, lines[i]))
            return error_new(arena, ERROR_CONFLICT, "guest agent: a key is missing");
    }
    return found.count == count
               ? NULL
               : error_new(arena, ERROR_CONFLICT, "guest agent: there are other keys");
}
