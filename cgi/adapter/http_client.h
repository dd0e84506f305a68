/*
 * The door to libcurl: requests to the services of the configuration, mail to its mail server, and
 * nothing to anybody else.
 *
 * No redirects, no proxy, no environment; TLS is checked; time and size have limits (limit.h). What
 * a status or a body means is up to the caller, cgi/remote.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct outgoing;

struct http_header {
    const char *name, *value;
};

/* What is tried again beside broken connections. */
enum retry_policy {
    OUTGOING_USUAL,  /* 408, 429, 5xx */
    OUTGOING_STRIPE, /* what Stripe-Should-Retry says; without it 409 and 5xx, but never 429 */
};

struct http_request {
    const char *method;                /* "GET", "POST", "PUT", "PATCH" or "DELETE" */
    const char *url;                   /* below one of the origins; nothing secret in its path */
    const struct http_header *headers; /* beside those that JSON needs */
    size_t header_count;
    const char *body;         /* NULL: none */
    const char *content_type; /* of the body; NULL: application/json */
    /* Names the deed, however often it is tried. Without it only GET and DELETE are tried again. */
    const char *idempotency_key;
    enum retry_policy habit;
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
struct error *http_open(struct arena *arena, const char *const *origins, size_t count,
                        struct outgoing **out);

/*
 * Ask once, or again (enum retry_policy) where that is safe: at most
 * LIMIT_OUTGOING_TRIES times, LIMIT_OUTGOING_MS together. Any status that came last is a success.
 * UPSTREAM when there was none; INTERNAL for a URL that is not on the list. Error texts hold
 * method, URL without its query, and libcurl's words; no header and no body.
 */
struct error *smtp_send(const struct outgoing *outgoing, struct arena *arena,
                        const struct http_request *request, struct http_response *out);

/* ---- mail ---- */

/* Who takes our mail. Plain smtp: without TLS is for this computer alone, see smtp_client. */
struct smtp_server {
    const char *url;             /* "smtp://HOST[:PORT]" or "smtps://HOST[:PORT]" */
    const char *user, *password; /* NULL: the server asks for none */
    const char *ca_file;         /* whom to trust instead of the system's authorities, or NULL */
    const char *name;            /* what we call ourselves: a host name */
};

struct smtp_message {
    const char *from, *to;      /* bare addresses */
    const char *const *headers; /* whole lines in ASCII: "Subject: ..."; folded by "\r\n " */
    size_t header_count;
    const char *text, *html; /* UTF-8 with CRLF; what arrives is multipart/alternative */
};

/* Before the first mail, from one thread. */
struct error *smtp_open(struct arena *arena);

/*
 * Hand one letter to the mail server, once. NULL: the server has taken it. UPSTREAM: not now, or
 * nobody knows; try again. INPUT: never; the server refuses this recipient or this letter (5xx), or
 * an address or a header is none. The error's text names the server and its number or libcurl's
 * words, and nothing of the letter; what the server said goes to `*answer` (one line, in the arena;
 * NULL: nothing), which may name the recipient.
 *
 * TLS is demanded and checked: from the first byte (smtps), or by STARTTLS before anything is said
 * (smtp). To a server on this computer without `ca_file` smtp stays plain.
 */
struct error *smtp_client(const struct smtp_server *smtp, struct arena *arena,
                          const struct smtp_message *letter, const char **answer);

/* Sign in there and leave again. UPSTREAM with what is wrong; `answer` as above. */
struct error *smtp_check(const struct smtp_server *smtp, struct arena *arena, const char **answer);
