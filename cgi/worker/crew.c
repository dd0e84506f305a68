/* Threads and how they are woken; see crew.h. */
#include "worker/crew.h"

#include <errno.h>
#include <pthread.h>

struct crew {
    const struct config *config;
    pthread_mutex_t mutex;
    pthread_cond_t call;
    bool is_called;
};

struct place {
    struct crew_seat seat;
    void (*run)(struct crew_seat *seat);
};

struct crew *crew_new(struct arena *arena, const struct config *config)
{
    struct crew *crew = arena_alloc(arena, sizeof *crew);

    crew->config = config;
    pthread_mutex_init(&crew->mutex, NULL);
    pthread_cond_init(&crew->call, NULL);
    return crew;
}

static void *place_run(void *argument)
{
    struct place *place = argument;

    place->run(&place->seat);
    return NULL;
}

struct error *crew_start(struct crew *crew, struct arena *arena,
                         void (*run)(struct crew_seat *seat), void *context, size_t index)
{
    struct place *place = arena_alloc(arena, sizeof *place);
    struct error *e = bench_open(arena, crew->config, &BENCH_PACE, &place->seat.bench);
    pthread_t thread;

    if (e)
        return e;
    place->seat.context = context;
    place->seat.index = index;
    place->run = run;
    errno = pthread_create(&thread, NULL, place_run, place);
    if (errno)
        return error_new(arena, ERROR_INTERNAL, "starting a thread: %m");
    pthread_detach(thread);
    return NULL;
}

void crew_wait(struct crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    while (!crew->is_called)
        pthread_cond_wait(&crew->call, &crew->mutex);
    crew->is_called = false;
    pthread_mutex_unlock(&crew->mutex);
}

void crew_call(struct crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    crew->is_called = true;
    pthread_cond_signal(&crew->call);
    pthread_mutex_unlock(&crew->mutex);
}
