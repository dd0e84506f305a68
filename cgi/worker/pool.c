/* Pools of VMs; see pool.h. */
#include "worker/pool.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "base/log.h"
#include "host/image_store.h"
#include "main_constants.sql.h"
#include "model/vm_internet.h"
#include "worker/image_version.h"

#include "image.sql.h"
#include "pool.sql.h"
#include "pool_vm.sql.h"
#include "vm.sql.h"

#include <string.h>

/* One look at a region. */
struct look {
    struct worker_context *context;
    struct context now;
    const struct config_region *region;
    struct driver *driver;
    struct driver_capacity capacity;
    struct pool_use_row use; /* of people */
    int64_t vms, memory_mb;  /* of pools, without those that leave */
    bool is_making;          /* one is under way, of whatever image */
};

/* The pool of one image there. */
struct pool {
    struct look *look;
    const struct config_image *image;
    const struct config_size *size;
    const char *version; /* NULL: the image is not available, or not yet */
    bool is_broken;
    struct pool_get_row row;
    int64_t count; /* that are ready or being made */
};

/* ---- what is in the way ---- */

/* Changes are logged, and written. */
static struct error *pool_record(struct pool *pool, const char *problem)
{
    const struct context *now = &pool->look->now;
    bool is_known = strcmp(problem ? problem : "", pool->row.problem ? pool->row.problem : "") == 0;

    if (is_known && pool->row.wanted == pool->image->pool)
        return NULL;
    if (problem)
        log_error("pool", log_text("region", pool->look->region->name),
                  log_text("image", pool->image->name), log_text("error", problem));
    pool->row.wanted = pool->image->pool;
    pool->row.problem = problem;
    return sql_pool_put(now->db, now->arena, pool->look->region->name, pool->image->name,
                        pool->row.wanted, pool->row.problem, pool->row.retry_at);
}

static int64_t needs_mb(int64_t vms, int64_t memory_mb)
{
    return memory_mb + vms * LIMIT_GUEST_EXTRA_MB;
}

/* Whether people's VMs, those of pools and `vms` more with that memory have room on the host. */
static const char *shortage_find(const struct look *look, int64_t vms, int64_t memory_mb)
{
    int64_t limit_mb = look->capacity.memory_mb * LIMIT_POOL_MEMORY_PERCENT / 100;

    if (needs_mb(look->use.vms + look->vms + vms,
                 look->use.memory_mb + look->memory_mb + memory_mb) > limit_mb)
        return "The host’s memory is needed for people’s VMs.";
    if (look->capacity.free_bytes / (1024 * 1024) < LIMIT_ROOM_MB)
        return "The host has too little free disk space.";
    return NULL;
}

static const char *problem_find(const struct pool *pool)
{
    struct look *look = pool->look;
    struct arena *arena = look->now.arena;

    if (!driver_has_guests(look->driver))
        return "The host runs no guests.";
    if (!pool->size)
        return "No size has as much memory as the image needs.";
    if (pool->is_broken)
        return "The image is not available.";
    if (pool->version &&
        !image_store_waits(arena, image_version_dir(arena, look->now.config, pool->version)))
        return "Guests of this image can’t wait for an owner: only current builds of make guest "
               "and make image can, cloud-init can’t.";
    return pool->row.retry_at > look->now.now_at ? pool->row.problem
                                                 : shortage_find(look, 1, pool->size->memory_mb);
}

/* ---- one VM ---- */

static bool is_leaving(const struct pool_vm_list_row *vm)
{
    return strcmp(vm->state, POOL_VM_STATE_LEAVING) == 0;
}

struct making {
    struct look *look;
    struct pool_vm_list_row *vm;
};

/*
 * Committed before the port is used. What its guest reaches is nothing, until somebody has it:
 * whoever had the port before may have left something open.
 */
static struct error *port_reserve(void *owner, int64_t port, bool *is_ours)
{
    const struct making *making = owner;
    const struct driver_vm vm = { .id = making->vm->id,
                                  .ssh.port = port,
                                  .internet = VM_INTERNET_OFF };
    struct db *db = making->look->now.db;
    struct arena *arena = making->look->now.arena;
    struct vm_port_taken_row taken = { .total = 0 };
    struct error *e = db_begin(db, arena);

