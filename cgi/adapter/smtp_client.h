/* Sends mail to the configured mail server. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>

/* The mail server. */
struct smtp_server {
    const char *url;             /* "smtp://HOST[:PORT]" or "smtps://HOST[:PORT]" */
    const char *user, *password; /* NULL: no authentication */
    const char *ca_file;         /* CA certificates to trust instead of the system's, or NULL */
    const char *name;            /* our name in EHLO: a host name */
};

struct smtp_message {
    const char *from, *to;      /* bare addresses */
    const char *const *headers; /* complete lines in ASCII: "Subject: ..."; folded by "\r\n " */
    size_t header_count;
    const char *text, *html; /* UTF-8 with CRLF; sent as multipart/alternative */
};

/* Call before the first mail, from one thread. */
struct error *smtp_client_open(struct arena *arena);

/*
 * Submit one message to the mail server, without retries. NULL: accepted. UPSTREAM: a temporary or
 * unknown outcome; retry. INPUT: permanent; the server rejects this recipient or message (5xx), or
 * an address or header is invalid. The error's text has the server and its reply code or libcurl's
 * message, and nothing of the message; the server's reply goes to `*reply` (one line, in the arena;
 * NULL: none) and may contain the recipient. TLS is required and verified: implicit (smtps) or by
 * STARTTLS before anything else (smtp). smtp to a loopback server without `ca_file` is plain.
 */
struct error *smtp_client_send(const struct smtp_server *server, struct arena *arena,
                               const struct smtp_message *message, const char **reply);

/* Authenticate and quit. UPSTREAM with what is wrong; `reply` as above. */
struct error *smtp_client_check(const struct smtp_server *server, struct arena *arena,
                                const char **reply);
