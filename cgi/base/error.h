/*
 * What can go wrong, as a value.
 *
 * Everything that can fail returns `struct error *`; NULL is success. Whoever detects an error
 * describes it here; only serve() and the worker loop log it. A visitor sees `message`, or the page
 * of its kind; never `text`.
 */
#pragma once

#include "base/arena.h"

enum error_kind {
    ERROR_MALFORMED,   /* 400: the bytes are no request */
    ERROR_SIGNED_OUT,  /* 303 to /signin */
    ERROR_FORBIDDEN,   /* 403 */
    ERROR_NOT_FOUND,   /* 404 */
    ERROR_METHOD,      /* 405 */
    ERROR_CONFLICT,    /* 409: the state does not allow it (now) */
    ERROR_TOO_LARGE,   /* 413 */
    ERROR_MEDIA,       /* 415: a content type or coding we do not read */
    ERROR_MISDIRECTED, /* 421 */
    ERROR_INPUT,       /* 422: a field is wrong */
    ERROR_RATE,        /* 429 */
    ERROR_INTERNAL,    /* 500 */
    ERROR_UPSTREAM,    /* 502: a service or the VM host failed us */
    ERROR_UNAVAILABLE, /* 503: disk full, database busy */
    ERROR_KINDS
};

struct error {
    enum error_kind kind;
    const char *text; /* for the operator's log; lives in the arena it was made in */
    const char *code; /* for programs: "quota_exceeded"; without one of its own, the kind's name */
    const char *message; /* for people: what is wrong and what to do; NULL: the kind says enough */
    const char *field;   /* the input that is wrong: "name"; NULL: none in particular */
};

struct error *error_new(struct arena *arena, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4), returns_nonnull));

/* One that people are told of: `format` makes `message`, which is the text as well. `code` and
 * `field` (which may be NULL) are literals. */
struct error *error_refuse(struct arena *arena, enum error_kind kind, const char *code,
                           const char *field, const char *format, ...)
    __attribute__((format(printf, 5, 6), returns_nonnull));

/* The same error, with what was being done put before its text: "starting vm x: no such file". */
struct error *error_in(struct arena *arena, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4), returns_nonnull));

/* A copy that lives in another arena than the error itself. */
struct error *error_copy(struct arena *arena, const struct error *error)
    __attribute__((returns_nonnull));

/* The HTTP status of a kind, and its short name for the log ("not_found"). */
int error_status(enum error_kind kind);
const char *error_name(enum error_kind kind);
