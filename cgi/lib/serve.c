/*
 * The life of a request; see serve.h. From bytes to bytes, the same for every page; a handler is
 * one step of it. The door to libfcgi.
 *
 * Connections: nginx keeps them open, and one process serves all of them, one request at a time.
 * FCGX_Accept_r alone would block on the first one, so the process waits on all with epoll and
 * hands each ready connection to libfcgi (`ipcFd` set before FCGX_Accept_r makes it skip its own
 * accept). libfcgi reads a request blocking: a half-sent one would hold the process, so only nginx,
 * which buffers requests, may reach the socket.
 */
#include "serve.h"

#include "clock.h"
#include "crypto.h"
#include "error_page.h"
#include "form.h"
#include "limit.h"
#include "log.h"
#include "session.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

extern char **environ;

enum { LISTENER_FD = 0, EVENTS = 64, RECORD_BYTES = 65535 };

struct server {
    const struct program *program;
    const struct config *config;
    struct db *db;
    struct arena *arena; /* of the request, reset after each */
    int epoll_fd;
    bool is_listening; /* false while every slot for a connection is taken */
};

static void frame_fill(struct request *r)
{
    r->frame = (struct frame){
        .title = "Domicile",
        .server_name = r->config->server_name,
        .request_id = r->id,
        .now_at = clock_now(),
        .is_fragment = r->is_fragment,
    };
    if (!r->session)
        return;
    r->frame.csrf = session_csrf(r);
    r->frame.notice = r->session->notice;
    if (r->session->person_id) {
        r->frame.person_email = r->session->email;
        r->frame.person_name = r->session->name;
        r->frame.is_operator = r->session->is_operator;
    }
}

static struct error *post_check(struct request *r)
{
    const char *token;
    struct error *e;

    if (strcmp(r->method, "POST") != 0)
        return NULL;
    e = form_value(r, "csrf", &token);
    return e ? e : session_check_post(r, token);
}

/* Steps 2 to 5: everything between a request that could be read and an answer. */
static struct error *request_run(struct server *server, struct request *r)
{
    struct error *e = route_find(r, server->program->routes, server->program->route_count);

    if (!e)
        e = session_load(r);
    frame_fill(r);
    if (!e)
        e = route_allow(r);
    if (!e)
        e = post_check(r);
    if (e)
        return e;
    db_query_only(r->db, strcmp(r->method, "POST") != 0);
    e = r->route->handler(r);
    db_rollback(r->db); /* a handler that wanted its writes has committed them */
    db_query_only(r->db, false);
    return e;
}

/* A signed-out visitor is sent to sign in and comes back here afterwards; others see the error's
 * page. */
static void error_answer(struct request *r, const struct error *e)
{
    const char *cookie = r->response.cookie;
    const char *allow = r->response.allow;

    response_open(&r->response, r->arena);
    r->response.cookie = cookie;
    if (e->kind == ERROR_SIGNED_OUT && r->is_fragment) {
        r->response.is_refresh = true;
        return;
    }
    if (e->kind == ERROR_SIGNED_OUT) {
        response_redirect(&r->response, strcmp(r->method, "GET") == 0
                                            ? arena_printf(r->arena, "/signin?return=%s", r->path)
                                            : "/signin");
        return;
    }
    r->response.status = error_status(e->kind);
    r->response.allow = e->kind == ERROR_METHOD ? allow : NULL;
    r->frame.request_id = r->id;
    r->frame.server_name = r->config->server_name;
    error_page_write(&r->response.body, &r->frame, r->response.status);
}

