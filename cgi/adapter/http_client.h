/*
 * Requests to the configured services and no others. No redirects, no proxy, no environment
 * variables; TLS is verified; time and size are limited (limit.h). Interpreting status and body is
 * up to the caller, cgi/remote.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>

struct http_client;

struct http_header {
    const char *name, *value;
};

/* What is retried besides failed connections. */
enum retry_policy {
    RETRY_USUAL,  /* 408, 429, 5xx */
    RETRY_STRIPE, /* as Stripe-Should-Retry says; without it 409 and 5xx, never 429 */
};

struct http_request {
    const char *method; /* "GET", "POST", "PUT", "PATCH" or "DELETE" */
    const char *url;    /* under one of the origins; no secrets in its path */
    /*
     * What its path is called in errors and in the ledger of what was sent, if there is personal
     * data in it: "{user name}". NULL: as it is.
     */
    const char *path_name;
    const struct http_header *headers; /* besides those for JSON */
    size_t header_count;
    const char *body;         /* NULL: none */
    const char *content_type; /* of the body; NULL: application/json */
    /* The same for all attempts. Without it only GET and DELETE are retried. */
    const char *idempotency_key;
    enum retry_policy retry_policy;
    const char *accept;  /* the type of the answer; NULL: application/json */
    size_t response_max; /* a longer body is a failure; 0: LIMIT_HTTP_BYTES */
};

struct http_response {
    int status;
    const char *body; /* NUL-terminated */
    size_t body_length;
    const char *request_id; /* the service's id of this request, for the log; "": none */
};

/*
 * Allows only `origins`, like "https://api.workos.com"; plain http only for loopback (fakes in
 * tests). INPUT for others. `purpose` is that of all of its transfers: see transfer.h. Lives in
 * `arena`; call before threads start.
 */
struct error *http_client_open(struct arena *arena, const char *const *origins, size_t count,
                               const char *purpose, struct http_client **out);

/*
 * Send a request, with retries (enum retry_policy) where safe: at most LIMIT_HTTP_TRIES attempts in
 * LIMIT_HTTP_MS. Success is any final status. UPSTREAM if there was no response; INTERNAL for a URL
 * not on the allowlist or a header that is not printable. Error texts contain the method, the URL
 * without its query, or the name of its path, and libcurl's message; no headers and no body.
 */
struct error *http_client_send(const struct http_client *client, struct arena *arena,
                               const struct http_request *request, struct http_response *out);