    if (!e)
        e = sql_vm_port_taken(db, arena, making->look->region->name, port, &taken);
    *is_ours = !e && !taken.total;
    if (*is_ours)
        e = sql_pool_vm_set_port(db, arena, making->vm->id, port);
    if (*is_ours && !e)
        e = db_commit(db, arena);
    db_rollback(db);
    *is_ours = *is_ours && !e;
    return *is_ours ? driver_internet_set(making->look->driver, arena, &vm) : e;
}

static struct driver_vm driver_vm_of(const struct look *look, const struct pool_vm_list_row *vm)
{
    return (struct driver_vm){
        .id = vm->id,
        .image_dir = image_version_dir(look->now.arena, look->now.config, vm->image_version),
        .vcpus = vm->vcpus,
        .memory_mb = vm->memory_mb,
        .disk_gb = vm->disk_gb,
        .ssh = { .port = vm->ssh_port },
    };
}

/* The driver's own steps, up to where the guest would answer. */
static struct error *vm_boot(const struct pool *pool, struct pool_vm_list_row *vm)
{
    struct look *look = pool->look;
    const struct driver_seed seed = { .says_wait = true, .user_name = pool->image->user };
    const struct driver_steps *steps = &look->driver->ops->create_steps;
    struct making making = { look, vm };
    const struct driver_ports ports = { .reserve = port_reserve, .owner = &making };
    struct driver_vm wanted = driver_vm_of(look, vm);
    struct driver_create create = { .vm = &wanted, .ports = &ports, .seed = &seed };
    struct error *e = image_version_check(&look->now, vm->image_version, false);

    for (size_t i = 0; !e && i < steps->count && steps->row[i].act; i++)
        e = steps->row[i].act(look->driver, look->now.arena, &create);
    vm->ssh_port = wanted.ssh.port;
    return e;
}

/* All that the driver lists, as of a destroyed VM; then the row. It had nothing of anybody. */
static struct error *vm_remove(const struct look *look, const struct pool_vm_list_row *vm)
{
    const struct driver_removals *removals = &look->driver->ops->removals;
    const struct driver_vm removed = driver_vm_of(look, vm);
    struct error *e = NULL;

    for (size_t i = 0; !e && i < removals->count; i++) {
        const char *response;

        e = removals->row[i].act(look->driver, look->now.arena, &removed, &response);
    }
    if (e) {
        log_error("pool", log_text("vm", vm->id), log_text("error", e->text));
        return sql_pool_vm_set_state(look->now.db, look->now.arena, vm->id, POOL_VM_STATE_LEAVING,
                                     POOL_VM_STATE_LEAVING, look->now.now_at);
    }
    log_info("pool", log_text("vm", vm->id), log_text("removed", vm->image));
    return sql_pool_vm_end(look->now.db, look->now.arena, vm->id);
}

/* Unless somebody has taken it since. */
static struct error *vm_drop(const struct look *look, const struct pool_vm_list_row *vm)
{
    struct error *e = sql_pool_vm_set_state(look->now.db, look->now.arena, vm->id, vm->state,
                                            POOL_VM_STATE_LEAVING, look->now.now_at);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    return vm_remove(look, vm);
}

/* The next one is tried later. */
static struct error *vm_give_up(struct pool *pool, const struct pool_vm_list_row *vm,
                                const char *problem)
{
    struct error *e;

    pool->count--;
    pool->row.retry_at = pool->look->now.now_at + LIMIT_POOL_RETRY_S;
    pool->row.problem = NULL;
    e = pool_record(pool, problem);
    return e ? e : vm_drop(pool->look, vm);
}

static int64_t boot_limit_s(const struct look *look)
{
    const struct timeouts *timeouts = look->context->timeouts;
    bool is_kvm = strcmp(driver_accelerator(look->driver), "kvm") == 0;

    return (is_kvm ? timeouts->boot_kvm_ms : timeouts->boot_tcg_ms) / 1000;
}

/* Not yet ready: it boots, or is booted, also if a killed worker had begun. */
static struct error *vm_make(struct pool *pool, struct pool_vm_list_row *vm)
{
    struct look *look = pool->look;
    struct arena *arena = look->now.arena;
    enum driver_power power;
    bool is_waiting = false;
    struct error *e = driver_power(look->driver, arena, vm->id, &power);

