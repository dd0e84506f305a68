/*
 * Kills the worker at random while it creates and destroys VMs (kill.sh prepares the environment
 * and checks the result).
 *
 *   kill_test STATE_DIR URI WORKER KILLS MOST_MS MOST_VMS
 *
 * Writes commands as the dashboard does, lets the worker start, and kills it -9 after at most
 * MOST_MS, or later where the machine is so slow that it has not started a job by then; only kills
 * during a job count. WORKER logs to STATE_DIR/worker.log. Prints a summary.
 */
#include "../unit/world.h"

#include "adapter/crypto.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_VMS = 64 };

struct run {
    struct world *world; /* its arena is reset each turn */
    const char *worker;
    unsigned int max_ms, more_ms;
    unsigned int most_vms;
    int created, destroyed, kills, idle_kills;
};

static unsigned int random_below(unsigned int limit)
{
    unsigned int value;

    crypto_random(&value, sizeof value);
    return value % limit;
}

static pid_t worker_start(struct run *run)
{
    const char *log = arena_printf(run->world->arena, "%s/worker.log", run->world->state_dir);
    pid_t child = fork();

    if (child == 0) {
        int file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

        /* No worker is left running, even if this test fails. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(file, STDERR_FILENO);
        execl(run->worker, "worker", "--state", run->world->state_dir, (char *)NULL);
        _exit(127);
    }
    return child;
}

/* Create or destroy: towards a balance of both. */
static void command_one(struct run *run)
{
    struct world *world = run->world;
    const char *ids[MOST_VMS];
    struct vm_states_rows vms;
    unsigned int count = 0;

    world_check(sql_vm_states(world->db, world->arena, world->team_id, &vms), "list");
    for (size_t i = 0; i < vms.count && count < MOST_VMS; i++) {
        if (strcmp(vms.row[i].state, "destroying") != 0)
            ids[count++] = vms.row[i].id;
    }
    /* Such short-lived workers leave much unfinished. */
    if (vms.count > MOST_VMS)
        return;
    if (random_below(run->most_vms) >= count) {
        world_create(world, arena_printf(world->arena, "vm-%d", ++run->created));
        return;
    }
    world_check(world_ask(world, ids[random_below(count)], VM_REQUEST_DESTROY, NULL), "destroy");
    run->destroyed++;
}

/*
 * Counts the kill. The next worker gets longer if this one had not started, and less if it was
 * done.
 */
static void kill_count(struct run *run)
{
    unsigned int step_ms = run->max_ms / 8 + 1, most_ms = 20 * run->max_ms;
    struct job_open_row open;

    world_check(sql_job_open(run->world->db, run->world->arena, &open), "open");
    if (open.running) {
        run->kills++;
        return;
    }
    run->idle_kills++;
    if (!open.queued)
        run->more_ms /= 2;
    else if (run->more_ms < most_ms)
        run->more_ms += step_ms;
}

static void kill_once(struct run *run)
{
    pid_t worker = worker_start(run);
    unsigned int wishes = 1 + random_below(4);
    int status;

    usleep(1000 * random_below(20));
    for (unsigned int i = 0; i < wishes; i++)
        command_one(run);
    usleep(1000 * random_below(run->max_ms + run->more_ms));
    kill(worker, SIGKILL);
    if (waitpid(worker, &status, 0) < 0 || !WIFSIGNALED(status)) {
        fprintf(stderr, "kill_test: the worker ended by itself (status %d):\n", status);
        status = system(arena_printf(run->world->arena, "tail -n 5 '%s/worker.log' >&2",
                                     run->world->state_dir));
        exit(status ? 2 : 1);
    }
    kill_count(run);
    arena_reset(run->world->arena);
}

int main(int argc, char **argv)
{
    struct run run = { .created = 0 };
    int kills;

    if (argc != 7) {
        fputs("usage: kill_test STATE_DIR URI WORKER KILLS MOST_MS MOST_VMS\n", stderr);
        return 2;
    }
    world_configure(argv[1], argv[2]);
    run.world = world_open(argv[1]);
    run.world->arena = arena_new(16 << 20);
    run.worker = argv[3];
    kills = (int)strtol(argv[4], NULL, 10);
    run.max_ms = (unsigned int)strtol(argv[5], NULL, 10);
    run.most_vms = (unsigned int)strtol(argv[6], NULL, 10);
    while (run.kills < kills)
        kill_once(&run);
    printf(
        "killed %d times in the middle of jobs (and %d times between), %d creates, %d destroys\n",
        run.kills, run.idle_kills, run.created, run.destroyed);
    return 0;
}
