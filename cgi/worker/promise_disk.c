/* Whether the disks below this server are encrypted; see promise.h. */
#include "worker/promise.h"

#include "adapter/block_device.h"
#include "base/array.h"

#include <unistd.h>

const char *promise_sysfs = "/sys";

struct error *promise_disk_check(struct worker_context *context, const struct promise *promise,
                                 const struct context *now, struct promise_reading *out)
{
    static const char *const folders[] = { "data", "disks", "libvirt", "log" };

    (void)context;
    (void)promise;
    for (size_t i = 0; i < COUNT(folders); i++) {
        const char *path = arena_printf(now->arena, "%s/%s", now->config->state_dir, folders[i]);
        enum block_encryption found;

        if (access(path, F_OK) != 0)
            continue; /* nothing is there yet */
        found = block_encryption_of(now->arena, promise_sysfs, path);
        out->figure += found == BLOCK_PLAIN;
        out->is_known &= found != BLOCK_UNKNOWN;
    }
    out->is_known |= out->figure > 0; /* one that is not encrypted is enough */
    out->evidence = out->is_known
                        ? "The devices below the data, the disks of VMs, their memory and "
                          "the logs were looked up in the kernel."
                        : "The kernel does not tell which devices are below the data.";
    return NULL;
}
