/* One thread's tools; see bench.h. Knows neither jobs nor VMs. */
#include "worker/bench.h"

#include "base/limit.h"
#include "remote/stripe.h"

#include <string.h>
#include <time.h>

enum {
    SCRATCH_BYTES = 4 * 1024 * 1024,
    HOST_BYTES = 1024 * 1024, /* what a handle keeps for itself */
    STRIPE_BYTES = 64 * 1024,
    BENCH_BYTES = 64 * 1024,
};

const struct bench_pace BENCH_PACE = {
    .stop_ms = LIMIT_STOP_S * 1000,
    .boot_kvm_ms = LIMIT_BOOT_KVM_S * 1000,
    .boot_tcg_ms = LIMIT_BOOT_TCG_S * 1000,
    .ssh_try_ms = LIMIT_SSH_TRY_MS,
    .poll_ms = 100,
    .backoff_ms = 1000,
    .backoff_most_ms = LIMIT_JOB_BACKOFF_S * 1000,
    .usage_answer_ms = LIMIT_USAGE_ANSWER_MS,
    .usage_connect_ms = LIMIT_USAGE_EVERY_S * 1000,
};

struct bench_host {
    struct arena *arena;   /* of the handle */
    struct driver *driver; /* NULL: not connected yet */
};

/* The bench and its memory, so that bench_close can end both. */
struct whole {
    struct bench bench;
    struct arena *own;
    struct arena *stripe_arena;
    struct stripe *stripe; /* NULL: not opened yet */
};

const char *bench_database(struct arena *arena, const struct config *config)
{
    return arena_printf(arena, "%s/main.db", config->state_dir);
}

struct bench *bench_without_db(const struct config *config, const struct bench_pace *pace)
{
    struct arena *own = arena_new(BENCH_BYTES);
    struct whole *whole = arena_alloc(own, sizeof *whole);

    whole->own = own;
    whole->bench = (struct bench){
        .config = config,
        .pace = pace,
        .arena = arena_new(LIMIT_JOB_ARENA_BYTES),
        .scratch = arena_new(SCRATCH_BYTES),
        .hosts = arena_array(own, config->region_count, sizeof *whole->bench.hosts),
    };
    return &whole->bench;
}

struct error *bench_open(struct arena *arena, const struct config *config,
                         const struct bench_pace *pace, struct bench **out)
{
    struct bench *bench = bench_without_db(config, pace);
    struct error *e =
        db_open(arena, &DB_MAIN, bench_database(arena, config), DB_READ_WRITE, &bench->db);

    if (e)
        bench_close(bench);
    else
        *out = bench;
    return e;
}

static struct whole *whole_of(struct bench *bench)
{
    return (struct whole *)(void *)bench;
}

void bench_close(struct bench *bench)
{
    struct arena *own = whole_of(bench)->own;

    for (size_t i = 0; i < bench->config->region_count; i++) {
        if (!bench->hosts[i].driver)
            continue;
        driver_close(bench->hosts[i].driver);
        arena_free(bench->hosts[i].arena);
    }
    if (bench->db)
        db_close(bench->db);
    if (whole_of(bench)->stripe)
        arena_free(whole_of(bench)->stripe_arena);
    arena_free(bench->arena);
    arena_free(bench->scratch);
    arena_free(own);
}

static struct error *host_connect(struct bench_host *host, struct arena *arena,
                                  const struct config *config, const struct config_region *region)
{
    struct driver_region wanted = {
        .name = region->name,
        .uri = region->uri,
        .accelerator = region->accelerator,
        .bridge = *region->bridge ? region->bridge : NULL,
        .ssh_host = region->ssh_host,
        .ssh_port_first = region->ssh_port_first,
        .ssh_port_last = region->ssh_port_last,
        .state_dir = config->state_dir,
    };
    struct error *e;

    host->arena = arena_new(HOST_BYTES);
    e = driver_open(host->arena, &wanted, &host->driver);
    if (!e)
        return NULL;
    e = error_new(arena, e->kind, "%s", e->text);
    host->driver = NULL;
    arena_free(host->arena);
    return e;
}

struct error *bench_driver(struct bench *bench, struct arena *arena, const char *region,
                           struct driver **out)
{
    const struct config_region *found = config_region_find(bench->config, region);
    struct bench_host *host;
    struct error *e = NULL;

    if (!found)
        return error_new(arena, ERROR_INTERNAL, "domicile.conf has no region \"%s\" any more",
                         region);
    host = &bench->hosts[found - bench->config->regions];
    if (!host->driver)
        e = host_connect(host, arena, bench->config, found);
    *out = host->driver;
    return e;
}

struct error *bench_stripe(struct bench *bench, struct arena *arena, const struct stripe **out)
{
    struct whole *whole = whole_of(bench);
    struct error *e = NULL;

    if (!config_bills(bench->config))
        return error_new(arena, ERROR_INPUT, "billing = off in domicile.conf");
    if (!whole->stripe) {
        whole->stripe_arena = arena_new(STRIPE_BYTES);
        e = stripe_open(whole->stripe_arena, bench->config, &whole->stripe);
    }
    if (e) {
        e = error_new(arena, e->kind, "%s", e->text);
        whole->stripe = NULL;
        arena_free(whole->stripe_arena);
    }
    *out = whole->stripe;
    return e;
}

void bench_rest(struct bench *bench, int64_t length_ms)
{
    struct timespec length = { .tv_sec = (time_t)(length_ms / 1000),
                               .tv_nsec = (long)(length_ms % 1000) * 1000000 };

    arena_reset(bench->scratch);
    nanosleep(&length, NULL);
}
