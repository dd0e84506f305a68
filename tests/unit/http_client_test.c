/*
 * http_client.c against a small scripted server in this process, and against a TLS server with a
 * self-signed certificate. Only loopback is used.
 */
#include "adapter/http_client.h"

#include "adapter/transfer.h"
#include "base/array.h"
#include "base/limit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern char **environ;

enum { MOST_REQUESTS = 8, MOST_BYTES = 8192 };

static struct arena *arena;
static struct http_client *client;
static const char *origin;

/* The server's responses, in order, and its requests. NULL: close immediately. */
static const char *script[MOST_REQUESTS];
static char asked[MOST_REQUESTS][MOST_BYTES];
static int asked_count;
static int listener;
static int64_t paused_ms; /* between two attempts; the test does not actually wait */

int __wrap_nanosleep(const struct timespec *length, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *length, struct timespec *rest)
{
    (void)rest;
    paused_ms += length->tv_sec * 1000 + length->tv_nsec / 1000000;
    return 0;
}

static void request_read(int connection, char *bytes)
{
    size_t length = 0;
    const char *end, *size;

    for (;;) {
        ssize_t count = recv(connection, bytes + length, MOST_BYTES - 1 - length, 0);

        if (count <= 0)
            return;
        length += (size_t)count;
        bytes[length] = '\0';
        end = strstr(bytes, "\r\n\r\n");
        size = strstr(bytes, "Content-Length: ");
        if (end && strlen(end + 4) >= (size ? strtoul(size + 16, NULL, 10) : 0))
            return;
    }
}

static void *server_run(void *user)
{
    (void)user;
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        const char *answer;

        if (connection < 0)
            return NULL;
        assert_true(asked_count < MOST_REQUESTS);
        request_read(connection, asked[asked_count]);
        answer = script[asked_count++];
        if (answer)
            send(connection, answer, strlen(answer), MSG_NOSIGNAL);
        close(connection);
    }
}

static uint16_t port_listen(int *fd)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof address;

    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(*fd, 8), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

static int group_set_up(void **state)
{
    static pthread_t thread;

    (void)state;
    arena = arena_new(16 << 20);
    origin = arena_printf(arena, "http://127.0.0.1:%d", port_listen(&listener));
    assert_int_equal(pthread_create(&thread, NULL, server_run, NULL), 0);
    assert_int_equal(pthread_detach(thread), 0);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    assert_null(http_client_open(arena, &origin, 1, "test", &client));
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    paused_ms = 0;
    memset(script, 0, sizeof script);
    memset(asked, 0, sizeof asked);
    asked_count = 0;
    return 0;
}

static struct http_request request_to(const char *method, const char *path)
{
    return (struct http_request){ .method = method,
                                  .url = arena_printf(arena, "%s%s", origin, path) };
}

static struct http_response sent(const struct http_request *request)
{
    struct http_response response = { .status = 0 };

    assert_null(http_client_send(client, arena, request, &response));
    return response;
}

static struct error *failed(const struct http_request *request)
{
    struct http_response response = { .status = 0 };
    struct error *e = http_client_send(client, arena, request, &response);

    assert_non_null(e);
    assert_int_equal(response.status, 0);
    return e;
}

static void test_get(void **state)
{
    struct http_request request = request_to("GET", "/a?b=c");
    struct http_response response;

    (void)state;
    script[0] = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
    response = sent(&request);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body, "{\"a\":1}");
    assert_int_equal(response.body_length, 7);
    assert_ptr_equal(strstr(asked[0], "GET /a?b=c HTTP/1.1\r\n"), asked[0]);
    assert_non_null(strstr(asked[0], "\r\nUser-Agent: Domicile\r\n"));
    assert_non_null(strstr(asked[0], "\r\nAccept: application/json\r\n"));
    assert_null(strstr(asked[0], "Content-Type"));
    assert_null(strstr(asked[0], "Accept-Encoding"));
}

/* Of an address with personal data, only the name that it was given is told. */
static void test_path_name(void **state)
{
    struct http_request request = request_to("GET", "/octocat.keys");
    const struct error *e;

    (void)state;
    request.path_name = "username";
    request.accept = "text/plain";
    request.response_max = 8;
    script[0] = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n12345678";
    assert_string_equal(sent(&request).body, "12345678");
    assert_ptr_equal(strstr(asked[0], "GET /octocat.keys HTTP/1.1\r\n"), asked[0]);
    assert_non_null(strstr(asked[0], "\r\nAccept: text/plain\r\n"));
    script[1] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789";
    e = failed(&request);
    assert_ptr_equal(strstr(e->text, "GET username: "), e->text);
    assert_null(strstr(e->text, "octocat"));
}