/* No address, no query string, no content; the route's pattern instead of the path. */
static void request_log(const struct request *r, const struct error *e, int64_t started_us)
{
    const char *pattern = r->route ? r->route->pattern : "-";
    int64_t took_us = clock_monotonic_us() - started_us;
    bool is_failure = r->response.status >= 500;
    const char *why = e && is_failure ? e->text : r->response.why;

    log_write(is_failure ? "error" : "info", "request",
              (const struct log_field[]){ log_text("id", r->id),
                                          log_text("method", r->method),
                                          log_text("route", pattern),
                                          log_number("status", r->response.status),
                                          log_number("us", took_us),
                                          log_number("bytes", (int64_t)r->response.body.length),
                                          /* A field without a key ends the line. */
                                          { .key = why ? "error" : NULL, .text = why },
                                          { .key = NULL } });
}

static const char *request_id(struct arena *arena)
{
    uint64_t number;

    crypto_random(&number, sizeof number);
    return arena_printf(arena, "%016llx", (unsigned long long)number);
}

/* One request, from environment and body to the bytes of its answer (in the server's arena). */
static struct buf request_answer(struct server *server, char *const *environment,
                                 struct error *body_error, const char *body, size_t body_length)
{
    struct request *r = arena_alloc(server->arena, sizeof *r);
    int64_t started_us = clock_monotonic_us();
    struct error *e;
    struct buf answer;

    r->arena = server->arena;
    r->db = server->db;
    r->config = server->config;
    r->is_read_only = server->program->db_mode == DB_READ_ONLY;
    r->id = request_id(r->arena);
    response_open(&r->response, r->arena);
    e = request_read(r, environment, body, body_length);
    if (!e)
        e = body_error;
    if (!e)
        e = request_run(server, r);
    if (e)
        error_answer(r, e);
    answer = response_bytes(&r->response, r->arena, strcmp(r->method, "HEAD") == 0);
    request_log(r, e, started_us);
    return answer;
}

/* ---- plain CGI ---- */

static int cgi_once(struct server *server)
{
    size_t length = 0;
    struct error *e = request_body_length(server->arena, environ, &length);
    char *body = arena_alloc(server->arena, length + 1);
    struct buf answer;

    length = fread(body, 1, length, stdin);
    answer = request_answer(server, environ, e, body, length);
    return fwrite(answer.bytes, 1, answer.length, stdout) == answer.length ? 0 : 1;
}

/* ---- FastCGI ---- */

static void record_header(struct buf *out, int type, int request_id_, size_t length)
{
    /* FastCGI specification 3.3: version, type, request id, content length, padding, reserved. */
    const unsigned char header[8] = { 1,
                                      (unsigned char)type,
                                      (unsigned char)(request_id_ >> 8),
                                      (unsigned char)request_id_,
                                      (unsigned char)(length >> 8),
                                      (unsigned char)length };

    buf_bytes(out, header, sizeof header);
}

/* STDOUT records, the end of the stream and END_REQUEST in one buffer: one write, one wake-up of
 * nginx. */
static struct buf records(struct arena *arena, int id, const struct buf *answer)
{
    enum { END_REQUEST = 3, STDOUT = 6 };
    static const unsigned char complete[8] = { 0 };
    struct buf out = buf_new(arena, answer->length + 64);

    for (size_t at = 0; at < answer->length; at += RECORD_BYTES) {
        size_t length = answer->length - at < RECORD_BYTES ? answer->length - at : RECORD_BYTES;

        record_header(&out, STDOUT, id, length);
        buf_bytes(&out, answer->bytes + at, length);
    }
    record_header(&out, STDOUT, id, 0);
    record_header(&out, END_REQUEST, id, sizeof complete);
    buf_bytes(&out, complete, sizeof complete);
    return out;
}

