/*
 * The worker's threads: each with a context of its own; those that work off jobs wait to be called.
 */
#pragma once

#include "worker/worker_context.h"

struct threads;

/* What one thread gets. */
struct thread {
    struct worker_context *context;
    void *shared; /* what all threads of its kind share */
    size_t index; /* which of its kind */
};

struct threads *threads_new(struct arena *arena, const struct config *config);

/* Start a thread that runs `run` for ever. `arena` is the process's. INTERNAL, or the database's.
 */
struct error *threads_start(struct threads *threads, struct arena *arena,
                            void (*run)(struct thread *thread), void *shared, size_t index);

/* Sleep until the next call. A call that nobody slept at is not lost. */
void wakeup_wait(struct threads *threads);

/* Wake one. */
void wakeup_signal(struct threads *threads);
