/* The adapter for libfcgi: requests in, responses out. */
#pragma once

#include "base/buf.h"
#include "base/error.h"

/* One request and its response. */
struct exchange {
    char *const *environment; /* NAME=VALUE, NULL-terminated */
    struct error *body_error; /* MALFORMED or TOO_LARGE: the body was not read */
    const char *body;         /* NUL-terminated */
    size_t body_length;
    struct buf response; /* to be filled: a CGI response (RFC 3875) */
};

struct fastcgi_service {
    size_t batch_max; /* how many exchanges may share a batch */
    size_t body_max;  /* bytes of one request body */
    /* Per batch: reset after each one. Holds request bodies and responses. */
    struct arena *arena;
    /*
     * Fill the responses of `count` exchanges, 1 to batch_max: all that were ready. None is sent
     * before it returns.
     */
    void (*respond)(void *context, struct exchange *exchanges, size_t count);
    void *context;
};

/*
 * Serve until the process ends: FastCGI if standard input is a socket, else one plain CGI request
 * from the process environment, with the same bytes. Returns the exit status.
 */
int fastcgi_serve(const struct fastcgi_service *service);

/* Parse CONTENT_LENGTH from the environment; TOO_LARGE (more than `max`) or MALFORMED. */
struct error *fastcgi_body_length(struct arena *arena, char *const *environment, size_t max,
                                  size_t *out);
