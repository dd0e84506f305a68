/*
 * One exchange with another server, over HTTP or SMTP. The adapter for libcurl, under http_client.h
 * and smtp_client.h: a handle lives for one exchange. No redirects, no proxy, nothing from the
 * environment; certificates are checked, and TLS is 1.2 at least.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

/* A header of the answer. */
struct transfer_header {
    const char *name;
    const char *value; /* to be filled; "": not sent, long, or not printable */
};

/* A mail of several parts, of which the reader's program shows the last that it understands. */
struct transfer_mail {
    const char *from, *to; /* bare addresses */
    const struct transfer_part {
        const char *type, *text; /* "text/plain; charset=utf-8" */
    } * parts;
    size_t part_count;
};

struct transfer {
    /* What is asked. */
    const char *url;
    const char *protocols; /* all others are refused: "https" */
    int64_t connect_ms, timeout_ms;
    const char *method;         /* or a command of SMTP; NULL: the protocol's own */
    const char *const *headers; /* whole lines */
    size_t header_count;
    const char *body;                 /* NULL: none */
    const struct transfer_mail *mail; /* NULL: none; only SMTP */
    bool is_command;                  /* SMTP: `method` is all that is said */
    bool is_plain;                    /* SMTP: goes without STARTTLS */
    const char *user, *password;      /* NULL: none */
    const char *ca_file; /* whom to trust instead of the system's authorities, or NULL */

    /* Hears each line of SMTP as it passes; `is_ours`: we say it. NULL: nobody does. */
    void (*listen)(void *listener, bool is_ours, const char *bytes, size_t size);
    void *listener;

    /* What came of it. */
    struct buf *answer; /* the body; NULL: nobody reads it */
    size_t answer_max;  /* a longer one ends the exchange */
    struct transfer_header *answer_headers;
    size_t answer_header_count;
    int status;            /* 0: none */
    int64_t retry_after_s; /* 0: not said */
    const char *problem;   /* libcurl's words for what went wrong */
};

enum transfer_end {
    TRANSFER_DONE,   /* there is a status */
    TRANSFER_BROKEN, /* on the way: the next try may do better */
    TRANSFER_FAILED, /* a wrong certificate, an endless body: it would fail again */
};

/* Before the first exchange, from one thread. */
struct error *transfer_open(struct arena *arena);

/* One exchange. */
enum transfer_end transfer_run(struct transfer *transfer, struct arena *arena);
