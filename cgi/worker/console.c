/* Consoles of VMs that cannot be reached; see console.h. */
#include "worker/console.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "model/worker_console.h"

#include "vm.sql.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { READER_ARENA_BYTES = LIMIT_CONSOLE_BYTES + 4096 };

/* Of one VM; it and its thread last while the VM cannot be reached. */
struct reader {
    struct arena *own; /* with this */
    char vm_id[CRYPTO_ID_CHARS + 1];
    const struct config_region *region;
    struct worker_context *context; /* the thread's */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    bool is_wanted;        /* the VM cannot be reached */
    bool is_inside;        /* the host is asked, which takes as long as the VM runs */
    bool is_over;          /* the thread has ended */
    size_t next, length;
    char bytes[LIMIT_CONSOLE_BYTES]; /* a ring: the next byte goes to `next` */
};

struct consoles {
    int socket;
    int64_t data_version; /* of the database, when it was last asked */
    struct reader *reader[LIMIT_CONSOLES];
    size_t count;
};

/* ---- one reader ---- */

static void bytes_take(void *listener, const char *bytes, size_t length)
{
    struct reader *reader = listener;

    pthread_mutex_lock(&reader->mutex);
    for (size_t i = 0; reader->is_wanted && i < length; i++) {
        reader->bytes[reader->next] = bytes[i];
        reader->next = (reader->next + 1) % LIMIT_CONSOLE_BYTES;
        reader->length += reader->length < LIMIT_CONSOLE_BYTES;
    }
    pthread_mutex_unlock(&reader->mutex);
}

/* Enters or leaves the call of the host. False: it is not to be entered any more. */
static bool inside_set(struct reader *reader, bool is_inside)
{
    bool is_wanted;

    pthread_mutex_lock(&reader->mutex);
    is_wanted = reader->is_wanted;
    reader->is_inside = is_inside && is_wanted;
    pthread_mutex_unlock(&reader->mutex);
    return is_wanted;
}

/* The host's refusals are not told: it has not started yet, or somebody else looks at it. */
static void console_read(struct reader *reader)
{
    struct worker_context *context = reader->context;
    struct driver *driver;
    struct error *e;

    arena_reset(context->arena);
    e = worker_context_driver(context, context->arena, reader->region->name, &driver);
    if (e || !inside_set(reader, true))
        return;
    driver_console(driver, context->arena, reader->vm_id, bytes_take, reader);
}

static void *reader_run(void *argument)
{
    struct reader *reader = argument;

    while (inside_set(reader, false)) {
        console_read(reader);
        if (inside_set(reader, false))
            context_sleep(reader->context, LIMIT_CONSOLE_EVERY_MS);
    }
    worker_context_close(reader->context);
    pthread_mutex_lock(&reader->mutex);
    reader->is_over = true;
    pthread_mutex_unlock(&reader->mutex);
    return NULL;
}

/* NULL: there can be no thread now. */
static struct reader *reader_start(const struct worker_context *context, const char *vm_id,
                                   const struct config_region *region)
{
    struct arena *own = arena_new(READER_ARENA_BYTES);
    struct reader *reader = arena_alloc(own, sizeof *reader);

    reader->own = own;
    reader->region = region;
    reader->is_wanted = true;
    strncpy(reader->vm_id, vm_id, CRYPTO_ID_CHARS);
    reader->context =
        worker_context_without_db(context->config, context->timeouts, context->drivers);
    pthread_mutex_init(&reader->mutex, NULL);
    if (pthread_create(&reader->thread, NULL, reader_run, reader) == 0)
        return reader;
    worker_context_close(reader->context);
    arena_free(own);
    return NULL;
}

/* Forgets what was read. False: the host still has to be told. */
static bool reader_stop(struct reader *reader)
{
    bool is_inside;

    pthread_mutex_lock(&reader->mutex);
    reader->is_wanted = false;
    explicit_bzero(reader->bytes, sizeof reader->bytes);
    reader->next = reader->length = 0;
    is_inside = reader->is_inside;
    pthread_mutex_unlock(&reader->mutex);
    return !is_inside;
}

static bool reader_is_over(struct reader *reader)
{
    bool is_over;

    pthread_mutex_lock(&reader->mutex);
    is_over = reader->is_over;
    pthread_mutex_unlock(&reader->mutex);
    return is_over;
}

/* ---- which are read ---- */

static struct reader *reader_find(const struct consoles *consoles, const char *vm_id)
{
    for (size_t i = 0; i < consoles->count; i++) {
        if (strcmp(consoles->reader[i]->vm_id, vm_id) == 0)
            return consoles->reader[i];
    }
    return NULL;
}

static bool is_unreached(const struct vm_unreached_rows *rows, const char *vm_id)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->row[i].id, vm_id) == 0)
            return true;
    }
    return false;
}