static bool write_all(int fd, const struct buf *out)
{
    size_t done = 0;

    while (done < out->length) {
        ssize_t n = send(fd, out->bytes + done, out->length - done, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* The body, all of it: unread bytes would spoil the next request on this connection. */
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

static void connection_serve(struct server *server, FCGX_Request *connection)
{
    int fd = connection->ipcFd;
    size_t announced, length;
    struct error *e;
    char *body;
    struct buf answer, out;

    if (FCGX_Accept_r(connection) != 0) {
        /* nginx closed the connection, and libfcgi with it: closing took it out of epoll. */
        connection->ipcFd = -1;
        return;
    }
    e = request_body_length(server->arena, connection->envp, &announced);
    body = body_read(server->arena, connection->in, e ? 0 : announced, &length);
    answer = request_answer(server, connection->envp, e, body, length);
    out = records(server->arena, connection->requestId, &answer);
    FCGX_FreeStream(&connection->out); /* we wrote what it would write, so Finish writes nothing */
    if (!write_all(fd, &out))
        connection->keepConnection = 0;
    FCGX_Finish_r(connection);
    arena_reset(server->arena);
}

static FCGX_Request *connection_free_find(FCGX_Request *connections)
{
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        if (connections[i].ipcFd < 0)
            return &connections[i];
    }
    return NULL;
}

static void listener_watch(struct server *server, bool is_on)
{
    /* Level-triggered: a listener that cannot be served now would spin the loop. */
    struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = NULL };

    if (server->is_listening == is_on)
        return;
    epoll_ctl(server->epoll_fd, is_on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, LISTENER_FD, &event);
    server->is_listening = is_on;
}

static void connection_accept(struct server *server, FCGX_Request *connections)
{
    FCGX_Request *connection = connection_free_find(connections);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
    int fd;

    if (!connection) {
        listener_watch(server, false);
        return;
    }
    fd = accept4(LISTENER_FD, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return; /* another process of this program was faster */
    connection->ipcFd = fd;
    connection->keepConnection = 1; /* else FCGX_Accept_r would begin by closing it */
    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int fastcgi_loop(struct server *server)
{
    static FCGX_Request connections[LIMIT_CONNECTIONS];
    struct epoll_event events[EVENTS];

    FCGX_Init();
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        /* No listener of its own: after an end of file libfcgi must not fall into accept(). */
        FCGX_InitRequest(&connections[i], -1, 0);
        connections[i].ipcFd = -1;
    }
    /* Several processes share the listener; who comes second must not sleep in accept(). */
    fcntl(LISTENER_FD, F_SETFL, O_NONBLOCK);
    listener_watch(server, true);
    for (;;) {
        int count = epoll_wait(server->epoll_fd, events, EVENTS, -1);

        if (count < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < count; i++) {
            if (!events[i].data.ptr)
                connection_accept(server, connections);
            else
                connection_serve(server, events[i].data.ptr);
        }
        if (connection_free_find(connections))
            listener_watch(server, true);
    }
}

/* ---- start ---- */

static const char *state_dir_option(int argc, char **argv)
{
    static const struct option options[] = { { "state", required_argument, NULL, 's' }, { 0 } };
    const char *state_dir = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 's')
            state_dir = optarg;
    }
    return state_dir;
}

static struct error *server_start(struct server *server, struct arena *arena, const char *state_dir)
{
    struct config *config;
    struct error *e = config_load(arena, state_dir, &config);

    if (!e)
        e = db_open(arena, arena_printf(arena, "%s/main.db", state_dir), server->program->db_mode,
                    &server->db);
    if (!e && server->program->start)
        e = server->program->start(arena, config);
    if (!e)
        server->config = config;
    return e;
}

int serve(int argc, char **argv, const struct program *program)
{
    struct server server = { .program = program };
    struct arena *arena = arena_new(LIMIT_REQUEST_ARENA_BYTES); /* lives as long as the process */
    const char *state_dir = state_dir_option(argc, argv);
    struct error *e;

    log_open(program->name);
    signal(SIGPIPE, SIG_IGN);
    if (!state_dir) {
        fprintf(stderr, "usage: %s --state DIR\n", program->name);
        return 2;
    }
    e = server_start(&server, arena, state_dir);
    if (e) {
        log_error("start_failed", log_text("error", e->text));
        return 1;
    }
    server.arena = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    sandbox_enter(program->network);
    return FCGX_IsCGI() ? cgi_once(&server) : fastcgi_loop(&server);
}
