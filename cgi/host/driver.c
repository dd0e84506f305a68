/* Selects the driver for a URI and dispatches to its operations; see driver.h. */
#include "host/driver.h"

#include "host/driver_libvirt.h"

#include <string.h>

const struct driver_scheme DRIVERS[] = {
    { "qemu", &LIBVIRT_OPS },
    { "test", &LIBVIRT_OPS },
    { NULL, NULL },
};

const struct driver_ops *driver_ops_find(const struct driver_scheme *drivers, const char *uri)
{
    size_t length = strcspn(uri, "+:");

    for (const struct driver_scheme *one = drivers; one->scheme; one++) {
        if (strlen(one->scheme) == length && strncmp(one->scheme, uri, length) == 0)
            return one->ops;
    }
    return NULL;
}

static struct error *unknown(struct arena *arena, const struct driver_scheme *drivers,
                             const struct driver_region *region)
{
    const char *known = "";

    for (const struct driver_scheme *one = drivers; one->scheme; one++)
        known = arena_printf(arena, "%s%s%s:", known, *known ? ", " : "", one->scheme);
    return error_new(arena, ERROR_INPUT,
                     "region %s has uri = %s in domicile.conf: no such driver (available: "
                     "%s)",
                     region->name, region->uri, known);
}

struct error *driver_open(struct arena *arena, const struct driver_scheme *drivers,
                          const struct driver_region *region, struct driver **out)
{
    const struct driver_ops *ops = driver_ops_find(drivers, region->uri);

    return ops ? ops->open(arena, region, out) : unknown(arena, drivers, region);
}

struct error *driver_setup(struct arena *arena, const struct driver_scheme *drivers,
                           const struct driver_region *region, const char *print,
                           struct driver_setup *out)
{
    const struct driver_ops *ops = driver_ops_find(drivers, region->uri);

    if (!ops)
        return unknown(arena, drivers, region);
    *out = (struct driver_setup){ .count = 0 };
    return ops->setup ? ops->setup(arena, region, print, out)
                      : error_new(arena, ERROR_CONFLICT, "region %s (%s) needs no setup by root",
                                  region->name, region->uri);
}

void driver_close(struct driver *driver)
{
    driver->ops->close(driver);
}

const char *driver_accelerator(const struct driver *driver)
{
    return driver->ops->accelerator(driver);
}

bool driver_has_guests(const struct driver *driver)
{
    return driver->ops->has_guests(driver);
}

void driver_preflight(struct driver *driver, struct arena *arena, struct driver_checks *out)
{
    driver->ops->preflight(driver, arena, out);
}

struct error *driver_seed_write(struct driver *driver, struct arena *arena,
                                const struct driver_vm *vm, const struct driver_seed *seed)
{
    return driver->ops->seed_write(driver, arena, vm, seed);
}

struct error *driver_waits(struct driver *driver, struct arena *arena, const char *vm_id, bool *out)
{
    return driver->ops->waits(driver, arena, vm_id, out);
}

struct error *driver_create_abandon(struct driver *driver, struct arena *arena, const char *vm_id)
{
    return driver->ops->create_abandon(driver, arena, vm_id);
}

struct error *driver_start(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                           const struct driver_ports *ports)
{
    return driver->ops->start(driver, arena, vm, ports);
}

struct error *driver_resize(struct driver *driver, struct arena *arena, struct driver_vm *vm,
                            const struct driver_ports *ports)
{
    return driver->ops->resize(driver, arena, vm, ports);
}

struct error *driver_ssh_host_key(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm, int64_t timeout_ms, const char **out,
                                  const char **banner)
{
    return driver->ops->ssh_host_key(driver, arena, vm, timeout_ms, out, banner);
}

struct error *driver_ssh_ask(struct driver *driver, struct arena *arena, const struct driver_vm *vm,
                             int64_t timeout_ms, struct driver_question *question)
{
    return driver->ops->ssh_ask(driver, arena, vm, timeout_ms, question);
}

struct error *driver_state(struct driver *driver, struct arena *arena, const char *vm_id,
                           enum driver_power *out, enum driver_cause *cause)
{
    return driver->ops->state(driver, arena, vm_id, out, cause);
}

struct error *driver_power(struct driver *driver, struct arena *arena, const char *vm_id,
                           enum driver_power *out)
{
    enum driver_cause unused;

