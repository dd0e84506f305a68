/* Terms of the inventory in words; see inventory.h. */
#include "model/inventory.h"

#include <string.h>

const char *inventory_keep(struct arena *arena, const struct config *config, const char *keep)
{
    int64_t days = config->destroyed_vm_days;

    if (strcmp(keep, "vm") != 0)
        return keep;
    if (days == 0)
        return "Until the VM is destroyed";
    return arena_printf(arena, "%lld day%s after the VM is destroyed", (long long)days,
                        days == 1 ? "" : "s");
}
