/* Threads and how they are woken; see threads.h. */
#include "worker/threads.h"

#include <errno.h>
#include <pthread.h>

struct threads {
    const struct config *config;
    pthread_mutex_t mutex;
    pthread_cond_t call;
    bool is_called;
};

struct place {
    struct thread thread;
    void (*run)(struct thread *thread);
};

struct threads *threads_new(struct arena *arena, const struct config *config)
{
    struct threads *threads = arena_alloc(arena, sizeof *threads);

    threads->config = config;
    pthread_mutex_init(&threads->mutex, NULL);
    pthread_cond_init(&threads->call, NULL);
    return threads;
}

static void *place_run(void *argument)
{
    struct place *place = argument;

    place->run(&place->thread);
    return NULL;
}

struct error *threads_start(struct threads *threads, struct arena *arena,
                            void (*run)(struct thread *thread), void *shared, size_t index)
{
    struct place *place = arena_alloc(arena, sizeof *place);
    struct error *e =
        worker_context_open(arena, threads->config, &TIMEOUTS, DRIVERS, &place->thread.context);
    pthread_t thread;

    if (e)
        return e;
    place->thread.shared = shared;
    place->thread.index = index;
    place->run = run;
    errno = pthread_create(&thread, NULL, place_run, place);
    if (errno)
        return error_new(arena, ERROR_INTERNAL, "starting a thread: %m");
    pthread_detach(thread);
    return NULL;
}

void wakeup_wait(struct threads *threads)
{
    pthread_mutex_lock(&threads->mutex);
    while (!threads->is_called)
        pthread_cond_wait(&threads->call, &threads->mutex);
    threads->is_called = false;
    pthread_mutex_unlock(&threads->mutex);
}

void wakeup_signal(struct threads *threads)
{
    pthread_mutex_lock(&threads->mutex);
    threads->is_called = true;
    pthread_cond_signal(&threads->call);
    pthread_mutex_unlock(&threads->mutex);
}
