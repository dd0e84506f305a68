/*
 * The adapter for libfcgi: requests in, responses out. Knows nothing of what they say.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

/* One request and its answer. */
struct exchange {
    char *const *environment; /* NAME=VALUE, NULL at the end */
    struct error *body_error; /* MALFORMED or TOO_LARGE: the body was not read */
    const char *body;         /* NUL behind it */
    size_t body_length;
    struct buf answer; /* to be filled: a CGI answer (RFC 3875) */
};

struct fastcgi_service {
    size_t batch_max; /* how many exchanges may be answered together */
    size_t body_max;  /* bytes of one body */
    /* Of the requests: given back after each batch. Holds bodies and answers. */
    struct arena *arena;
    /* Fill the answers of `count` exchanges, 1 to batch_max: all that were ready at this moment.
     * None is sent before it returns. */
    void (*answer)(void *context, struct exchange *exchanges, size_t count);
    void *context;
};

/*
 * Serve until the end of the process: FastCGI when standard input is a socket, else one plain CGI
 * request from the process's own environment, with the same bytes. Returns the exit status.
 */
int fastcgi_serve(const struct fastcgi_service *service);

/* How many body bytes the environment announces; TOO_LARGE (more than `most`) or MALFORMED. */
struct error *fastcgi_body_length(struct arena *arena, char *const *environment, size_t most,
                                  size_t *out);
