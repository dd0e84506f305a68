/*
 * A Stripe server with canned responses; see fake_stripe.h. One request per connection, one at a
 * time.
 */
#include "fake_stripe.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_ANSWERS = 32, MOST_REQUESTS = 300, MOST_BYTES = 4096 };

static struct {
    char request[200];
    int status;
    char *body;
} answers[MOST_ANSWERS];
static size_t answer_count;
static char asked[MOST_REQUESTS + 1][MOST_BYTES];
static size_t asked_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void request_read(int connection, char *bytes)
{
    size_t length = 0;
    const char *end, *size;
    ssize_t count;

    bytes[0] = '\0';
    while ((count = recv(connection, bytes + length, MOST_BYTES - 1 - length, 0)) > 0) {
        length += (size_t)count;
        bytes[length] = '\0';
        end = strstr(bytes, "\r\n\r\n");
        size = strstr(bytes, "Content-Length: ");
        if (end && strlen(end + 4) >= (size ? strtoul(size + 16, NULL, 10) : 0))
            return;
    }
}

static void answer_send(int connection, const char *request)
{
    char start[200];
    const char *body =
        "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"resource_missing\"}}";
    int status = 404;

    for (size_t i = 0; i < answer_count; i++) {
        size_t length = strlen(answers[i].request);

        if (strncmp(request, answers[i].request, length) == 0 &&
            (request[length] == ' ' || request[length] == '?')) {
            status = answers[i].status;
            body = answers[i].body;
        }
    }
    if (!body)
        return; /* the connection is closed */
    snprintf(start, sizeof start,
             "HTTP/1.1 %d x\r\nContent-Length: %zu\r\nRequest-Id: req_fake\r\n"
             "Stripe-Should-Retry: false\r\nConnection: close\r\n\r\n",
             status, strlen(body));
    send(connection, start, strlen(start), MSG_NOSIGNAL | MSG_MORE);
    send(connection, body, strlen(body), MSG_NOSIGNAL);
}

static void *server_run(void *user)
{
    int listener = *(int *)user;

    for (;;) {
        int connection = accept(listener, NULL, NULL);

        if (connection < 0)
            return NULL;
        pthread_mutex_lock(&mutex);
        /* More than that are answered, and not counted. */
        request_read(connection, asked[asked_count]);
        answer_send(connection, asked[asked_count]);
        asked_count += asked_count < MOST_REQUESTS;
        pthread_mutex_unlock(&mutex);
        close(connection);
    }
}

const char *fake_stripe_open(void)
{
    static char origin[64];
    static int listener;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof address;
    pthread_t thread;

    if (*origin)
        return origin;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 8) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&thread, NULL, server_run, &listener) != 0)
        abort();
    snprintf(origin, sizeof origin, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return origin;
}

void fake_stripe_forget(void)
{
    pthread_mutex_lock(&mutex);
    answer_count = asked_count = 0;
    pthread_mutex_unlock(&mutex);
}

void fake_stripe_answer(const char *request, int status, const char *body)
{
    size_t i = 0;

    pthread_mutex_lock(&mutex);
    while (i < answer_count && strcmp(answers[i].request, request) != 0)
        i++;
    if (i == MOST_ANSWERS)
        abort();
    snprintf(answers[i].request, sizeof answers[0].request, "%s", request);
    answers[i].status = status;
    /* A copy: the caller's arena may be reset before the last request. */
    free(answers[i].body);
    answers[i].body = body ? strdup(body) : NULL;
    answer_count += i == answer_count;
    pthread_mutex_unlock(&mutex);
}

const char *fake_stripe_replace_all(struct arena *arena, const char *text, const char *from,
                                    const char *to)
{
    struct buf out = buf_new(arena, strlen(text) + 1);

    for (const char *at; (at = strstr(text, from)); text = at + strlen(from)) {
        buf_bytes(&out, text, (size_t)(at - text));
        buf_text(&out, to);
    }
    buf_text(&out, text);
    return out.bytes;
}

/* The fixtures' team is the test's team, and their metered price the one that stripe-setup makes.
 */
static const char *fixture_adapt(struct arena *arena, const char *text)
{
    text = fake_stripe_replace_all(arena, text, "tenant_id", "team_id");
    text = fake_stripe_replace_all(arena, text, "tn_0001", "1");
    return fake_stripe_replace_all(arena, text, "\"unit_amount_decimal\": \"2\"",
                                   "\"unit_amount_decimal\": \"0.001\"");
}

const char *fake_stripe_file(struct arena *arena, const char *name)
{
    enum { MOST = 32768 };
    char *text = arena_alloc(arena, MOST);
    FILE *file = fopen(arena_printf(arena, "tests/fixtures/stripe/%s", name), "re");

    if (!file || fread(text, 1, MOST - 1, file) == 0)
        abort();
    fclose(file);
    return fixture_adapt(arena, text);
}

const char *fake_stripe_replace(struct arena *arena, const char *text, const char *from,
                                const char *to)
{
    const char *at = strstr(text, from);

    if (!at)
        abort();
    return arena_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

const char *fake_stripe_object(struct arena *arena, const char *event)
{
    const char *object = strstr(event, "\"object\": {");
    const char *end = strstr(event, "\n    }");

    if (!object || !end)
        abort();
    object += strlen("\"object\": ");
    return arena_printf(arena, "%.*s}", (int)(end + 5 - object), object);
}

size_t fake_stripe_asked(const char *request, const char **last)
{
    size_t count = 0;

    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < asked_count; i++) {
        if (strncmp(asked[i], request, strlen(request)) != 0)
            continue;
        count++;
        if (last)
            *last = asked[i];
    }
    pthread_mutex_unlock(&mutex);
    return count;
}
