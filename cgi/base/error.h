/*
 * Errors as values.
 *
 * Every function that can fail returns `struct error *`; NULL is success. The code that detects an
 * error describes it; only serve() and the worker loop log it. Users see `message` or the page of
 * its kind, never `text`.
 */
#pragma once

#include "base/arena.h"

enum error_kind {
    ERROR_MALFORMED,   /* 400: not a valid request */
    ERROR_SIGNED_OUT,  /* 303 to /signin */
    ERROR_STALE,       /* 303 to /signin, which asks to sign in again */
    ERROR_FORBIDDEN,   /* 403 */
    ERROR_NOT_FOUND,   /* 404 */
    ERROR_METHOD,      /* 405 */
    ERROR_CONFLICT,    /* 409: the state does not allow it (now) */
    ERROR_TOO_LARGE,   /* 413 */
    ERROR_MEDIA,       /* 415: unsupported content type or encoding */
    ERROR_MISDIRECTED, /* 421 */
    ERROR_INPUT,       /* 422: a field is invalid */
    ERROR_RATE,        /* 429 */
    ERROR_INTERNAL,    /* 500 */
    ERROR_UPSTREAM,    /* 502: a service or the VM host failed */
    ERROR_UNAVAILABLE, /* 503: disk full, database busy */
    ERROR_KINDS
};

struct error {
    enum error_kind kind;
    const char *text;    /* for the operator's log; in the error's arena */
    const char *code;    /* for programs: "quota_exceeded"; by default the kind's name */
    const char *message; /* for users: what is wrong and what to do; NULL: the kind suffices */
    const char *field;   /* the invalid input field: "name"; NULL: none */
};

struct error *error_new(struct arena *arena, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4), returns_nonnull));

/*
 * A user-facing error: `format` gives `message`, which is also `text`. `code` and `field` (which
 * may be NULL) are literals.
 */
struct error *error_refuse(struct arena *arena, enum error_kind kind, const char *code,
                           const char *field, const char *format, ...)
    __attribute__((format(printf, 5, 6), returns_nonnull));

/* The same error with its text prefixed by the operation: "starting vm x: no such file". */
struct error *error_in(struct arena *arena, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4), returns_nonnull));

/* A copy in another arena. */
struct error *error_copy(struct arena *arena, const struct error *error)
    __attribute__((returns_nonnull));

/* The HTTP status of a kind, and its short name for the log ("not_found"). */
int error_status(enum error_kind kind);
const char *error_name(enum error_kind kind);