static void test_post(void **state)
{
    const struct http_header header = { "Authorization", "Bearer sk_1" };
    struct http_request request = request_to("POST", "/a");

    (void)state;
    request.body = "{\"secret\":1}";
    request.headers = &header;
    request.header_count = 1;
    request.idempotency_key = "key-1";
    script[0] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(sent(&request).status, 201);
    assert_ptr_equal(strstr(asked[0], "POST /a HTTP/1.1\r\n"), asked[0]);
    assert_non_null(strstr(asked[0], "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(asked[0], "\r\nAuthorization: Bearer sk_1\r\n"));
    assert_non_null(strstr(asked[0], "\r\nIdempotency-Key: key-1\r\n"));
    assert_non_null(strstr(asked[0], "\r\n\r\n{\"secret\":1}"));
}

static void test_other_methods(void **state)
{
    static const char *const methods[] = { "PUT", "PATCH", "DELETE" };

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct http_request request = request_to(methods[i], "/a");

        request.body = i < 2 ? "{}" : NULL;
        script[i] = "HTTP/1.1 204 No Content\r\n\r\n";
        assert_int_equal(sent(&request).status, 204);
        assert_ptr_equal(strstr(asked[i], methods[i]), asked[i]);
    }
}

static void test_only_listed_origins(void **state)
{
    const char *urls[] = {
        "https://api.workos.com/a",
        "http://127.0.0.1:1/a",
        "http://localhost/a",
        "file:///etc/passwd",
        "",
        origin,
        arena_printf(arena, "%s.evil.example/a", origin),
        arena_printf(arena, "%s@evil.example/a", origin),
        arena_printf(arena, "%s0/a", origin),
        arena_printf(arena, "%s\\a", origin),
        arena_printf(arena, "%s?a", origin),
        arena_printf(arena, "%s/a b", origin),
        arena_printf(arena, "%s/a\r\nX: y", origin),
        arena_printf(arena, "%s/\xc3\xa9", origin),
        arena_printf(arena, " %s/a", origin),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct http_request request = { .method = "GET", .url = urls[i] };

        assert_int_equal(failed(&request)->kind, ERROR_INTERNAL);
    }
    assert_int_equal(asked_count, 0);
}

static void test_origins(void **state)
{
    static const char *const good[] = { "https://api.workos.com", "https://a.example:8443",
                                        "http://127.0.0.1:4100", "http://localhost",
                                        "http://[::1]:8" };
    static const char *const bad[] = { "http://api.workos.com",
                                       "http://127.0.0.1.evil.example",
                                       "http://localhost.evil",
                                       "https://",
                                       "https://a/",
                                       "https://a@b",
                                       "ftp://a",
                                       "api.workos.com",
                                       "",
                                       "http://10.0.0.1" };
    struct http_client *out;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_null(http_client_open(arena, &good[i], 1, "test", &out));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(http_client_open(arena, &bad[i], 1, "test", &out)->kind, ERROR_INPUT);
}

static void test_header_injection(void **state)
{
    const struct http_header header = { "Authorization", "Bearer a\r\nX-Evil: sk_2" };
    struct http_request request = request_to("GET", "/a");
    struct error *e;

    (void)state;
    request.headers = &header;
    request.header_count = 1;
    e = failed(&request);
    assert_int_equal(e->kind, ERROR_INTERNAL);
    assert_null(strstr(e->text, "sk_2"));
    assert_int_equal(asked_count, 0);
}

static void test_no_redirect(void **state)
{
    struct http_request request = request_to("GET", "/a");

    (void)state;
    script[0] = arena_printf(arena,
                             "HTTP/1.1 302 Found\r\nLocation: %s/b\r\n"
                             "Content-Length: 0\r\n\r\n",
                             origin);
    assert_int_equal(sent(&request).status, 302);
    assert_int_equal(asked_count, 1);
}

static void test_retried(void **state)
{
    static const int statuses[] = { 408, 429, 500, 502, 503, 504 };
    struct http_request request = request_to("GET", "/a");

    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        set_up(NULL);
        script[0] =
            arena_printf(arena, "HTTP/1.1 %d x\r\nContent-Length: 4\r\n\r\nlong", statuses[i]);
        script[1] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        assert_int_equal(sent(&request).status, 200);
        assert_int_equal(asked_count, 2);
    }
}

