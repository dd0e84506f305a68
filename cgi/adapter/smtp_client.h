/* Mail to the mail server of the configuration. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>

/* Who takes our mail. */
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
struct error *smtp_client_open(struct arena *arena);

/*
 * Hand one message to the mail server, once. NULL: the server has taken it. UPSTREAM: not now, or
 * nobody knows; try again. INPUT: never; the server refuses this recipient or this message (5xx),
 * or an address or a header is none. The error's text names the server and its number or libcurl's
 * words, and nothing of the message; what the server said goes to `*answer` (one line, in the
 * arena; NULL: nothing), which may name the recipient.
 *
 * TLS is demanded and checked: from the first byte (smtps), or by STARTTLS before anything is said
 * (smtp). To a server on this computer without `ca_file` smtp stays plain.
 */
struct error *smtp_client_send(const struct smtp_server *server, struct arena *arena,
                               const struct smtp_message *message, const char **answer);

/* Sign in there and leave again. UPSTREAM with what is wrong; `answer` as above. */
struct error *smtp_client_check(const struct smtp_server *server, struct arena *arena,
                                const char **answer);
