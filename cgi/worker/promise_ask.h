/*
 * Asks our own server at its public address, as a visitor would; its answers are read as bytes. For
 * the checks of promise_front.c and promise_tls.c.
 */
#pragma once

#include "base/buf.h"
#include "worker/promise.h"

enum { ANSWER_HEADERS_BYTES = 64 * 1024, ANSWER_BODY_BYTES = 1024 * 1024 };

/* One answer. */
struct answer {
    int status; /* 0: none */
    int64_t certificate_ends_at;
    struct buf headers; /* "Name: value\n" each, as sent */
    struct buf body;
};

/* `tls_version`: "1.0" to "1.3" alone; NULL: any. The answer lives in `arena`. */
struct answer answer_ask(struct arena *arena, const char *method, const char *url,
                         const char *tls_version);

/* A path of this server. */
const char *answer_url(const struct context *now, const char *path);

/* "": nothing. */
const char *answer_text(const struct buf *buf);

/*
 * The value of the next line "NAME: value" of *at, which goes to the line behind it; NULL: none is
 * left. It ends with its line.
 */
const char *answer_line(const char **at, const char *name);

/* Nothing is known without an answer; that is no error of ours. */
void answer_unreachable(const struct context *now, struct promise_reading *out);