static void test_retry_discards_the_first_response(void **state)
{
    struct http_request request = request_to("GET", "/a");
    struct http_response response;

    (void)state;
    script[0] = "HTTP/1.1 500 x\r\nContent-Length: 4\r\n\r\nlong";
    script[1] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    response = sent(&request);
    assert_int_equal(response.body_length, 0);
    assert_string_equal(response.body, "");
}

static void test_at_most_three_attempts(void **state)
{
    struct http_request request = request_to("POST", "/a");

    (void)state;
    request.idempotency_key = "key-2";
    request.body = "{}";
    for (int i = 0; i < MOST_REQUESTS; i++)
        script[i] = "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(sent(&request).status, 503);
    assert_int_equal(asked_count, LIMIT_HTTP_TRIES);
    assert_non_null(strstr(asked[2], "\r\nIdempotency-Key: key-2\r\n"));
}

static void test_not_retried(void **state)
{
    struct http_request post = request_to("POST", "/a");
    struct http_request get = request_to("GET", "/a");

    (void)state;
    post.body = "{}";
    script[0] = "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(sent(&post).status, 503);
    assert_int_equal(asked_count, 1);
    script[1] = "HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(sent(&get).status, 404);
    assert_int_equal(asked_count, 2);
    script[2] = NULL;
    assert_int_equal(failed(&post)->kind, ERROR_UPSTREAM);
    assert_int_equal(asked_count, 3);
}

static void test_retry_after(void **state)
{
    struct http_request request = request_to("GET", "/a");

    (void)state;
    script[0] = "HTTP/1.1 429 x\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
    script[1] = "HTTP/1.1 429 x\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(sent(&request).status, 429);
    assert_int_equal(asked_count, 2);
    assert_int_equal(paused_ms, 1000);
}

static void test_broken_connection(void **state)
{
    struct http_request request = request_to("GET", "/a?token=sk_3");
    struct error *e;

    (void)state;
    script[1] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut";
    e = failed(&request);
    assert_int_equal(e->kind, ERROR_UPSTREAM);
    assert_int_equal(asked_count, 3);
    assert_non_null(strstr(e->text, "GET "));
    assert_null(strstr(e->text, "sk_3"));
}

static void test_connection_refused(void **state)
{
    int fd;
    const char *gone = arena_printf(arena, "http://127.0.0.1:%d", port_listen(&fd));
    struct http_request request = { .method = "GET", .url = arena_printf(arena, "%s/a", gone) };
    struct http_response response;
    struct http_client *out;
    struct error *e;

    (void)state;
    close(fd);
    assert_null(http_client_open(arena, &gone, 1, "test", &out));
    e = http_client_send(out, arena, &request, &response);
    assert_int_equal(e->kind, ERROR_UPSTREAM);
}