static void reader_end(struct worker_context *context, struct reader *reader)
{
    struct driver *driver;

    if (reader_stop(reader) ||
        worker_context_driver(context, context->arena, reader->region->name, &driver))
        return;
    /* If that fails, it is tried again in the next round. */
    driver_console_end(driver, context->arena, reader->vm_id);
}

/* Ends those that are not wanted any more, and removes those that have ended. */
static void readers_end(struct consoles *consoles, struct worker_context *context,
                        const struct vm_unreached_rows *rows)
{
    size_t kept = 0;

    for (size_t i = 0; i < consoles->count; i++) {
        struct reader *reader = consoles->reader[i];

        if (!is_unreached(rows, reader->vm_id))
            reader_end(context, reader);
        if (reader_is_over(reader)) {
            pthread_join(reader->thread, NULL);
            arena_free(reader->own);
        } else {
            consoles->reader[kept++] = reader;
        }
    }
    consoles->count = kept;
}

static struct error *readers_choose(struct consoles *consoles, struct worker_context *context)
{
    int64_t data_version = db_data_version(context->db);
    struct vm_unreached_rows rows;
    struct error *e;

    /* With nobody to read, nothing has to be done until something changes. */
    if (!consoles->count && data_version == consoles->data_version)
        return NULL;
    e = sql_vm_unreached(context->db, context->arena, LIMIT_CONSOLES, &rows);

    if (e)
        return e;
    consoles->data_version = data_version;
    readers_end(consoles, context, &rows);
    for (size_t i = 0; i < rows.count && consoles->count < LIMIT_CONSOLES; i++) {
        const struct config_region *region =
            config_region_find(context->config, rows.row[i].region);
        struct reader *reader = region && !reader_find(consoles, rows.row[i].id)
                                    ? reader_start(context, rows.row[i].id, region)
                                    : NULL;

        if (reader)
            consoles->reader[consoles->count++] = reader;
    }
    return NULL;
}

/* ---- questions ---- */

/* What does not fit into the socket is left out: nobody is waited for. */
static void reader_answer(struct reader *reader, int answer)
{
    static const char begin = WORKER_CONSOLE_READ;
    size_t first;

    pthread_mutex_lock(&reader->mutex);
    first = reader->length < LIMIT_CONSOLE_BYTES ? 0 : reader->next;
    if (reader->is_wanted && send(answer, &begin, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 &&
        send(answer, reader->bytes + first, reader->length - first, MSG_DONTWAIT | MSG_NOSIGNAL) ==
            (ssize_t)(reader->length - first) &&
        first)
        (void)!send(answer, reader->bytes, first, MSG_DONTWAIT | MSG_NOSIGNAL);
    pthread_mutex_unlock(&reader->mutex);
}

static void question_answer(const struct consoles *consoles)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    char vm_id[CRYPTO_ID_CHARS + 1];
    struct iovec text = { .iov_base = vm_id, .iov_len = sizeof vm_id - 1 };
    struct msghdr message = {
        .msg_iov = &text,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    ssize_t length = recvmsg(consoles->socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = length >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
    struct reader *reader;
    int answer;

    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(sizeof answer))
        return;
    memcpy(&answer, CMSG_DATA(header), sizeof answer);
    vm_id[length] = '\0';
    reader = reader_find(consoles, vm_id);
    if (reader)
        reader_answer(reader, answer);
    close(answer);
}

/* ---- the whole ---- */

struct error *consoles_open(struct arena *arena, const struct config *config, struct consoles **out)
{
    struct consoles *consoles = arena_alloc(arena, sizeof *consoles);
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    const char *path = worker_console_path(arena, config);

    if (strlen(path) >= sizeof at.sun_path)
        return error_new(arena, ERROR_INTERNAL, "%s: longer than a socket's path can be (%zu)",
                         path, sizeof at.sun_path - 1);
    memcpy(at.sun_path, path, strlen(path) + 1);
    unlink(path);
    consoles->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* As of wakeup.c: the directory restricts access. */
    if (consoles->socket < 0 ||
        bind(consoles->socket, (const struct sockaddr *)&at, sizeof at) < 0 ||
        chmod(path, 0660) < 0)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", path);
    *out = consoles;
    return NULL;
}

void consoles_run(struct thread *thread)
{
    struct consoles *consoles = thread->shared;
    struct worker_context *context = thread->context;
    struct pollfd source = { .fd = consoles->socket, .events = POLLIN };

    for (;;) {
        int64_t end_ms = clock_monotonic_us() / 1000 + LIMIT_CONSOLE_EVERY_MS, left_ms;
        struct error *e = readers_choose(consoles, context);

        if (e)
            log_error("consoles", log_text("error", e->text));
        arena_reset(context->arena);
        while ((left_ms = end_ms - clock_monotonic_us() / 1000) > 0) {
            if (poll(&source, 1, (int)left_ms) == 1)
                question_answer(consoles);
        }
    }
}
