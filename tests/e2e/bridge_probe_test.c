/*
 * The isolation probe on a bridge, with a real guest, in the world that system/world.sh has made:
 *
 *     bridge_probe_test STATE
 *
 * Nothing answers to it, until what keeps the host, or another VM, apart is opened on purpose.
 */
#include "../unit/world.h"

#include "worker/job.h"
#include "worker/promise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD "inet domicile_guard"

/* As root: system/world.sh runs the line and returns its status. */
static void root(struct arena *arena, const char *line)
{
    const char *folder = getenv("DRIVER_TEST_ROOT");
    char status[16] = "";
    FILE *in = fopen(arena_printf(arena, "%s/root.in", folder), "we"), *out;

    if (!in || fprintf(in, "%s\n", line) < 0 || fclose(in) != 0)
        world_check(error_new(arena, ERROR_INTERNAL, "%m"), line);
    out = fopen(arena_printf(arena, "%s/root.out", folder), "re");
    if (!out || !fgets(status, sizeof status, out) || strcmp(status, "0\n") != 0)
        world_check(error_new(arena, ERROR_INTERNAL, "status %s", status), line);
    fclose(out);
}

static struct promise_reading measured(struct worker_context *context)
{
    const struct context now = worker_context_now(context, context->arena);
    struct promise_reading reading = { .is_known = true };

    world_check(promise_probe_check(context, NULL, &now, &reading), "probe");
    printf("           %s\n", reading.evidence);
    return reading;
}

static void check(struct arena *arena, const char *what, bool is_so)
{
    if (!is_so)
        world_check(error_new(arena, ERROR_INTERNAL, "it is not so"), what);
    printf("           %s\n", what);
}

/* As the worker's threads do. */
static void jobs_do(struct worker_context *context)
{
    struct job job;
    bool has_one = true;

    while (has_one) {
        world_check(job_take(context, &JOB_CLASS_VM, &job, &has_one), "job");
        if (has_one)
            job_do(&job);
    }
}

/* Bridge and firewall both keep it apart; libvirt's description of the VM stays as it is. */
static void neighbour_test(struct worker_context *context, struct world *world)
{
    const char *id = world_create_in(world, "test", "neighbour");
    struct arena *arena = world->arena;
    struct promise_reading reading;

    jobs_do(context);
    reading = measured(context);
    check(arena, "nor another VM, which it has tried",
          reading.is_known && reading.figure == 0 &&
              strstr(reading.evidence, " 0 of 2 at other VMs, "));
    root(arena, arena_printf(arena,
                             "bridge link set dev $(virsh -q -c qemu:///system domiflist "
                             "domicile-%s | awk '{ print $1 }') isolated off",
                             id));
    root(arena, "nft insert rule " GUARD " forward iifname dom0 oifname dom0 accept");
    reading = measured(context);
    check(arena, "with its port and the firewall open, that VM answers, and nothing else",
          reading.is_known && reading.figure == 2 &&
              strstr(reading.evidence, " 2 of 2 at other VMs, 0 of "));
    world_check(world_ask(world, id, VM_REQUEST_DESTROY, NULL), "destroy");
    jobs_do(context);
}

int main(int argc, char **argv)
{
    struct worker_context *context;
    struct promise_reading reading;
    struct world *world;

    if (argc != 2)
        return 2;
    world = world_open(argv[1]);
    world_check(worker_context_open(world->arena, world->config, &TIMEOUTS, DRIVERS, &context),
                "context");
    reading = measured(context);
    check(world->arena, "a guest on the bridge reaches nothing",
          reading.is_known && reading.figure == 0);
    root(world->arena, "nft insert rule " GUARD " input iifname dom0 accept");
    reading = measured(context);
    check(world->arena, "with the firewall open, the server answers, and nothing else",
          reading.is_known && reading.figure > 0 &&
              strstr(reading.evidence, " 0 of 3 at cloud metadata, 0 of "));
    root(world->arena, "nft -f $DRIVER_TEST_ROOT/guard.nft");
    check(world->arena, "with its rules again, it does not", measured(context).figure == 0);
    neighbour_test(context, world);
    worker_context_close(context);
    return 0;
}
