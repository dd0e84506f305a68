/* What VMs may reach; see internet.h. */
#include "worker/internet.h"

#include "base/log.h"
#include "model/vm_internet.h"
#include "vm.sql.h"

#include <pthread.h>
#include <string.h>

static pthread_mutex_t telling = PTHREAD_MUTEX_INITIALIZER;

struct error *internet_recover(struct worker_context *context, struct arena *arena)
{
    return sql_vm_internet_untold(context->db, arena);
}

static struct error *host_tell(struct worker_context *context, struct arena *arena,
                               const char *vm_id)
{
    struct vm_for_worker_row vm;
    struct driver_vm wanted;
    struct driver *driver;
    struct error *e = sql_vm_for_worker(context->db, arena, vm_id, &vm);

    /* The port of one that is being destroyed may be another's soon. */
    if (e || strcmp(vm.wanted, VM_WANTED_GONE) == 0 || !vm.ssh_port)
        return e;
    wanted =
        (struct driver_vm){ .id = vm.id,
                            .ssh.port = vm.ssh_port,
                            .internet = vm_internet_line(arena, vm.internet, vm.internet_names) };
    e = worker_context_driver(context, arena, vm.region, &driver);
    if (!e)
        e = driver_internet_set(driver, arena, &wanted);
    return e ? e
             : sql_vm_internet_told(context->db, arena, vm.id, vm.ssh_port, vm.internet,
                                    vm.internet_names);
}

void internet_tell(struct worker_context *context, struct arena *arena, const char *vm_id)
{
    struct error *e;

    pthread_mutex_lock(&telling);
    e = host_tell(context, arena, vm_id);
    pthread_mutex_unlock(&telling);
    if (e)
        log_error("internet", log_text("vm", vm_id), log_text("error", e->text));
}

struct error *internet_round(struct worker_context *context)
{
    struct vm_internet_pending_rows vms;
    struct error *e;

    arena_reset(context->arena);
    e = sql_vm_internet_pending(context->db, context->arena, &vms);
    for (size_t i = 0; !e && i < vms.count; i++)
        internet_tell(context, context->arena, vms.row[i].id);
    return e;
}