    if (!e && power == DRIVER_RUNNING)
        e = driver_waits(look->driver, arena, vm->id, &is_waiting);
    if (!e && is_waiting)
        return sql_pool_vm_set_state(look->now.db, arena, vm->id, POOL_VM_STATE_MAKING,
                                     POOL_VM_STATE_READY, look->now.now_at);
    if (!e && vm->state_at + boot_limit_s(look) < look->now.now_at)
        return vm_give_up(pool, vm, "A guest was started, and did not come to wait for an owner.");
    if (!e && power != DRIVER_RUNNING)
        e = vm_boot(pool, vm);
    return e ? vm_give_up(pool, vm, e->text) : NULL;
}

/* One that does not wait any more, after an outage for instance, is of no use. */
static struct error *ready_check(struct pool *pool, const struct pool_vm_list_row *vm)
{
    struct look *look = pool->look;
    bool is_waiting;
    struct error *e = driver_waits(look->driver, look->now.arena, vm->id, &is_waiting);

    if (e)
        log_error("pool", log_text("vm", vm->id), log_text("error", e->text));
    return e || is_waiting ? NULL : vm_drop(look, vm);
}

static bool is_as_wanted(const struct pool *pool, const struct pool_vm_list_row *vm)
{
    return pool->count < pool->image->pool && pool->version && pool->size &&
           strcmp(vm->image_version, pool->version) == 0 && vm->vcpus == pool->size->vcpus &&
           vm->memory_mb == pool->size->memory_mb && vm->disk_gb == pool->size->disk_gb;
}

static struct error *vm_look(struct pool *pool, struct pool_vm_list_row *vm)
{
    if (!is_as_wanted(pool, vm))
        return vm_drop(pool->look, vm);
    pool->count++;
    return strcmp(vm->state, POOL_VM_STATE_READY) == 0 ? ready_check(pool, vm) : vm_make(pool, vm);
}

/* ---- one pool ---- */

static struct error *vm_begin(const struct pool *pool)
{
    const struct config_size *size = pool->size;
    const struct context *now = &pool->look->now;

    pool->look->is_making = true;
    return sql_pool_vm_create(now->db, now->arena, crypto_id(now->arena), pool->look->region->name,
                              pool->image->name, pool->version, size->vcpus, size->memory_mb,
                              size->disk_gb, now->now_at);
}

/* More may follow at once, and a boot takes the host's processors. */
static bool are_people_busy(const struct look *look)
{
    return look->use.jobs || look->use.changed_at + LIMIT_POOL_REST_S > look->now.now_at;
}

/* Missing VMs: the reason is recorded, or one is begun. */
static struct error *pool_fill(struct pool *pool)
{
    struct look *look = pool->look;
    struct error *e =
        pool_record(pool, pool->count < pool->image->pool ? problem_find(pool) : NULL);

    if (e || pool->row.problem || !pool->version || pool->count >= pool->image->pool ||
        look->is_making || are_people_busy(look))
        return e;
    return vm_begin(pool);
}

static struct error *pool_read(struct look *look, const struct config_image *image,
                               struct pool *out)
{
    const struct context *now = &look->now;
    struct image_get_row stored = { .version = NULL };
    struct error *e = sql_image_get(now->db, now->arena, image->name, &stored);

    *out = (struct pool){ .look = look, .image = image, .row.wanted = -1 };
    if (!e || e->kind == ERROR_NOT_FOUND)
        e = sql_pool_get(now->db, now->arena, look->region->name, image->name, &out->row);
    out->size = config_image_size(now->config, image);
    out->version = stored.version;
    out->is_broken = stored.problem != NULL;
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

static struct error *pool_look(struct look *look, const struct config_image *image,
                               const struct pool_vm_list_rows *vms)
{
    struct pool pool;
    struct error *e = pool_read(look, image, &pool);

    for (size_t i = 0; !e && i < vms->count; i++) {
        if (strcmp(vms->row[i].image, image->name) == 0 && !is_leaving(&vms->row[i]))
            e = vm_look(&pool, &vms->row[i]);
    }
    return e || !image->pool ? e : pool_fill(&pool);
}

/* ---- one region ---- */

/* Those that are to leave, and those of images that domicile.conf no longer has. */
static struct error *leaving_remove(const struct look *look, const struct pool_vm_list_rows *vms)
{
    struct error *e = NULL;

