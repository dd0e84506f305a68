/*
 * The life of a request, the same for every page; see ARCHITECTURE.md ("The life of a request").
 */
#pragma once

#include "adapter/db.h"
#include "web/route.h"

struct program {
    const char *name; /* "dashboard" */
    const struct route *routes;
    size_t route_count;
    enum db_mode db_mode;
    size_t body_max;         /* of a form; 0: LIMIT_BODY_BYTES */
    const char *confinement; /* its row in model/confinement.c; NULL: `name` */
    /*
     * Runs once after the configuration is read and before the sandbox is entered: load secrets,
     * open sockets. NULL: nothing to do. `arena` lives as long as the process.
     */
    struct error *(*start)(struct arena *arena, const struct config *config);
};

/*
 * Serve requests until the process ends: FastCGI if standard input is a socket, else one plain CGI
 * request from the environment (RFC 3875) with the same output. Command line: --state DIR.
 */
int serve(int argc, char **argv, const struct program *program);
