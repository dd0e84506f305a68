/* The worker's lock; see lock.h. The kernel releases it; the pid in the file is for people. */
#include "worker/lock.h"

#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { TRIES = 40, TRY_MS = 50 };

/* A child forked by a worker that was just killed holds its lock until it executes its program. */
static bool lock_wait(int file)
{
    for (int tries = 0; tries < TRIES; tries++) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0)
            return true;
        clock_sleep(TRY_MS);
    }
    return false;
}

struct error *lock_take(struct arena *arena, const struct config *config)
{
    const char *path = arena_printf(arena, "%s/worker/worker.lock", config->state_dir);
    const char *owner = arena_printf(arena, "%d\n", (int)getpid());
    char other[32] = "";
    int file;

    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", path);
    if (!lock_wait(file)) {
        if (read(file, other, sizeof other - 1) < 0)
            other[0] = '\0';
        close(file);
        other[strcspn(other, "\n")] = '\0';
        return error_new(arena, ERROR_CONFLICT,
                         "another worker (process %s) works on %s already: stop it first", other,
                         config->state_dir);
    }
    if (ftruncate(file, 0) < 0 || write(file, owner, strlen(owner)) < 0)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", path);
    return NULL;
}
