/* The table of operations of the libvirt driver; see driver.h. */
#include "host/driver_libvirt.h"

#include "base/array.h"

static const struct driver_removal removals[] = {
    { .step = "Domain", .thing = "domain", .act = libvirt_domain_remove, .ends_guest = true },
    { .step = "Snapshots", .thing = "snapshots", .act = libvirt_snapshots_remove },
    { .step = "Disk", .thing = "disk", .act = libvirt_disk_remove },
    { .step = "Seed", .thing = "seed", .act = libvirt_seed_delete },
    { .step = "Port", .thing = "port", .act = libvirt_port_release, .needs_port = true },
};

const struct driver_ops LIBVIRT_OPS = {
    .open = libvirt_open,
    .close = libvirt_close,
    .accelerator = libvirt_accelerator,
    .has_guests = libvirt_has_guests,
    .preflight = libvirt_preflight,
    .setup = libvirt_setup,
    .create_steps = { LIBVIRT_CREATE_STEPS, LIBVIRT_CREATE_STEP_COUNT },
    .seed_write = libvirt_seed_write,
    .waits = libvirt_waits,
    .create_abandon = libvirt_seed_remove,
    .start = libvirt_start,
    .resize = libvirt_resize,
    .ssh_host_key = libvirt_ssh_host_key,
    .ssh_ask = libvirt_ssh_ask,
    .state = libvirt_state,
    .has_agent = libvirt_has_agent,
    .keys_set = libvirt_keys_set,
    .shutdown = libvirt_shutdown,
    .stop_force = libvirt_stop_force,
    .console = libvirt_console,
    .console_end = libvirt_console_end,
    .disk_file = libvirt_disk_file,
    .unpause = libvirt_unpause,
    .disk_grow = libvirt_disk_grow,
    .snapshot_create = libvirt_snapshot_create,
    .snapshot_restore = libvirt_snapshot_restore,
    .snapshot_delete = libvirt_snapshot_delete,
    .usage = libvirt_usage,
    .isolation = libvirt_isolation,
    .seen_by_guests = libvirt_seen_by_guests,
    .is_limited = libvirt_is_limited,
    .internet_set = libvirt_internet_set,
    .internet = libvirt_internet,
    .room = libvirt_room,
    .capacity = libvirt_capacity,
    .removals = { removals, COUNT(removals) },
    .inventory = libvirt_inventory,
};
