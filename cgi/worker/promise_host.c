/* What the hosts still have of destroyed VMs, and how they run others; see promise.h. The answers
 * are the hosts' own. */
#include "worker/promise.h"

#include "base/limit.h"
#include "main_constants.sql.h"

#include "pool_vm.sql.h"
#include "vm.sql.h"
#include "vm_agent.sql.h"

#include <string.h>

/* The reconciler removes what a destroyed VM left within a few passes. */
static bool is_of_destroyed(const struct vm_exists_row *vm, const struct context *now)
{
    return vm->gone_at && vm->gone_at + LIMIT_PROMISE_HOST_S < now->now_at;
}

/* The seed is removed when the VM first answers; a VM that is still being created has one. */
static bool is_past_creation(const struct vm_exists_row *vm, const struct context *now)
{
    return strcmp(vm->state, VM_STATE_RUNNING) == 0 &&
           vm->state_at + LIMIT_PROMISE_HOST_S < now->now_at;
}

static struct error *
region_count(struct worker_context *context, const struct config_region *region, const char *kind,
             bool (*is_left)(const struct vm_exists_row *vm, const struct context *now),
             const struct context *now, struct promise_reading *out)
{
    struct driver_inventory things;
    struct driver *driver;
    struct error *e = worker_context_driver(context, now->arena, region->name, &driver);

    if (!e)
        e = driver_inventory(driver, now->arena, &things);
    for (size_t i = 0; !e && i < things.count; i++) {
        struct vm_exists_row vm;

        if (strcmp(things.row[i].kind, kind) != 0 || !*things.row[i].vm_id)
            continue;
        e = sql_vm_exists(now->db, now->arena, things.row[i].vm_id, &vm);
        if (!e)
            out->figure += is_left(&vm, now);
        else if (e->kind == ERROR_NOT_FOUND)
            e = NULL; /* the reconciler shows it to the operator as an orphan */
    }
    return e;
}

/* What a host that cannot be reached has is not known; that is no error of ours. */
static struct error *unreachable_note(struct error *e, const char *evidence,
                                      struct promise_reading *out)
{
    out->evidence = evidence;
    if (!e || e->kind != ERROR_UPSTREAM)
        return e;
    out->is_known = false;
    out->evidence = "A host cannot be reached.";
    return NULL;
}

/* Every host must answer: what one that is unreachable has is not known. */
static struct error *hosts_count(struct worker_context *context, const char *kind,
                                 bool (*is_left)(const struct vm_exists_row *vm,
                                                 const struct context *now),
                                 const struct context *now, struct promise_reading *out)
{
    const struct config *config = context->config;
    struct error *e = NULL;

    for (size_t i = 0; !e && i < config->region_count; i++)
        e = region_count(context, &config->regions[i], kind, is_left, now, out);
    return unreachable_note(e, "Compared with each host\u2019s own list of what it has.", out);
}

struct error *promise_host_check(struct worker_context *context, const struct promise *promise,
                                 const struct context *now, struct promise_reading *out)
{
    return hosts_count(context, promise->subject, is_of_destroyed, now, out);
}

struct error *promise_seed_check(struct worker_context *context, const struct promise *promise,
                                 const struct context *now, struct promise_reading *out)
{
    return hosts_count(context, promise->subject, is_past_creation, now, out);
}

/* ---- isolation ---- */

/* Those of people that run, and those of pools. */
static struct error *running_find(const struct context *now, const char *region,
                                  struct driver_vm **out, size_t *count)
{
    struct vm_alive_rows vms;
    struct pool_vm_list_rows pool;
    struct error *e = sql_vm_alive(now->db, now->arena, region, &vms);

    if (!e)
        e = sql_pool_vm_list(now->db, now->arena, region, &pool);
    if (e)
        return e;
    *out = arena_array(now->arena, vms.count + pool.count + 1, sizeof **out);
    *count = 0;
    for (size_t i = 0; i < vms.count; i++) {
        if (strcmp(vms.row[i].observed, VM_OBSERVED_RUNNING) == 0)
            (*out)[(*count)++] =
                (struct driver_vm){ .id = vms.row[i].id, .ssh.port = vms.row[i].ssh_port };
    }
    for (size_t i = 0; i < pool.count; i++)
        (*out)[(*count)++] =
            (struct driver_vm){ .id = pool.row[i].id, .ssh.port = pool.row[i].ssh_port };
    return NULL;
}

static struct error *region_isolation(struct worker_context *context,
                                      const struct config_region *region, const struct context *now,
                                      struct promise_reading *out)
{
    struct driver_vm *vms = NULL;
    struct driver *driver;
    size_t count = 0;
    struct error *e = worker_context_driver(context, now->arena, region->name, &driver);

    if (!e)
        e = running_find(now, region->name, &vms, &count);
    for (size_t i = 0; !e && i < count; i++) {
        bool is_isolated;

        e = driver_isolation(driver, now->arena, &vms[i], &is_isolated);
        if (!e)
            out->figure += !is_isolated;
        else if (e->kind == ERROR_CONFLICT)
            e = NULL; /* it has stopped since */
    }
    return e;
}

struct error *promise_isolation_check(struct worker_context *context, const struct promise *promise,
                                      const struct context *now, struct promise_reading *out)
{
    const struct config *config = context->config;
    struct error *e = NULL;

    (void)promise;
    for (size_t i = 0; !e && i < config->region_count; i++)
        e = region_isolation(context, &config->regions[i], now, out);
    return unreachable_note(e, "How each host runs its VMs now was compared with the rules.", out);
}

/* ---- guest agents ---- */

static struct error *region_agents(struct worker_context *context,
                                   const struct config_region *region, const struct context *now,
                                   struct promise_reading *out)
{
    struct vm_agent_off_rows vms;
    struct driver *driver;
    struct error *e = worker_context_driver(context, now->arena, region->name, &driver);

    if (!e)
        e = sql_vm_agent_off(now->db, now->arena, region->name, &vms);
    for (size_t i = 0; !e && i < vms.count; i++) {
        bool has_agent;

        e = driver_has_agent(driver, now->arena, vms.row[i].id, &has_agent);
        if (!e)
            out->figure += has_agent;
        else if (e->kind == ERROR_CONFLICT)
            e = NULL; /* it has stopped since */
    }
    return e;
}

struct error *promise_agent_check(struct worker_context *context, const struct promise *promise,
                                  const struct context *now, struct promise_reading *out)
{
    const struct config *config = context->config;
    struct error *e = NULL;

    (void)promise;
    for (size_t i = 0; !e && i < config->region_count; i++)
        e = region_agents(context, &config->regions[i], now, out);
    return unreachable_note(e, "How each host runs VMs whose owners have it off was looked at.",
                            out);
}