    for (size_t i = 0; !e && i < vms->count; i++) {
        const struct pool_vm_list_row *vm = &vms->row[i];

        if (is_leaving(vm) && vm->state_at + LIMIT_POOL_REMOVE_S <= look->now.now_at)
            e = vm_remove(look, vm);
        else if (!is_leaving(vm) && !config_image_find(look->now.config, vm->image))
            e = vm_drop(look, vm);
    }
    return e;
}

/* The host is asked, and what people have there. */
static struct error *look_begin(struct look *look, const struct pool_vm_list_rows *vms)
{
    const struct context *now = &look->now;
    struct error *e =
        worker_context_driver(look->context, now->arena, look->region->name, &look->driver);

    for (size_t i = 0; i < vms->count; i++) {
        if (is_leaving(&vms->row[i]))
            continue;
        look->is_making |= strcmp(vms->row[i].state, POOL_VM_STATE_MAKING) == 0;
        look->vms++;
        look->memory_mb += vms->row[i].memory_mb;
    }
    if (!e)
        e = driver_capacity(look->driver, now->arena, &look->capacity);
    return e ? e : sql_pool_use(now->db, now->arena, look->region->name, now->now_ms, &look->use);
}

/* What is not ready, or was made last, goes first; one in each look. */
static const struct pool_vm_list_row *superfluous_find(const struct look *look,
                                                       const struct pool_vm_list_rows *vms)
{
    if (!shortage_find(look, 0, 0))
        return NULL;
    for (size_t i = vms->count; i > 0; i--) {
        if (!is_leaving(&vms->row[i - 1]))
            return &vms->row[i - 1];
    }
    return NULL;
}

/* Of a host that cannot be reached nothing is judged: its page says so (reconcile.c). */
static struct error *region_run(struct look *look)
{
    const struct config *config = look->now.config;
    const struct pool_vm_list_row *superfluous;
    struct pool_vm_list_rows vms;
    struct error *e = sql_pool_vm_list(look->now.db, look->now.arena, look->region->name, &vms);

    if (!e)
        e = look_begin(look, &vms);
    if (e)
        return e->kind == ERROR_UPSTREAM ? NULL : e;
    superfluous = superfluous_find(look, &vms);
    if (superfluous)
        return vm_drop(look, superfluous);
    e = leaving_remove(look, &vms);
    for (size_t i = 0; !e && i < config->image_count; i++)
        e = pool_look(look, &config->images[i], &vms);
    return e;
}

/* ---- all of them ---- */

static bool is_configured(const struct config *config, const char *region, const char *image)
{
    const struct config_image *found = config_image_find(config, image);

    return found && found->pool && config_region_find(config, region);
}

/* *has_any: there are pools, or there is something left of some. */
static struct error *pools_read(struct worker_context *context, bool *has_any)
{
    const struct context now = worker_context_now(context, context->arena);
    struct pool_list_rows pools;
    struct error *e = sql_pool_list(now.db, now.arena, &pools);

    *has_any = !e && pools.count;
    for (size_t i = 0; !e && i < pools.count; i++) {
        const struct pool_list_row *pool = &pools.row[i];

        if (!pool->vms && !is_configured(now.config, pool->region, pool->image))
            e = sql_pool_end(now.db, now.arena, pool->region, pool->image);
    }
    for (size_t i = 0; i < now.config->image_count; i++)
        *has_any |= now.config->images[i].pool > 0;
    return e;
}

struct error *pool_run(struct worker_context *context)
{
    bool has_any;
    struct error *e;

    arena_reset(context->arena);
    e = pools_read(context, &has_any);
    for (size_t i = 0; !e && has_any && i < context->config->region_count; i++) {
        struct look look = { .context = context, .region = &context->config->regions[i] };

        arena_reset(context->arena);
        look.now = worker_context_now(context, context->arena);
        e = region_run(&look);
    }
    return e;
}
