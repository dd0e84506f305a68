/* Quotas of teams; see quota.h. */
#include "model/quota.h"

#include "model/audit.h"

#include "vm.sql.h"

static int64_t part_of(int64_t own, int64_t fallback, bool *is_own)
{
    *is_own |= own >= 0;
    return own >= 0 ? own : fallback;
}

struct quota quota_of(const struct config *config, const struct team_quota_row *own)
{
    struct quota quota = { .is_own = false };

    quota.vms = part_of(own->vms, config->quota_vms, &quota.is_own);
    quota.vcpus = part_of(own->vcpus, config->quota_vcpus, &quota.is_own);
    quota.memory_mb = part_of(own->memory_mb, config->quota_memory_mb, &quota.is_own);
    quota.disk_gb = part_of(own->disk_gb, config->quota_disk_gb, &quota.is_own);
    return quota;
}

struct error *quota_read(const struct context *context, int64_t team_id, struct quota_used *out)
{
    struct vm_quota_row used;
    struct team_quota_row own;
    struct error *e = sql_vm_quota(context->db, context->arena, team_id, &used);

    if (!e)
        e = sql_team_quota(context->db, context->arena, team_id, &own);
    if (e)
        return e;
    *out = (struct quota_used){ used.vms, used.vcpus, used.memory_mb, used.disk_gb,
                                quota_of(context->config, &own) };
    return NULL;
}

struct error *quota_set(const struct context *context, int64_t team_id,
                        const struct quota_change *change)
{
    struct audit_entry entry = {
        .team_id = AUDIT_OPERATOR,
        .action = AUDIT_QUOTA,
        .object = arena_printf(context->arena, "%lld", (long long)team_id),
        .by_operator = true,
    };
    struct error *e = sql_team_set_quota(context->db, context->arena, team_id, change->vms,
                                         change->vcpus, change->memory_mb, change->disk_gb);

    if (!e)
        e = audit_add(context, &entry);
    entry.team_id = team_id;
    return e ? e : audit_add(context, &entry);
}
