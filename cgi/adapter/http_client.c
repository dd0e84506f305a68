/* Requests to other services, and when they are retried; see http_client.h. */
#include "adapter/http_client.h"

#include "adapter/crypto.h"
#include "adapter/json.h"
#include "adapter/transfer.h"
#include "base/array.h"
#include "base/backoff.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/name_list.h"
#include "base/text.h"
#include "base/url.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { FIRST_BODY_BYTES = 16 * 1024, OWN_HEADERS = 4 };
#define FORM_TYPE "application/x-www-form-urlencoded"

enum { FIRST_WAIT_MS = 250, STRIPE_WAIT_MS = 500 };

struct http_client {
    const char **origins;
    size_t count;
    const char *purpose;
};

/* The response headers that are read. */
enum { SHOULD_RETRY, REQUEST_ID, RESPONSE_HEADERS };

/* One attempt and its result. */
struct attempt {
    struct transfer transfer;
    struct buf body;
    struct transfer_header headers[RESPONSE_HEADERS];
    enum transfer_end end;
};

/* ---- what may be sent ---- */

/* Scheme, host and port; only a path may follow, so that no other host can be named. */
static bool is_allowed_origin(const char *text)
{
    return url_is_origin(text, "https://") ||
           (url_is_origin(text, "http://") && url_is_loopback(text, "http://"));
}

struct error *http_client_open(struct arena *arena, const char *const *origins, size_t count,
                               const char *purpose, struct http_client **out)
{
    struct http_client *client = arena_alloc(arena, sizeof *client);
    struct error *e = transfer_open(arena);

    client->purpose = purpose;
    client->origins = arena_array(arena, count, sizeof *client->origins);
    for (size_t i = 0; !e && i < count; i++) {
        if (!is_allowed_origin(origins[i]))
            e = error_new(arena, ERROR_INPUT,
                          "%s: must be https://HOST (http:// only on this computer)", origins[i]);
        client->origins[client->count++] = arena_copy(arena, origins[i]);
    }
    *out = client;
    return e;
}

static bool url_is_allowed(const struct http_client *client, const char *url)
{
    for (size_t i = 0; i < client->count; i++) {
        const char *origin = client->origins[i];

        /*
         * The '/' after the origin rules out "https://api.workos.com.evil.example" and "...@evil".
         */
        if (text_starts(url, origin) && url[strlen(origin)] == '/')
            return text_is_printable(url, '!');
    }
    return false;
}

static struct error *request_check(const struct http_client *client, struct arena *arena,
                                   const struct http_request *request)
{
    if (!url_is_allowed(client, request->url))
        return error_new(arena, ERROR_INTERNAL, "URL not on the allowlist");
    for (size_t i = 0; i < request->header_count; i++) {
        if (!text_is_printable(request->headers[i].value, ' '))
            return error_new(arena, ERROR_INTERNAL, "header %s is not printable",
                             request->headers[i].name);
    }
    return NULL;
}

/* ---- the names of what is sent ---- */

/* "user_01H", "cus_Fixt": the fixed parts of our services' paths are in small letters. */
static bool is_id(const char *part, size_t length)
{
    size_t plain = strspn(part, "abcdefghijklmnopqrstuvwxyz-._");

    return memchr(part, '_', length) && plain < length;
}

/* "/v1/prices?limit=5": the path ends at the '?'. Of an id only what it is of is a name. */
static void path_names(struct arena *arena, struct buf *list, const char *path)
{
    const char *before = "";

    while (*path == '/') {
        size_t length = strcspn(++path, "/?");
        const char *name = arena_printf(arena, "%s/{id}", before);

        if (is_id(path, length))
            name_list_add(list, name, strlen(name));
        else
            before = arena_copy_bytes(arena, path, length);
        path += length;
    }
}

/* "a=1&b=2" */
static void form_names(struct buf *list, const char *form)
{
    while (*form) {
        size_t length = strcspn(form, "&");

        name_list_add(list, form, strcspn(form, "=&"));
        form += length + (form[length] == '&');
    }
}

static void json_names(struct arena *arena, struct buf *list, const char *text)
{
    const struct json *object = NULL;

    if (json_read(arena, text, strlen(text), &object))
        return; /* no service would take it either */
    for (const struct json *it = json_first(object); it && json_key(it); it = json_next(it))
        name_list_add(list, json_key(it), strlen(json_key(it)));
}

/*
 * In the request's order, each once: "users/{id}, limit" for "/users/user_01H?limit=5"; then the
 * names of the form's fields or the keys of the JSON object.
 */
static const char *fields_of(struct arena *arena, const struct http_request *request)
{
    bool is_form = request->content_type && strcmp(request->content_type, FORM_TYPE) == 0;
    const char *path = strchr(strstr(request->url, "://") + 3, '/');
    const char *query = strchr(request->url, '?');
    struct buf list = { .arena = arena };

    if (request->path_name)
        name_list_add(&list, request->path_name, strlen(request->path_name));
    else
        path_names(arena, &list, path);
    form_names(&list, query ? query + 1 : "");
    if (request->body && is_form)
        form_names(&list, request->body);
    else if (request->body)
        json_names(arena, &list, request->body);
    return list.length ? list.bytes : "";
}

/* ---- one attempt ---- */

static void headers_make(struct arena *arena, const struct http_request *request,
                         struct transfer *transfer)
{
    const char *type = request->content_type ? request->content_type : "application/json";
    const char **lines = arena_array(arena, request->header_count + OWN_HEADERS, sizeof *lines);
    size_t count = 0;

