/* Quotas of teams; see quota.h. */
#include "model/quota.h"

#include "base/array.h"
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

static const char *part_text(struct arena *arena, int64_t part)
{
    return part < 0 ? "default" : arena_printf(arena, "%lld", (long long)part);
}

/* "VMs 5 \u2192 10, disk GB default \u2192 80": what is another than before. */
static const char *change_text(struct arena *arena, const struct team_quota_row *before,
                               const struct quota_change *change)
{
    const struct {
        const char *name;
        int64_t from;
        const int64_t *to;
    } parts[] = {
        { "VMs", before->vms, change->vms },
        { "vCPUs", before->vcpus, change->vcpus },
        { "memory MB", before->memory_mb, change->memory_mb },
        { "disk GB", before->disk_gb, change->disk_gb },
    };
    const char *text = NULL;

    for (size_t i = 0; i < COUNT(parts); i++) {
        int64_t to = parts[i].to ? *parts[i].to : -1;

        if (parts[i].from == to)
            continue;
        text = arena_printf(arena, "%s%s%s %s \u2192 %s", text ? text : "", text ? ", " : "",
                            parts[i].name, part_text(arena, parts[i].from), part_text(arena, to));
    }
    return text;
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
    struct team_quota_row before;
    struct error *e = sql_team_quota(context->db, context->arena, team_id, &before);

    if (!e)
        e = sql_team_set_quota(context->db, context->arena, team_id, change->vms, change->vcpus,
                               change->memory_mb, change->disk_gb);
    if (e)
        return e;
    entry.detail = change_text(context->arena, &before, change);
    if (!entry.detail)
        return NULL;
    e = audit_add(context, &entry);
    entry.team_id = team_id;
    return e ? e : audit_add(context, &entry);
}
