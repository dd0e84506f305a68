/* Executing jobs in a test; see drain.h. */
#include "drain.h"

#include "fake_driver.h"
#include "worker/job.h"

#include <unistd.h>

/* Short timeouts never expire for a healthy guest: it is polled once before they do. */
static const struct timeouts quick = {
    .stop_ms = 40,
    .boot_kvm_ms = 80,
    .boot_tcg_ms = 80,
    .ssh_try_ms = 5,
    .ssh_up_try_ms = 5,
    .poll_ms = 2,
    .backoff_ms = 4,
    .backoff_max_ms = 20,
    .usage_timeout_ms = 3000,
    .usage_connect_ms = 60000,
};

static struct worker_context *context_open(struct world *world, const struct timeouts *timeouts)
{
    struct worker_context *context;

    world_check(worker_context_open(world->arena, world->config, timeouts, TEST_DRIVERS, &context),
                "bench");
    return context;
}

struct worker_context *drain_bench(struct world *world)
{
    return context_open(world, &quick);
}

struct worker_context *drain_patient(struct world *world)
{
    static struct timeouts patient;

    patient = quick;
    patient.boot_kvm_ms = patient.boot_tcg_ms = INT64_MAX / 1000000;
    return context_open(world, &patient);
}

void drain(struct worker_context *context)
{
    struct job_open_row open = { .queued = 1 };
    struct arena *arena = arena_new(1024 * 1024);
    struct job job;
    bool has_one;

    while (open.queued) {
        world_check(job_take(context, &JOB_CLASS_VM, &job, &has_one), "take");
        if (has_one)
            job_do(&job);
        else
            usleep(1000);
        arena_reset(arena);
        world_check(sql_job_open(context->db, arena, &open), "open");
    }
    arena_free(arena);
}