    lines[count++] =
        arena_printf(arena, "Accept: %s", request->accept ? request->accept : "application/json");
    /*
     * Without "Expect:" libcurl sends "Expect: 100-continue" before a longer body and waits a
     * second.
     */
    lines[count++] = "Expect:";
    if (request->body)
        lines[count++] = arena_printf(arena, "Content-Type: %s", type);
    if (request->idempotency_key)
        lines[count++] = arena_printf(arena, "Idempotency-Key: %s", request->idempotency_key);
    for (size_t i = 0; i < request->header_count; i++)
        lines[count++] =
            arena_printf(arena, "%s: %s", request->headers[i].name, request->headers[i].value);
    transfer->headers = lines;
    transfer->header_count = count;
}

static void attempt_prepare(const struct http_client *client, struct arena *arena,
                            const struct http_request *request, struct attempt *attempt)
{
    *attempt = (struct attempt){
        .transfer = {
            .url = request->url,
            .purpose = client->purpose,
            .fields = fields_of(arena, request),
            .protocols = text_starts(request->url, "https:") ? "https" : "http",
            .method = request->method,
            .body = request->body,
            .response_body = &attempt->body,
            .response_max = request->response_max ? request->response_max : LIMIT_HTTP_BYTES,
            .response_headers = attempt->headers,
            .response_header_count = RESPONSE_HEADERS,
        },
        .body = buf_new(arena, FIRST_BODY_BYTES),
        .headers = { [SHOULD_RETRY] = { .name = "Stripe-Should-Retry" },
                     [REQUEST_ID] = { .name = "Request-Id" } },
    };
    headers_make(arena, request, &attempt->transfer);
}

static void attempt_make(struct arena *arena, int64_t timeout_ms, struct attempt *attempt)
{
    attempt->body.length = 0;
    attempt->body.bytes[0] = '\0';
    attempt->transfer.timeout_ms = timeout_ms;
    attempt->transfer.connect_ms =
        timeout_ms < LIMIT_HTTP_CONNECT_MS ? timeout_ms : LIMIT_HTTP_CONNECT_MS;
    attempt->end = transfer_run(&attempt->transfer, arena);
}

/* ---- retries ---- */

/* Transient failures. */
static bool is_passing(const struct attempt *attempt, enum retry_policy retry_policy)
{
    const char *advice = attempt->headers[SHOULD_RETRY].value;
    int status = attempt->transfer.status;

    if (attempt->end != TRANSFER_DONE)
        return attempt->end == TRANSFER_BROKEN;
    if (retry_policy == RETRY_USUAL)
        return status == 408 || status == 429 || status >= 500;
    if (strcmp(advice, "true") == 0 || strcmp(advice, "false") == 0)
        return strcmp(advice, "true") == 0;
    return status == 409 || status >= 500;
}

/* 250 ms (Stripe: 500 ms), doubled each time, plus up to half of that as jitter. */
static int64_t wait_ms(const struct attempt *attempt, enum retry_policy retry_policy, int tries)
{
    int64_t base_ms = backoff_ms(
        tries, retry_policy == RETRY_STRIPE ? STRIPE_WAIT_MS : FIRST_WAIT_MS, LIMIT_HTTP_MS);
    int64_t retry_after_s = attempt->transfer.retry_after_s;
    uint16_t jitter;

    if (retry_after_s > 0)
        return (retry_after_s < A_DAY_S ? retry_after_s : A_DAY_S) * 1000;
    crypto_random(&jitter, sizeof jitter);
    return base_ms + base_ms * jitter / (2 * UINT16_MAX);
}

static void pause_ms(int64_t length_ms)
{
    struct timespec rest = { .tv_sec = length_ms / 1000, .tv_nsec = length_ms % 1000 * 1000000 };

    while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
        continue;
}

struct error *http_client_send(const struct http_client *client, struct arena *arena,
                               const struct http_request *request, struct http_response *out)
{
    bool is_safe = request->idempotency_key || strcmp(request->method, "GET") == 0 ||
                   strcmp(request->method, "DELETE") == 0;
    int64_t end_ms = clock_monotonic_us() / 1000 + LIMIT_HTTP_MS;
    struct attempt attempt;
    struct error *e = request_check(client, arena, request);

    if (e)
        return e;
    attempt_prepare(client, arena, request, &attempt);
    for (int tries = 1;; tries++) {
        int64_t left_ms = end_ms - clock_monotonic_us() / 1000;
        int64_t next_ms;

        attempt_make(arena, left_ms, &attempt);
        next_ms = wait_ms(&attempt, request->retry_policy, tries);
        left_ms = end_ms - clock_monotonic_us() / 1000;
        if (!is_safe || !is_passing(&attempt, request->retry_policy) || tries == LIMIT_HTTP_TRIES ||
            next_ms > LIMIT_HTTP_WAIT_MS || next_ms >= left_ms)
            break;
        pause_ms(next_ms);
    }
    if (attempt.end != TRANSFER_DONE && request->path_name)
        return error_new(arena, ERROR_UPSTREAM, "%s %s: %s", request->method, request->path_name,
                         attempt.transfer.problem);
    if (attempt.end != TRANSFER_DONE)
        return error_new(arena, ERROR_UPSTREAM, "%s %.*s: %s", request->method,
                         (int)strcspn(request->url, "?#"), request->url, attempt.transfer.problem);
    *out = (struct http_response){
        .status = attempt.transfer.status,
        .body = attempt.body.bytes,
        .body_length = attempt.body.length,
        .request_id = attempt.headers[REQUEST_ID].value,
    };
    return NULL;
}
