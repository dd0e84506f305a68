/* Terms of the inventory in words, and its statements; see inventory.h. */
#include "model/inventory.h"

#include <string.h>

static const char *days_text(struct arena *arena, int64_t days)
{
    return arena_printf(arena, "%lld day%s", (long long)days, days == 1 ? "" : "s");
}

const char *inventory_keep(struct arena *arena, const struct config *config, const char *keep)
{
    if (strcmp(keep, "log") == 0)
        return days_text(arena, config->log_days);
    if (strcmp(keep, "vm") != 0)
        return keep;
    return config->destroyed_vm_days ? arena_printf(arena, "%s after the VM is destroyed",
                                                    days_text(arena, config->destroyed_vm_days))
                                     : "Until the VM is destroyed";
}

struct db_run *inventory_start(struct db *db, const struct inventory *inventory,
                               const struct db_statement *statement)
{
    return db_start(db, inventory->subject, (size_t)(statement - inventory->subject->statements));
}
