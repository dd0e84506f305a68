/*
 * The querying thread; see host_query.h. The owner submits one query at a time and waits for it;
 * after a timeout it abandons the thread.
 */
#include "worker/host_query.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { ID_BYTES = 32 };

enum host_query_state {
    QUERY_IDLE,
    QUERY_SENT,
    QUERY_DONE,
    QUERY_ABANDONED, /* timed out: the owner no longer waits */
    QUERY_RETURNED,  /* abandoned, and the thread has ended */
};

struct host_query {
    struct arena *own;
    struct worker_context *context; /* used by the thread only */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards all fields below */
    pthread_cond_t changed;
    enum host_query_state state;
    const char *region;   /* text of the configuration */
    char vm_id[ID_BYTES]; /* "": connect only */
    struct driver_usage usage;
    struct error *e; /* in the context's arena; read by the owner while the thread is idle */
};

static struct error *query_execute(struct host_query *query)
{
    struct worker_context *context = query->context;
    struct driver *driver;
    struct error *e;

    arena_reset(context->arena);
    e = worker_context_driver(context, context->arena, query->region, &driver);
    if (!e && *query->vm_id)
        e = driver_usage(driver, context->arena, query->vm_id, &query->usage);
    return e;
}

static void *host_query_run(void *argument)
{
    struct host_query *query = argument;

    pthread_mutex_lock(&query->mutex);
    while (query->state != QUERY_ABANDONED) {
        if (query->state != QUERY_SENT) {
            pthread_cond_wait(&query->changed, &query->mutex);
            continue;
        }
        pthread_mutex_unlock(&query->mutex);
        query->e = query_execute(query);
        pthread_mutex_lock(&query->mutex);
        if (query->state == QUERY_SENT)
            query->state = QUERY_DONE;
        pthread_cond_broadcast(&query->changed);
    }
    worker_context_close(query->context);
    query->state = QUERY_RETURNED;
    pthread_mutex_unlock(&query->mutex);
    return NULL;
}

struct host_query *host_query_new(const struct config *config, const struct timeouts *timeouts,
                                  const struct driver_scheme *drivers)
{
    struct arena *own = arena_new(16 * 1024);
    struct host_query *query = arena_alloc(own, sizeof *query);
    pthread_condattr_t monotonic;

    query->own = own;
    query->context = worker_context_without_db(config, timeouts, drivers);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&query->mutex, NULL);
    pthread_cond_init(&query->changed, &monotonic);
    if (pthread_create(&query->thread, NULL, host_query_run, query) == 0)
        return query;
    worker_context_close(query->context);
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

static bool query_send(struct host_query *query, struct arena *arena, int64_t length_ms,
                       struct error **e)
{
    struct timespec deadline = deadline_of(length_ms);
    int late = 0;
    bool is_done;

    query->state = QUERY_SENT;
    pthread_cond_broadcast(&query->changed);
    while (query->state == QUERY_SENT && !late)
        late = pthread_cond_timedwait(&query->changed, &query->mutex, &deadline);
    is_done = query->state == QUERY_DONE;
    query->state = is_done ? QUERY_IDLE : QUERY_ABANDONED;
    *e = NULL;
    if (is_done && query->e)
        *e = error_copy(arena, query->e);
    return is_done;
}

bool host_query_connect(struct host_query *query, struct arena *arena, const char *region,
                        struct error **e)
{
    bool is_done;

    pthread_mutex_lock(&query->mutex);
    query->region = region;
    query->vm_id[0] = '\0';
    is_done = query_send(query, arena, query->context->timeouts->usage_connect_ms, e);
    pthread_mutex_unlock(&query->mutex);
    return is_done;
}

bool host_query_usage(struct host_query *query, struct arena *arena, const char *region,
                      const char *vm_id, struct driver_usage *out, struct error **e)
{
    bool is_done;

    pthread_mutex_lock(&query->mutex);
    query->region = region;
    strncpy(query->vm_id, vm_id, sizeof query->vm_id - 1);
    is_done = query_send(query, arena, query->context->timeouts->usage_timeout_ms, e);
    if (is_done)
        *out = query->usage;
    pthread_mutex_unlock(&query->mutex);
    return is_done;
}

bool host_query_is_back(struct host_query *query)
{
    bool is_back;

    pthread_mutex_lock(&query->mutex);
    is_back = query->state == QUERY_RETURNED;
    pthread_mutex_unlock(&query->mutex);
    if (!is_back)
        return false;
    pthread_join(query->thread, NULL);
    pthread_cond_destroy(&query->changed);
    pthread_mutex_destroy(&query->mutex);
    arena_free(query->own);
    return true;
}
