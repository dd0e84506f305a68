/*
 * The worker's threads, each with a context of its own; those that execute jobs sleep until woken.
 */
#pragma once

#include "worker/worker_context.h"

struct threads;

/* The argument of one thread. */
struct thread {
    struct worker_context *context;
    void *shared; /* shared by all threads of its kind */
    size_t index; /* its index among its kind */
};

struct threads *threads_new(struct arena *arena, const struct config *config);

/*
 * Start a thread that runs `run` forever. `arena` is the process's. Errors: INTERNAL, or the
 * database's.
 */
struct error *threads_start(struct threads *threads, struct arena *arena,
                            void (*run)(struct thread *thread), void *shared, size_t index);

/* Sleep until the next wake-up. A wake-up that arrives while no thread sleeps is kept. */
void wakeup_wait(struct threads *threads);

/* Wake one. */
void wakeup_signal(struct threads *threads);
