/*
 * One transfer with another server, over HTTP or SMTP. The adapter for libcurl, used by
 * http_client.h and smtp_client.h: a handle lives for one transfer. No redirects, no proxy, no
 * environment variables; certificates are verified, and TLS is at least 1.2.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

/* A header for looks at our own server, which are not to be counted as visits (web/counted.c). */
#define TRANSFER_UNCOUNTED "Sec-GPC: 1"

/* A response header. */
struct transfer_header {
    const char *name;
    const char *value; /* to be filled; "": not sent, long, or not printable */
};

/* A mail with alternative parts; mail programs show the last one they support. */
struct transfer_mail {
    const char *from, *to; /* bare addresses */
    const struct transfer_part {
        const char *type, *text; /* "text/plain; charset=utf-8" */
    } * parts;
    size_t part_count;
};

struct transfer {
    /* The request. */
    const char *url;
    /* What for, a constant: "billing". Every transfer with another service has one. */
    const char *purpose;
    const char *fields;    /* names of what is sent, not values: "email, name"; NULL: nothing */
    const char *protocols; /* the only allowed one: "https" */
    int64_t connect_ms, timeout_ms;
    const char *method;         /* or an SMTP command; NULL: the protocol's default */
    const char *const *headers; /* complete lines */
    size_t header_count;
    const char *body;                 /* NULL: none */
    const struct transfer_mail *mail; /* NULL: none; only SMTP */
    bool is_command;                  /* SMTP: only send `method` */
    bool is_plain;                    /* SMTP: no STARTTLS */
    const char *user, *password;      /* NULL: none */
    const char *ca_file; /* CA certificates to trust instead of the system's, or NULL */
    bool is_unverified;  /* any certificate: only to look at our own server, without a purpose */
    /* "1.0" to "1.3": this version alone, with ciphers of any strength; NULL: 1.2 or later. */
    const char *tls_version;

    /* Called with each line of SMTP, or header of HTTP; `is_ours`: sent by us. NULL: none. */
    void (*listen)(void *listener, bool is_ours, const char *bytes, size_t size);
    void *listener;

    /* The result. */
    struct buf *response_body; /* the body; NULL: discarded */
    size_t response_max;       /* a longer one aborts the transfer */
    struct transfer_header *response_headers;
    size_t response_header_count;
    int status;                  /* 0: none */
    int64_t retry_after_s;       /* 0: not sent */
    int64_t certificate_ends_at; /* of the server's certificate; 0: unknown */
    const char *problem;         /* libcurl's error message */
};

enum transfer_end {
    TRANSFER_DONE,   /* a status was received */
    TRANSFER_BROKEN, /* a network error: a retry may succeed */
    TRANSFER_FAILED, /* a bad certificate, an endless body: a retry would fail again */
};

/* A transfer with another service that has been made or tried. The texts last for the call. */
struct transfer_note {
    const char *host; /* url_service() of the URL, which is what was connected to */
    const char *purpose, *fields;
    int64_t sent_bytes, received_bytes; /* of bodies and mails, without headers */
    bool is_answered;
};

/* Call before the first transfer, from one thread. */
struct error *transfer_open(struct arena *arena);

/*
 * From now on `observe` is called after each attempt, on its thread, whether it was answered or
 * not; not for looks at our own server. Call it at the program's start.
 */
void transfer_observe(void (*observe)(const struct transfer_note *note));

/*
 * From now on services for whose host `is_allowed` says false are not contacted: the transfer has
 * FAILED. Looks at our own server, without a purpose, are always allowed. Call it at the program's
 * start.
 */
void transfer_limit(bool (*is_allowed)(const char *host));

/* Run one transfer. */
enum transfer_end transfer_run(struct transfer *transfer, struct arena *arena);
