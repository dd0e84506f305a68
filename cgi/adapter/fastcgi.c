/*
 * FastCGI connections; see fastcgi.h. The adapter for libfcgi. nginx keeps connections open, and
 * one process serves all of them. FCGX_Accept_r alone would block on the first one, so the process
 * waits on all with epoll and passes each ready connection to libfcgi (setting `ipcFd` before
 * FCGX_Accept_r makes it skip its own accept). libfcgi reads requests with blocking I/O: a partial
 * one would block the process, so only nginx, which buffers requests, may reach the socket.
 */
#include "adapter/fastcgi.h"

#include "base/limit.h"
#include "base/text.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

extern char **environ;

enum { LISTENER_FD = 0, EVENTS = 64, RECORD_BYTES = 65535, LAST_WAIT_MS = 250 };

static volatile sig_atomic_t is_ending;

static void end(int signal_number)
{
    (void)signal_number;
    is_ending = 1;
}

/* All connections from nginx, and those whose requests are in the current batch. */
struct pool {
    const struct fastcgi_service *service;
    FCGX_Request connections[LIMIT_CONNECTIONS];
    int epoll_fd;
    bool is_listening; /* false while all connection slots are in use */
    struct exchange batch[LIMIT_BATCH];
    FCGX_Request *batch_connections[LIMIT_BATCH];
    size_t batch_count;
    size_t batch_bytes; /* of its request bodies */
};

struct error *fastcgi_body_length(struct arena *arena, char *const *environment, size_t max,
                                  size_t *out)
{
    static const char name[] = "CONTENT_LENGTH=";
    int64_t length = 0;
    bool is_seen = false;

    *out = 0;
    for (size_t i = 0; environment[i]; i++) {
        const char *value = environment[i] + sizeof name - 1;

        if (!text_starts(environment[i], name) || !*value)
            continue;
        if (is_seen || !text_int(value, &length) || length < 0)
            return error_new(arena, ERROR_MALFORMED, "CONTENT_LENGTH is no number, or repeated");
        is_seen = true;
        if ((size_t)length > max)
            return error_new(arena, ERROR_TOO_LARGE, "the body is too large");
    }
    *out = (size_t)length;
    return NULL;
}

/* ---- plain CGI ---- */

static int cgi_once(const struct fastcgi_service *service)
{
    struct exchange exchange = { .environment = environ };
    size_t length = 0;
    char *body;

    exchange.body_error = fastcgi_body_length(service->arena, environ, service->body_max, &length);
    if (exchange.body_error)
        length = 0;
    body = arena_alloc(service->arena, length + 1);
    exchange.body_length = fread(body, 1, length, stdin);
    exchange.body = body;
    service->respond(service->context, &exchange, 1);
    return fwrite(exchange.response.bytes, 1, exchange.response.length, stdout) ==
                   exchange.response.length
               ? 0
               : 1;
}

/* ---- the response ---- */

enum { HEADER_BYTES = 8, END_REQUEST = 3, STDOUT = 6, PARTS_MAX = 2 * 8 };

/* FastCGI specification 3.3: version, type, request id, content length, padding, reserved. */
static unsigned char *header_put(unsigned char *out, int type, int request_id, size_t length)
{
    const unsigned char header[HEADER_BYTES] = { 1,
                                                 (unsigned char)type,
                                                 (unsigned char)(request_id >> 8),
                                                 (unsigned char)request_id,
                                                 (unsigned char)(length >> 8),
                                                 (unsigned char)length };

    memcpy(out, header, sizeof header);
    return out + sizeof header;
}

/* All of them, in as few system calls as there are. */
static bool parts_write(int fd, struct iovec *parts, size_t count)
{
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };

    while (message.msg_iovlen) {
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
        size_t done = n > 0 ? (size_t)n : 0;

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        for (; message.msg_iovlen && done >= message.msg_iov->iov_len; message.msg_iovlen--)
            done -= message.msg_iov++->iov_len;
        if (message.msg_iovlen) {
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + done;
            message.msg_iov->iov_len -= done;
        }
    }
    return true;
}

/*
 * STDOUT records, the end of the stream and END_REQUEST at once: one write, one wakeup of nginx.
 * The response is sent from where it is.
 */
static bool response_write(const FCGX_Request *connection, const struct buf *response)
{
    unsigned char headers[PARTS_MAX / 2][HEADER_BYTES], last[3 * HEADER_BYTES] = { 0 }, *end = last;
    struct iovec parts[PARTS_MAX + 1];
    size_t count = 0;

    for (size_t at = 0, length; at < response->length; at += length) {
        length = response->length - at < RECORD_BYTES ? response->length - at : RECORD_BYTES;
        header_put(headers[count / 2], STDOUT, connection->requestId, length);
        parts[count] = (struct iovec){ headers[count / 2], HEADER_BYTES };
        parts[count + 1] = (struct iovec){ response->bytes + at, length };
        count += 2;
        if (count == PARTS_MAX && !parts_write(connection->ipcFd, parts, count))
            return false;
        count %= PARTS_MAX;
    }
    end = header_put(end, STDOUT, connection->requestId, 0);
    header_put(end, END_REQUEST, connection->requestId, HEADER_BYTES);
    parts[count] = (struct iovec){ last, sizeof last };
    return parts_write(connection->ipcFd, parts, count + 1);
}

static void connection_respond(FCGX_Request *connection, const struct buf *response)
{
    FCGX_FreeStream(&connection->out); /* already written here, so Finish writes nothing */
    if (!response_write(connection, response) || is_ending)
        connection->keepConnection = 0;
    FCGX_Finish_r(connection);
}

/* ---- the request ---- */

