/*
 * A thread that asks; see asker.h. The owner hands over one question at a time and waits for it;
 * who is not answered in time leaves the thread to itself.
 */
#include "worker/asker.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { ID_BYTES = 32 };

enum asker_state {
    ASKER_IDLE,
    ASKER_ASKED,
    ASKER_ANSWERED,
    ASKER_LOST, /* the owner waits no more */
    ASKER_BACK, /* lost, and the thread has ended */
};

struct asker {
    struct arena *own;
    struct bench *bench; /* the thread's alone */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    enum asker_state state;
    const char *region;   /* text of the configuration */
    char vm_id[ID_BYTES]; /* "": only connect */
    struct driver_usage usage;
    struct error *e; /* in the bench's arena; read by the owner while the thread is idle */
};

static struct error *question_answer(struct asker *asker)
{
    struct bench *bench = asker->bench;
    struct driver *driver;
    struct error *e;

    arena_reset(bench->arena);
    e = bench_driver(bench, bench->arena, asker->region, &driver);
    if (!e && *asker->vm_id)
        e = driver_usage(driver, bench->arena, asker->vm_id, &asker->usage);
    return e;
}

static void *asker_run(void *argument)
{
    struct asker *asker = argument;

    pthread_mutex_lock(&asker->mutex);
    while (asker->state != ASKER_LOST) {
        if (asker->state != ASKER_ASKED) {
            pthread_cond_wait(&asker->changed, &asker->mutex);
            continue;
        }
        pthread_mutex_unlock(&asker->mutex);
        asker->e = question_answer(asker);
        pthread_mutex_lock(&asker->mutex);
        if (asker->state == ASKER_ASKED)
            asker->state = ASKER_ANSWERED;
        pthread_cond_broadcast(&asker->changed);
    }
    bench_close(asker->bench);
    asker->state = ASKER_BACK;
    pthread_mutex_unlock(&asker->mutex);
    return NULL;
}

struct asker *asker_new(const struct config *config, const struct bench_pace *pace)
{
    struct arena *own = arena_new(16 * 1024);
    struct asker *asker = arena_alloc(own, sizeof *asker);
    pthread_condattr_t monotonic;

    asker->own = own;
    asker->bench = bench_without_db(config, pace);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&asker->mutex, NULL);
    pthread_cond_init(&asker->changed, &monotonic);
    if (pthread_create(&asker->thread, NULL, asker_run, asker) == 0)
        return asker;
    bench_close(asker->bench);
    arena_free(own);
    return NULL;
}

static struct timespec deadline_of(int64_t length_ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(length_ms / 1000);
    at.tv_nsec += (long)(length_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

static bool ask(struct asker *asker, struct arena *arena, int64_t length_ms, struct error **e)
{
    struct timespec deadline = deadline_of(length_ms);
    int late = 0;
    bool is_answered;

    asker->state = ASKER_ASKED;
    pthread_cond_broadcast(&asker->changed);
    while (asker->state == ASKER_ASKED && !late)
        late = pthread_cond_timedwait(&asker->changed, &asker->mutex, &deadline);
    is_answered = asker->state == ASKER_ANSWERED;
    asker->state = is_answered ? ASKER_IDLE : ASKER_LOST;
    *e = NULL;
    if (is_answered && asker->e)
        *e = error_new(arena, asker->e->kind, "%s", asker->e->text);
    return is_answered;
}

bool asker_connect(struct asker *asker, struct arena *arena, const char *region, struct error **e)
{
    bool is_answered;

    pthread_mutex_lock(&asker->mutex);
    asker->region = region;
    asker->vm_id[0] = '\0';
    is_answered = ask(asker, arena, asker->bench->pace->usage_connect_ms, e);
    pthread_mutex_unlock(&asker->mutex);
    return is_answered;
}

bool asker_usage(struct asker *asker, struct arena *arena, const char *region, const char *vm_id,
                 struct driver_usage *out, struct error **e)
{
    bool is_answered;

    pthread_mutex_lock(&asker->mutex);
    asker->region = region;
    strncpy(asker->vm_id, vm_id, sizeof asker->vm_id - 1);
    is_answered = ask(asker, arena, asker->bench->pace->usage_answer_ms, e);
    if (is_answered)
        *out = asker->usage;
    pthread_mutex_unlock(&asker->mutex);
    return is_answered;
}

bool asker_is_back(struct asker *asker)
{
    bool is_back;

    pthread_mutex_lock(&asker->mutex);
    is_back = asker->state == ASKER_BACK;
    pthread_mutex_unlock(&asker->mutex);
    if (!is_back)
        return false;
    pthread_join(asker->thread, NULL);
    pthread_cond_destroy(&asker->changed);
    pthread_mutex_destroy(&asker->mutex);
    arena_free(asker->own);
    return true;
}