    return driver_state(driver, arena, vm_id, out, &unused);
}

struct error *driver_has_agent(struct driver *driver, struct arena *arena, const char *vm_id,
                               bool *out)
{
    return driver->ops->has_agent(driver, arena, vm_id, out);
}

struct error *driver_keys_set(struct driver *driver, struct arena *arena, const char *vm_id,
                              const char *user, const char *const *lines, size_t count)
{
    return driver->ops->keys_set(driver, arena, vm_id, user, lines, count);
}

struct error *driver_shutdown(struct driver *driver, struct arena *arena, const char *vm_id)
{
    return driver->ops->shutdown(driver, arena, vm_id);
}

struct error *driver_stop_force(struct driver *driver, struct arena *arena, const char *vm_id)
{
    return driver->ops->stop_force(driver, arena, vm_id);
}

struct error *driver_console(struct driver *driver, struct arena *arena, const char *vm_id,
                             void (*listen)(void *listener, const char *bytes, size_t length),
                             void *listener)
{
    return driver->ops->console(driver, arena, vm_id, listen, listener);
}

struct error *driver_console_end(struct driver *driver, struct arena *arena, const char *vm_id)
{
    return driver->ops->console_end(driver, arena, vm_id);
}

struct error *driver_disk_file(struct driver *driver, struct arena *arena, const char *vm_id,
                               const char **out)
{
    if (!driver->ops->disk_file)
        return error_new(arena, ERROR_CONFLICT, "the disks of this region are no files here");
    return driver->ops->disk_file(driver, arena, vm_id, out);
}

struct error *driver_unpause(struct driver *driver, struct arena *arena, const char *vm_id)
{
    return driver->ops->unpause(driver, arena, vm_id);
}

struct error *driver_disk_grow(struct driver *driver, struct arena *arena,
                               const struct driver_vm *vm)
{
    return driver->ops->disk_grow(driver, arena, vm);
}

struct error *driver_snapshot_create(struct driver *driver, struct arena *arena, const char *vm_id,
                                     const char *snapshot, struct driver_snapshot *out)
{
    return driver->ops->snapshot_create(driver, arena, vm_id, snapshot, out);
}

struct error *driver_snapshot_restore(struct driver *driver, struct arena *arena, const char *vm_id,
                                      const char *snapshot)
{
    return driver->ops->snapshot_restore(driver, arena, vm_id, snapshot);
}

struct error *driver_snapshot_delete(struct driver *driver, struct arena *arena, const char *vm_id,
                                     const char *snapshot, const char **response)
{
    return driver->ops->snapshot_delete(driver, arena, vm_id, snapshot, response);
}

struct error *driver_usage(struct driver *driver, struct arena *arena, const char *vm_id,
                           struct driver_usage *out)
{
    return driver->ops->usage(driver, arena, vm_id, out);
}

struct error *driver_isolation(struct driver *driver, struct arena *arena,
                               const struct driver_vm *vm, bool *is_isolated)
{
    return driver->ops->isolation(driver, arena, vm, is_isolated);
}

struct error *driver_capacity(struct driver *driver, struct arena *arena,
                              struct driver_capacity *out)
{
    return driver->ops->capacity(driver, arena, out);
}

struct driver_endpoint driver_seen_by_guests(const struct driver *driver, struct arena *arena,
                                             const struct driver_vm *vm, size_t network)
{
    return driver->ops->seen_by_guests(driver, arena, vm, network);
}

bool driver_is_limited(struct driver *driver, struct arena *arena, const struct driver_vm *vm)
{
    return driver->ops->is_limited(driver, arena, vm);
}

struct error *driver_internet_set(struct driver *driver, struct arena *arena,
                                  const struct driver_vm *vm)
{
    return driver->ops->internet_set(driver, arena, vm);
}

struct error *driver_internet(struct driver *driver, struct arena *arena)
{
    return driver->ops->internet(driver, arena);
}

struct error *driver_room(struct driver *driver, struct arena *arena, int64_t *out_bytes)
{
    return driver->ops->room(driver, arena, out_bytes);
}

struct error *driver_inventory(struct driver *driver, struct arena *arena,
                               struct driver_inventory *out)
{
    return driver->ops->inventory(driver, arena, out);
}
