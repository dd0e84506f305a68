/* Taking a VM from a pool; see vm_pool.h. */
#include "model/vm_pool.h"

#include "adapter/crypto.h"

#include "pool_vm.sql.h"

struct error *vm_pool_take(const struct context *context, const struct vm_new *vm,
                           const char *image_version, struct vm_pool_vm *out)
{
    const struct config_size *size = vm->size;
    struct pool_vm_find_row found;
    struct error *e;

    *out = (struct vm_pool_vm){ .id = crypto_id(context->arena) };
    if (vm->source)
        return NULL;
    e = sql_pool_vm_find(context->db, context->arena, vm->region->name, vm->image->name,
                         image_version, size->vcpus, size->memory_mb, size->disk_gb, &found);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    *out = (struct vm_pool_vm){ .id = found.id, .ssh_port = found.ssh_port };
    return sql_pool_vm_take(context->db, context->arena, found.id);
}
