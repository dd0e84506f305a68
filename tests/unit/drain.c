/* Working off jobs in a test; see drain.h. */
#include "drain.h"

#include "worker/job.h"

#include <unistd.h>

static const struct bench_pace quick = {
    .stop_ms = 40,
    .boot_kvm_ms = 80,
    .boot_tcg_ms = 80,
    .ssh_try_ms = 5,
    .poll_ms = 2,
    .backoff_ms = 4,
    .backoff_most_ms = 20,
    .usage_answer_ms = 50,
    .usage_connect_ms = 500,
};

struct bench *drain_bench(struct world *world)
{
    struct bench *bench;

    world_check(bench_open(world->arena, world->config, &quick, &bench), "bench");
    return bench;
}

void drain(struct bench *bench)
{
    struct job_open_row open = { .queued = 1 };
    struct arena *arena = arena_new(1024 * 1024);
    struct job job;
    bool has_one;

    while (open.queued) {
        world_check(job_take(bench, &job, &has_one), "take");
        if (has_one)
            job_do(&job);
        else
            usleep(1000);
        arena_reset(arena);
        world_check(sql_job_open(bench->db, arena, &open), "open");
    }
    arena_free(arena);
}
