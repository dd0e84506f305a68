/*
 * Requests to the services of the configuration, and to nobody else.
 *
 * No redirects, no proxy, no environment; TLS is checked; time and size have limits (limit.h). What
 * a status or a body means is up to the caller, cgi/remote.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>

struct http_client;

struct http_header {
    const char *name, *value;
};

/* What is tried again beside broken connections. */
enum retry_policy {
    RETRY_USUAL,  /* 408, 429, 5xx */
    RETRY_STRIPE, /* what Stripe-Should-Retry says; without it 409 and 5xx, but never 429 */
};

struct http_request {
    const char *method;                /* "GET", "POST", "PUT", "PATCH" or "DELETE" */
    const char *url;                   /* below one of the origins; nothing secret in its path */
    const struct http_header *headers; /* beside those that JSON needs */
    size_t header_count;
    const char *body;         /* NULL: none */
    const char *content_type; /* of the body; NULL: application/json */
    /* Names the operation, however often it is tried. Without it only GET and DELETE are tried
     * again. */
    const char *idempotency_key;
    enum retry_policy retry_policy;
};

struct http_response {
    int status;
    const char *body; /* NUL behind it */
    size_t body_length;
    const char *request_id; /* by which the service knows this request, for the log; "": none */
};

/*
 * Who may be asked: origins like "https://api.workos.com". Plain http is for this computer alone
 * (stand-ins in tests). INPUT for anything else. Lives in `arena`; call it before the first request
 * is served, from one thread.
 */
struct error *http_client_open(struct arena *arena, const char *const *origins, size_t count,
                               struct http_client **out);

/*
 * Ask once, or again (enum retry_policy) where that is safe: at most LIMIT_HTTP_TRIES times,
 * LIMIT_HTTP_MS together. Any status that came last is a success. UPSTREAM when there was none;
 * INTERNAL for a URL that is not on the list, or a header that is not printable. Error texts hold
 * method, URL without its query, and libcurl's words; no header and no body.
 */
struct error *http_client_send(const struct http_client *client, struct arena *arena,
                               const struct http_request *request, struct http_response *out);
