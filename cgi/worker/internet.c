/* What VMs may reach; see internet.h. */
#include "worker/internet.h"

#include "base/log.h"
#include "model/vm_internet.h"
#include "vm.sql.h"

struct error *internet_recover(struct worker_context *context, struct arena *arena)
{
    return sql_vm_internet_untold(context->db, arena);
}

static struct error *host_tell(struct worker_context *context,
                               const struct vm_internet_pending_row *vm)
{
    struct arena *arena = context->arena;
    const struct driver_vm wanted = {
        .id = vm->id,
        .ssh.port = vm->ssh_port,
        .internet = vm_internet_line(arena, vm->internet, vm->internet_names),
    };
    struct driver *driver;
    struct error *e = worker_context_driver(context, arena, vm->region, &driver);

    if (!e)
        e = driver_internet_set(driver, arena, &wanted);
    return e ? e
             : sql_vm_internet_told(context->db, arena, vm->id, vm->internet, vm->internet_names);
}

struct error *internet_round(struct worker_context *context)
{
    struct vm_internet_pending_rows vms;
    struct error *e;

    arena_reset(context->arena);
    e = sql_vm_internet_pending(context->db, context->arena, &vms);
    for (size_t i = 0; !e && i < vms.count; i++) {
        struct error *failure = host_tell(context, &vms.row[i]);

        if (failure)
            log_error("internet", log_text("vm", vms.row[i].id), log_text("error", failure->text));
    }
    return e;
}
