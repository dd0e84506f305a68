/*
 * The worker's threads: each with a bench of its own; those that work off jobs wait to be called.
 */
#pragma once

#include "worker/bench.h"

struct crew;

/* What one thread gets. */
struct crew_seat {
    struct bench *bench;
    void *context;
    size_t index; /* which of its kind */
};

struct crew *crew_new(struct arena *arena, const struct config *config);

/* Start a thread that runs `run` for ever. `arena` is the process's. INTERNAL, or the database's.
 */
struct error *crew_start(struct crew *crew, struct arena *arena,
                         void (*run)(struct crew_seat *seat), void *context, size_t index);

/* Sleep until the next call. A call that nobody slept at is not lost. */
void crew_wait(struct crew *crew);

/* Wake one. */
void crew_call(struct crew *crew);
