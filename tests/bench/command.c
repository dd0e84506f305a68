/*
 * How long a command waits: from the moment it stands in the database to the start of the first
 * step of its job, and to its end, with a worker that had nothing to do.
 *
 *   command STATE_DIR URI WORKER COUNT
 *
 * Prints a JSON object, medians and the 95th percentile. STATE_DIR is empty at first; with
 * libvirt's test driver (test:///default) the host takes no time.
 */
#include "../unit/world.h"

#include "base/clock.h"

#include "job_step.sql.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct wait {
    int64_t first_ms, done_ms;
};

static struct wait command(struct world *world, int number)
{
    const char *id = world_create(world, arena_printf(world->arena, "vm-%d", number));
    struct job_step_list_rows steps;
    struct job_last_row job;

    do {
        usleep(20000);
        job = world_job(world, id);
    } while (strcmp(job.state, "done") != 0 && strcmp(job.state, "failed") != 0);
    world_check(sql_job_step_list(world->db, world->arena, world->team_id, job.number, &steps),
                "steps");
    world_check(world_ask(world, id, VM_REQUEST_DESTROY, NULL), "destroy");
    usleep(100000);
    return (struct wait){
        .first_ms = steps.row[0].started_at_ms - job.requested_at_ms,
        .done_ms = job.ended_at_ms - job.requested_at_ms,
    };
}

static int by_first(const void *a, const void *b)
{
    int64_t first = ((const struct wait *)a)->first_ms, second = ((const struct wait *)b)->first_ms;

    return (first > second) - (first < second);
}

int main(int argc, char **argv)
{
    struct world *world;
    struct wait *waits;
    size_t count;
    pid_t worker;

    if (argc != 5) {
        fputs("usage: command STATE_DIR URI WORKER COUNT\n", stderr);
        return 2;
    }
    world_configure(argv[1], argv[2]);
    world = world_open(argv[1]);
    count = (size_t)strtol(argv[4], NULL, 10);
    waits = arena_array(world->arena, count, sizeof *waits);
    worker = fork();
    if (worker == 0) {
        execl(argv[3], "worker", "--state", argv[1], (char *)NULL);
        _exit(127);
    }
    sleep(1);
    for (size_t i = 0; i < count; i++)
        waits[i] = command(world, (int)i);
    kill(worker, SIGTERM);
    waitpid(worker, NULL, 0);
    qsort(waits, count, sizeof *waits, by_first);
    printf("{ \"first_ms\": %lld, \"first_p95_ms\": %lld, \"done_ms\": %lld }\n",
           (long long)waits[count / 2].first_ms, (long long)waits[count * 95 / 100].first_ms,
           (long long)waits[count / 2].done_ms);
    return 0;
}
