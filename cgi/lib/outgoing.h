/*
 * The door to libcurl: JSON requests to the services of the configuration, and to nobody else.
 *
 * No redirects, no proxy, no environment; TLS is checked; time and size have limits (limit.h). What
 * a status or a body means is up to the caller, cgi/remote.
 */
#pragma once

#include "arena.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>

struct outgoing;

struct outgoing_header {
    const char *name, *value;
};

struct outgoing_request {
    const char *method; /* "GET", "POST", "PUT", "PATCH" or "DELETE" */
    const char *url;    /* below one of the origins; nothing secret in its path */
    const struct outgoing_header *headers; /* beside those that JSON needs */
    size_t header_count;
    const char *body; /* JSON; NULL: none */
    /* Names the deed, however often it is tried. Without it only GET is tried again. */
    const char *idempotency_key;
};

struct outgoing_response {
    int status;
    const char *body; /* NUL behind it */
    size_t body_length;
};

/*
 * Who may be asked: origins like "https://api.workos.com". Plain http is for this computer alone
 * (stand-ins in tests). INPUT for anything else. Lives in `arena`; call it before the first request
 * is served, from one thread.
 */
struct error *outgoing_open(struct arena *arena, const char *const *origins, size_t count,
                            struct outgoing **out);

/*
 * Ask once, or again after 408, 429, 5xx and broken connections where that is safe: at most
 * LIMIT_OUTGOING_TRIES times, LIMIT_OUTGOING_MS together. Any status that came last is a success.
 * UPSTREAM when there was none; INTERNAL for a URL that is not on the list. Error texts hold
 * method, URL without its query, and libcurl's words; no header and no body.
 */
struct error *outgoing_send(const struct outgoing *outgoing, struct arena *arena,
                            const struct outgoing_request *request, struct outgoing_response *out);
