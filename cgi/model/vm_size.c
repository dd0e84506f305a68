/* The size of a VM; see vm_size.h. */
#include "model/vm_size.h"

#include "adapter/config.h"
#include "ledger.sql.h"
#include "snapshot.sql.h"
#include "vm.sql.h"

static bool is_size(const struct config_size *size, int64_t vcpus, int64_t memory_mb)
{
    return size && size->vcpus == vcpus && size->memory_mb == memory_mb;
}

const struct config_size *vm_size_find(const struct config *config, const char *current,
                                       int64_t vcpus, int64_t memory_mb)
{
    const struct config_size *size = config_size_find(config, current);

    if (is_size(size, vcpus, memory_mb))
        return size;
    for (size_t i = 0; i < config->size_count; i++) {
        if (is_size(&config->sizes[i], vcpus, memory_mb))
            return &config->sizes[i];
    }
    return NULL;
}

struct error *vm_size_restore(const struct context *context, int64_t team_id, const char *vm_id,
                              const char *snapshot_id)
{
    const struct config_size *size;
    struct snapshot_get_row snapshot;
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, team_id, vm_id, &vm);

    if (!e)
        e = sql_snapshot_get(context->db, context->arena, team_id, vm_id, snapshot_id, &snapshot);
    if (e || !snapshot.has_memory)
        return e;
    size = vm_size_find(context->config, vm.size, snapshot.vcpus, snapshot.memory_mb);
    return sql_vm_resize(context->db, context->arena, team_id, vm_id, size ? size->name : vm.size,
                         snapshot.vcpus, snapshot.memory_mb, snapshot.disk_gb);
}

struct error *vm_size_revert(const struct context *context, int64_t team_id, const char *vm_id,
                             bool has_grown)
{
    const struct config_size *size;
    struct ledger_open_row before;
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, team_id, vm_id, &vm);

    if (!e)
        e = sql_ledger_open(context->db, context->arena, vm_id, &before);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    size = config_size_find(context->config, before.size);
    if (!size)
        return NULL;
    return sql_vm_resize(context->db, context->arena, team_id, vm_id, size->name, size->vcpus,
                         size->memory_mb, has_grown ? vm.disk_gb : before.disk_gb);
}
