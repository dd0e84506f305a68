/* One thread's working set; see worker_context.h. Knows neither jobs nor VMs. */
#include "worker/worker_context.h"

#include "base/clock.h"
#include "base/limit.h"
#include "model/state_path.h"
#include "remote/stripe.h"

#include <string.h>

enum {
    SCRATCH_BYTES = 4 * 1024 * 1024,
    HOST_BYTES = 1024 * 1024, /* memory of one handle */
    STRIPE_BYTES = 64 * 1024,
    CONTEXT_BYTES = 64 * 1024,
};

const struct timeouts TIMEOUTS = {
    .stop_ms = LIMIT_STOP_S * 1000,
    .boot_kvm_ms = LIMIT_BOOT_KVM_S * 1000,
    .boot_tcg_ms = LIMIT_BOOT_TCG_S * 1000,
    .ssh_try_ms = LIMIT_SSH_TRY_MS,
    .ssh_up_try_ms = LIMIT_SSH_UP_TRY_MS,
    .poll_ms = 100,
    .backoff_ms = 1000,
    .backoff_max_ms = LIMIT_JOB_BACKOFF_S * 1000,
    .usage_timeout_ms = LIMIT_USAGE_TIMEOUT_MS,
    .usage_connect_ms = LIMIT_USAGE_EVERY_S * 1000,
};

struct context_host {
    struct arena *arena;   /* the handle's */
    struct driver *driver; /* NULL: not connected yet */
};

/* The context and its memory, so that worker_context_close can free both. */
struct whole {
    struct worker_context context;
    struct arena *own;
    struct arena *stripe_arena;
    struct stripe *stripe; /* NULL: not opened yet */
};

struct worker_context *worker_context_without_db(const struct config *config,
                                                 const struct timeouts *timeouts,
                                                 const struct driver_scheme *drivers)
{
    struct arena *own = arena_new(CONTEXT_BYTES);
    struct whole *whole = arena_alloc(own, sizeof *whole);

    whole->own = own;
    whole->context = (struct worker_context){
        .config = config,
        .timeouts = timeouts,
        .drivers = drivers,
        .arena = arena_new(LIMIT_JOB_ARENA_BYTES),
        .scratch = arena_new(SCRATCH_BYTES),
        .hosts = arena_array(own, config->region_count, sizeof *whole->context.hosts),
    };
    return &whole->context;
}

struct error *worker_context_open(struct arena *arena, const struct config *config,
                                  const struct timeouts *timeouts,
                                  const struct driver_scheme *drivers, struct worker_context **out)
{
    struct worker_context *context = worker_context_without_db(config, timeouts, drivers);
    struct error *e = db_open(arena, &DB_MAIN, main_db_path(arena, config->state_dir),
                              DB_READ_WRITE, &context->db);

    if (e)
        worker_context_close(context);
    else
        *out = context;
    return e;
}

static struct whole *whole_of(struct worker_context *context)
{
    return (struct whole *)(void *)context;
}

void worker_context_close(struct worker_context *context)
{
    struct arena *own = whole_of(context)->own;

    for (size_t i = 0; i < context->config->region_count; i++) {
        if (!context->hosts[i].driver)
            continue;
        driver_close(context->hosts[i].driver);
        arena_free(context->hosts[i].arena);
    }
    if (context->db)
        db_close(context->db);
    if (whole_of(context)->stripe)
        arena_free(whole_of(context)->stripe_arena);
    arena_free(context->arena);
    arena_free(context->scratch);
    arena_free(own);
}

struct driver_region worker_context_region(const struct config *config,
                                           const struct config_region *region)
{
    return (struct driver_region){
        .name = region->name,
        .uri = region->uri,
        .accelerator = region->accelerator,
        .bridge = *region->bridge ? region->bridge : NULL,
        .ssh_port_first = region->ssh_port_first,
        .ssh_port_last = region->ssh_port_last,
        .disk_iops = region->disk_iops,
        .disk_mb_s = region->disk_mb_s,
        .state_dir = config->state_dir,
    };
}

static struct error *host_connect(struct context_host *host, struct arena *arena,
                                  const struct driver_scheme *drivers, const struct config *config,
                                  const struct config_region *region)
{
    struct driver_region wanted = worker_context_region(config, region);
    struct error *e;

    host->arena = arena_new(HOST_BYTES);
    e = driver_open(host->arena, drivers, &wanted, &host->driver);
    if (!e)
        return NULL;
    e = error_copy(arena, e);
    host->driver = NULL;
    arena_free(host->arena);
    return e;
}

struct error *worker_context_driver(struct worker_context *context, struct arena *arena,
                                    const char *region, struct driver **out)
{
    const struct config_region *found = config_region_find(context->config, region);
    struct context_host *host;
    struct error *e = NULL;

    if (!found)
        return error_new(arena, ERROR_INTERNAL, "domicile.conf has no region \"%s\" any more",
                         region);
    host = &context->hosts[found - context->config->regions];
    if (!host->driver)
        e = host_connect(host, arena, context->drivers, context->config, found);
    *out = host->driver;
    return e;
}

const struct driver_ops *worker_context_driver_ops(const struct worker_context *context,
                                                   const char *region)
{
    const struct config_region *found = config_region_find(context->config, region);

    return found ? driver_ops_find(context->drivers, found->uri) : NULL;
}

struct error *worker_context_stripe(struct worker_context *context, struct arena *arena,
                                    const struct stripe **out)
{
    struct whole *whole = whole_of(context);
    struct error *e = NULL;

    if (!config_has_billing(context->config))
        return error_new(arena, ERROR_INPUT, "billing = off in domicile.conf");
    if (!whole->stripe) {
        whole->stripe_arena = arena_new(STRIPE_BYTES);
        e = stripe_open(whole->stripe_arena, context->config, &whole->stripe);
    }
    if (e) {
        e = error_copy(arena, e);
        whole->stripe = NULL;
        arena_free(whole->stripe_arena);
    }
    *out = whole->stripe;
    return e;
}

struct context worker_context_now(const struct worker_context *context, struct arena *arena)
{
    return context_at(context->db, arena, context->config, clock_now_ms());
}

void context_sleep(struct worker_context *context, int64_t length_ms)
{
    arena_reset(context->scratch);
    clock_sleep(length_ms);
}
