/*
 * The life of a request, the same for every page; see ARCHITECTURE.md ("The life of a request").
 */
#pragma once

#include "adapter/db.h"
#include "adapter/sandbox.h"
#include "web/route.h"

struct program {
    const char *name; /* "dashboard" */
    const struct route *routes;
    size_t route_count;
    enum db_mode db_mode;
    enum sandbox_network network;
    /* Runs once after the configuration is read and before the sandbox closes: load secrets, open
     * sockets. NULL: nothing to do. Memory in `arena` lives as long as the process. */
    struct error *(*start)(struct arena *arena, const struct config *config);
};

/*
 * Answer requests until the end of the process: FastCGI when standard input is a socket, else one
 * plain CGI request from the environment (RFC 3875), with the same bytes. Command line: --state
 * DIR.
 */
int serve(int argc, char **argv, const struct program *program);
