/*
 * One guest hangs (its QEMU is stopped by a signal), another does not: the first is shown as
 * unresponsive, the second is still measured, and the first can still be destroyed; a stop that is
 * stuck in the hung guest yields. kill.sh prepares the environment.
 *
 *   hang_test STATE_DIR URI WORKER
 */
#include "../unit/world.h"

#include "base/clock.h"

#include "usage_minute.sql.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t worker_start(struct world *world, const char *program)
{
    const char *log = arena_printf(world->arena, "%s/worker.log", world->state_dir);
    pid_t child = fork();

    if (child == 0) {
        int file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(file, STDERR_FILENO);
        execl(program, "worker", "--state", world->state_dir, (char *)NULL);
        _exit(127);
    }
    return child;
}

static pid_t qemu_find(struct world *world, const char *id)
{
    const char *path = arena_printf(world->arena, "%s/libvirt/qemu/run/domicile-%s.pid",
                                    getenv("XDG_RUNTIME_DIR"), id);
    FILE *file = fopen(path, "re");
    int pid = 0;

    if (!file || fscanf(file, "%d", &pid) != 1 || pid <= 1) {
        fprintf(stderr, "hang_test: no process number in %s\n", path);
        exit(1);
    }
    fclose(file);
    return pid;
}

static bool is_in(struct world *world, const char *id, const char *state)
{
    return strcmp(world_vm(world, id).state, state) == 0;
}

static bool is_silent(struct world *world, const char *id, const char *unused)
{
    (void)unused;
    return world_vm(world, id).unresponsive_at != 0;
}

static bool is_measured(struct world *world, const char *id, const char *unused)
{
    struct usage_minute_points_rows rows;

    (void)unused;
    world_check(
        sql_usage_minute_points(world->db, world->arena, world->team_id, id, 0, INT64_MAX, &rows),
        "usage");
    return rows.count && rows.row[rows.count - 1].cpu_ms > 0;
}

/* Against hanging: more polls than anything here takes on the slowest machine. */
enum { MOST_LOOKS = 12000 };

static void wait_for(struct world *world, const char *what, const char *id,
                     bool (*is_so)(struct world *, const char *, const char *),
                     const char *argument)
{
    struct arena *arena = world->arena, *scratch = arena_new(1 << 20);
    int64_t begun_us = clock_monotonic_us();

    world->arena = scratch;
    for (int looks = 0; !is_so(world, id, argument); looks++) {
        if (looks == MOST_LOOKS) {
            printf("FAIL  %s: never\n", what);
            exit(1);
        }
        arena_reset(scratch);
        usleep(50000);
    }
    world->arena = arena;
    arena_free(scratch);
    printf("ok    %s after %.1f s\n", what, (double)(clock_monotonic_us() - begun_us) / 1e6);
    fflush(stdout);
}

static void ask(struct world *world, const char *id, enum vm_trigger event)
{
    world_check(world_ask(world, id, event, NULL), "ask");
}

int main(int argc, char **argv)
{
    const char *hung, *stuck, *well;
    struct world *world;
    pid_t worker;
    int status;

    if (argc != 4) {
        fputs("usage: hang_test STATE_DIR URI WORKER\n", stderr);
        return 2;
    }
    world_configure(argv[1], argv[2]);
    world = world_open(argv[1]);
    worker = worker_start(world, argv[3]);
    hung = world_create(world, "hung");
    stuck = world_create(world, "stuck");
    well = world_create(world, "well");
    wait_for(world, "the first runs", hung, is_in, "running");
    wait_for(world, "the second runs", stuck, is_in, "running");
    wait_for(world, "the third runs", well, is_in, "running");

    /* Stopping it immediately, before the hang is detected, gets stuck in the host. */
    kill(qemu_find(world, stuck), SIGSTOP);
    ask(world, stuck, VM_REQUEST_STOP);
    kill(qemu_find(world, hung), SIGSTOP);
    wait_for(world, "the hung one is shown as not answering", hung, is_silent, NULL);
    wait_for(world, "the other is measured", well, is_measured, NULL);
    ask(world, well, VM_REQUEST_RESTART);
    wait_for(world, "the other restarts", well, is_in, "running");
    ask(world, hung, VM_REQUEST_DESTROY);
    wait_for(world, "the hung one is gone", hung, is_in, "gone");
    wait_for(world, "the stop that was stuck has ended", stuck, is_in, "stopped");
    ask(world, stuck, VM_REQUEST_DESTROY);
    ask(world, well, VM_REQUEST_DESTROY);
    wait_for(world, "the second is gone", stuck, is_in, "gone");
    wait_for(world, "the third is gone", well, is_in, "gone");
    kill(worker, SIGTERM);
    waitpid(worker, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