/* Reads the whole body: unread bytes would corrupt the next request on this connection. */
static char *body_read(struct arena *arena, FCGX_Stream *in, size_t length, size_t *out_length)
{
    char *body = arena_alloc(arena, length + 1);
    char rest[4096];
    int n = length ? FCGX_GetStr(body, (int)length, in) : 0;

    *out_length = n > 0 ? (size_t)n : 0;
    while (FCGX_GetStr(rest, sizeof rest, in) > 0)
        ;
    return body;
}

/*
 * False if nginx closed the connection; libfcgi then closed its end, which removed it from epoll.
 */
static bool connection_read(struct pool *pool, FCGX_Request *connection, struct exchange *out)
{
    struct arena *arena = pool->service->arena;
    size_t announced;

    if (FCGX_Accept_r(connection) != 0) {
        connection->ipcFd = -1;
        return false;
    }
    *out = (struct exchange){ .environment = connection->envp };
    out->body_error =
        fastcgi_body_length(arena, connection->envp, pool->service->body_max, &announced);
    out->body =
        body_read(arena, connection->in, out->body_error ? 0 : announced, &out->body_length);
    return true;
}

/* ---- batches ---- */

static void batch_respond(struct pool *pool)
{
    const struct fastcgi_service *service = pool->service;

    if (!pool->batch_count)
        return;
    service->respond(service->context, pool->batch, pool->batch_count);
    for (size_t i = 0; i < pool->batch_count; i++)
        connection_respond(pool->batch_connections[i], &pool->batch[i].response);
    pool->batch_count = 0;
    pool->batch_bytes = 0;
    arena_reset(service->arena);
}

static void batch_add(struct pool *pool, FCGX_Request *connection)
{
    struct exchange *exchange = &pool->batch[pool->batch_count];

    if (!connection_read(pool, connection, exchange))
        return;
    pool->batch_connections[pool->batch_count++] = connection;
    pool->batch_bytes += exchange->body_length;
    if (pool->batch_count == pool->service->batch_max || pool->batch_bytes > LIMIT_BATCH_BYTES)
        batch_respond(pool);
}

/* ---- connections ---- */

static FCGX_Request *connection_free_find(struct pool *pool)
{
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        if (pool->connections[i].ipcFd < 0)
            return &pool->connections[i];
    }
    return NULL;
}

static void listener_watch(struct pool *pool, bool is_on)
{
    /* Level-triggered: a listener that cannot be served now would make the loop spin. */
    struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = NULL };

    if (pool->is_listening == is_on)
        return;
    epoll_ctl(pool->epoll_fd, is_on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, LISTENER_FD, &event);
    pool->is_listening = is_on;
}

static void connection_accept(struct pool *pool)
{
    FCGX_Request *connection = connection_free_find(pool);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
    int fd;

    if (!connection) {
        listener_watch(pool, false);
        return;
    }
    fd = accept4(LISTENER_FD, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return; /* another process accepted it */
    connection->ipcFd = fd;
    connection->keepConnection = 1; /* else FCGX_Accept_r would close it first */
    epoll_ctl(pool->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/*
 * SIGTERM and SIGQUIT, which multiwatch 1.0.0 sends for "-s TERM", end the process, but only while
 * it waits: requests in progress are completed.
 */
static void end_when_idle(sigset_t *while_waiting)
{
    struct sigaction action = { .sa_handler = end };
    sigset_t signals;

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGQUIT, &action, NULL);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGQUIT);
    sigprocmask(SIG_BLOCK, &signals, while_waiting);
    sigdelset(while_waiting, SIGTERM);
    sigdelset(while_waiting, SIGQUIT);
}

static void pool_open(struct pool *pool)
{
    FCGX_Init();
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        /* No listener: after end of file libfcgi must not call accept(). */
        FCGX_InitRequest(&pool->connections[i], -1, 0);
        pool->connections[i].ipcFd = -1;
    }
    pool->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    /* Several processes share the listener; accept() must not block when another was faster. */
    fcntl(LISTENER_FD, F_SETFL, O_NONBLOCK);
}

/*
 * Answers what has arrived or is on its way, once per connection, and closes them. The end of the
 * process would close them only after it has freed its memory, and nginx, which could send a form
 * in that time, would answer it with 502: it repeats no POST. So what is in use is waited for; a
 * connection that nothing has come on for LAST_WAIT_MS is idle.
 */
static void pool_close(struct pool *pool)
{
    struct epoll_event events[EVENTS];
    int count;

    listener_watch(pool, false);
    while ((count = epoll_wait(pool->epoll_fd, events, EVENTS, LAST_WAIT_MS)) > 0) {
        for (int i = 0; i < count; i++)
            batch_add(pool, events[i].data.ptr);
        batch_respond(pool);
    }
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        if (pool->connections[i].ipcFd >= 0)
            close(pool->connections[i].ipcFd);
    }
}

static int fastcgi_loop(struct pool *pool)
{
    struct epoll_event events[EVENTS];
    sigset_t while_waiting;

    pool_open(pool);
    end_when_idle(&while_waiting);
    while (!is_ending) {
        int count;

        if (connection_free_find(pool))
            listener_watch(pool, true);
        count = epoll_pwait(pool->epoll_fd, events, EVENTS, -1, &while_waiting);
        if (count < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < count; i++) {
            if (!events[i].data.ptr)
                connection_accept(pool);
            else
                batch_add(pool, events[i].data.ptr);
        }
        batch_respond(pool);
    }
    pool_close(pool);
    return 0;
}

int fastcgi_serve(const struct fastcgi_service *service)
{
    static struct pool pool;

    pool.service = service;
    return FCGX_IsCGI() ? cgi_once(service) : fastcgi_loop(&pool);
}