static void test_size(void **state)
{
    struct http_request request = request_to("GET", "/a");
    char *body = arena_alloc(arena, LIMIT_HTTP_BYTES + 2);
    struct error *e;

    (void)state;
    memset(body, 'x', LIMIT_HTTP_BYTES);
    script[0] = arena_printf(arena, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s", body);
    assert_int_equal(sent(&request).body_length, LIMIT_HTTP_BYTES);
    body[LIMIT_HTTP_BYTES] = 'x';
    script[1] = arena_printf(arena, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s", body);
    e = failed(&request);
    assert_int_equal(e->kind, ERROR_UPSTREAM);
    assert_null(strstr(e->text, "xxx"));
    script[2] = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n";
    assert_int_equal(failed(&request)->kind, ERROR_UPSTREAM);
    assert_int_equal(asked_count, 3);
}

static void test_not_http(void **state)
{
    struct http_request request = request_to("GET", "/a");

    (void)state;
    script[0] = "SSH-2.0-OpenSSH_9.2\r\n";
    assert_int_equal(failed(&request)->kind, ERROR_UPSTREAM);
}

/* Which requests are retried, and the number of attempts. */
static void test_stripe_retry_policy(void **state)
{
    static const struct {
        const char *start;
        int asked;
    } cases[] = {
        { "HTTP/1.1 409 x\r\n", 2 },
        { "HTTP/1.1 500 x\r\n", 2 },
        { "HTTP/1.1 503 x\r\n", 2 },
        { "HTTP/1.1 429 x\r\n", 1 },
        { "HTTP/1.1 408 x\r\n", 1 },
        { "HTTP/1.1 400 x\r\n", 1 },
        { "HTTP/1.1 402 x\r\n", 1 },
        { "HTTP/1.1 429 x\r\nStripe-Should-Retry: true\r\n", 2 },
        { "HTTP/1.1 400 x\r\nstripe-should-retry: true\r\n", 2 },
        { "HTTP/1.1 500 x\r\nStripe-Should-Retry: false\r\n", 1 },
        { "HTTP/1.1 409 x\r\nStripe-Should-Retry: false\r\n", 1 },
        { "HTTP/1.1 500 x\r\nStripe-Should-Retry: maybe\r\n", 2 },
    };
    struct http_request request = request_to("POST", "/a");

    (void)state;
    request.body = "a=b";
    request.content_type = "application/x-www-form-urlencoded";
    request.idempotency_key = "key-3";
    request.retry_policy = RETRY_STRIPE;
    for (size_t i = 0; i < COUNT(cases); i++) {
        set_up(NULL);
        script[0] = arena_printf(arena, "%sContent-Length: 0\r\n\r\n", cases[i].start);
        script[1] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        sent(&request);
        assert_int_equal(asked_count, cases[i].asked);
        if (cases[i].asked == 1)
            assert_int_equal(paused_ms, 0);
        else
            assert_in_range(paused_ms, 500, 750);
    }
    assert_non_null(strstr(asked[0], "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    assert_non_null(strstr(asked[1], "\r\nIdempotency-Key: key-3\r\n"));
}

static void test_request_id(void **state)
{
    struct http_request request = request_to("GET", "/a");

    (void)state;
    script[0] = "HTTP/1.1 200 OK\r\nrequest-id: req_1\r\nContent-Length: 0\r\n\r\n";
    assert_string_equal(sent(&request).request_id, "req_1");
    script[1] = "HTTP/1.1 200 OK\r\nRequest-Id: a b\r\nContent-Length: 0\r\n\r\n";
    assert_string_equal(sent(&request).request_id, "");
    script[2] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    assert_string_equal(sent(&request).request_id, "");
}

static void test_delete_is_retried(void **state)
{
    struct http_request request = request_to("DELETE", "/a");

    (void)state;
    script[0] = NULL;
    script[1] = "HTTP/1.1 204 x\r\n\r\n";
    assert_int_equal(sent(&request).status, 204);
}

static pid_t started(char *const *arguments)
{
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    assert_int_equal(posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static void port_wait(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };

    for (int i = 0; i < 2000; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int code = connect(fd, (struct sockaddr *)&address, sizeof address);

        close(fd);
        if (code == 0)
            return;
        usleep(50000);
    }
    fail_msg("the TLS server does not start");
}

/* The name matches; no CA trusted by this computer has signed it. */
static void test_unknown_certificate(void **state)
{
    char folder[] = "/tmp/http_test.XXXXXX";
    int fd;
    uint16_t port = port_listen(&fd);
    char *key, *certificate, *number = arena_printf(arena, "%d", port);
    const char *tls = arena_printf(arena, "https://localhost:%d", port);
    struct http_request request = { .method = "GET", .url = arena_printf(arena, "%s/", tls) };
    struct http_response response;
    struct http_client *out;
    struct error *e;
    pid_t pid;

    (void)state;
    close(fd);
    assert_non_null(mkdtemp(folder));
    key = arena_printf(arena, "%s/key", folder);
    certificate = arena_printf(arena, "%s/certificate", folder);
    pid = started((char *[]){ "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                              "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
                              "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
                              certificate, NULL });
    waitpid(pid, NULL, 0);
    pid = started((char *[]){ "openssl", "s_server", "-accept", number, "-key", key, "-cert",
                              certificate, "-www", NULL });
    port_wait(port);
    assert_null(http_client_open(arena, &tls, 1, "test", &out));
    e = http_client_send(out, arena, &request, &response);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_UPSTREAM);
    assert_non_null(strstr(e->text, "certificate"));
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    unlink(key);
    unlink(certificate);
    assert_int_equal(rmdir(folder), 0);
}

/* ---- the observer ---- */

static struct transfer_note noted[MOST_REQUESTS];
static int noted_count;

static void note_take(const struct transfer_note *note)
{
    assert_true(noted_count < MOST_REQUESTS);
    noted[noted_count] = *note;
    noted[noted_count].host = arena_copy(arena, note->host);
    noted[noted_count].fields = arena_copy(arena, note->fields);
    noted_count++;
}

static void fields_are(struct http_request request, const char *expected)
{
    noted_count = asked_count = 0;
    script[0] = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
    sent(&request);
    assert_int_equal(noted_count, 1);
    assert_string_equal(noted[0].host, origin + strlen("http://"));
    assert_string_equal(noted[0].purpose, "test");
    assert_string_equal(noted[0].fields, expected);
    assert_int_equal(noted[0].sent_bytes, request.body ? strlen(request.body) : 0);
    assert_int_equal(noted[0].received_bytes, 7);
    assert_true(noted[0].is_answered);
}

/* Names alone, of everything that can hold a value. */
static void test_observed_fields(void **state)
{
    static const char form[] = "application/x-www-form-urlencoded";
    struct http_request request = request_to("GET", "/v1/prices");

    (void)state;
    transfer_observe(note_take);
    fields_are(request, "");
    fields_are(request_to("GET", "/a?limit=5&events[]=x,y&limit=6&empty"),
               "limit, events[], empty");
    fields_are(request_to("GET", "/user_management/users/user_01HZ?x=1"), "users/{id}, x");
    fields_are(request_to("GET", "/v1/meters/mtr_A/event_summaries"), "meters/{id}");
    request = request_to("GET", "/octo_Cat.keys?x=1");
    request.path_name = "username";
    fields_are(request, "username, x");
    request = request_to("GET", "/v1/prices");
    request.method = "POST";
    request.body = "{\"email\":\"a, b\",\"name\":{\"first\":1},\"email2\":null}";
    fields_are(request, "email, name, email2");
    request.body = "not JSON";
    fields_are(request, "");
    request.content_type = form;
    request.body = "metadata[team_id]=1&email=a%40b&email=c&customer=cus_9";
    fields_are(request, "metadata[team_id], email, customer");
    request.body = "";
    fields_are(request, "");
    transfer_observe(NULL);
}

static void test_observed_attempts(void **state)
{
    struct http_request request = request_to("GET", "/a?b=c");

    (void)state;
    noted_count = 0;
    transfer_observe(note_take);
    script[0] = "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n";
    script[1] = NULL;
    script[2] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    sent(&request);
    transfer_observe(NULL);
    assert_int_equal(noted_count, 3);
    assert_true(noted[0].is_answered && !noted[1].is_answered && noted[2].is_answered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_get, set_up),
        cmocka_unit_test_setup(test_path_name, set_up),
        cmocka_unit_test_setup(test_post, set_up),
        cmocka_unit_test_setup(test_other_methods, set_up),
        cmocka_unit_test_setup(test_only_listed_origins, set_up),
        cmocka_unit_test_setup(test_origins, set_up),
        cmocka_unit_test_setup(test_header_injection, set_up),
        cmocka_unit_test_setup(test_no_redirect, set_up),
        cmocka_unit_test_setup(test_retried, set_up),
        cmocka_unit_test_setup(test_retry_discards_the_first_response, set_up),
        cmocka_unit_test_setup(test_at_most_three_attempts, set_up),
        cmocka_unit_test_setup(test_not_retried, set_up),
        cmocka_unit_test_setup(test_retry_after, set_up),
        cmocka_unit_test_setup(test_broken_connection, set_up),
        cmocka_unit_test_setup(test_connection_refused, set_up),
        cmocka_unit_test_setup(test_size, set_up),
        cmocka_unit_test_setup(test_not_http, set_up),
        cmocka_unit_test_setup(test_stripe_retry_policy, set_up),
        cmocka_unit_test_setup(test_request_id, set_up),
        cmocka_unit_test_setup(test_delete_is_retried, set_up),
        cmocka_unit_test_setup(test_unknown_certificate, set_up),
        cmocka_unit_test_setup(test_observed_fields, set_up),
        cmocka_unit_test_setup(test_observed_attempts, set_up),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, group_set_up, NULL);
}
