/*
 * Fuzzes route_find: the input is a method, a line break, and a path. A found route's pattern with
 * its parameters filled in is the path again.
 */
#include "fuzz.h"

#include "web/route.h"

#include <string.h>

static const struct route routes[] = {
    { "GET", "/", ACCESS_PUBLIC, NULL },
    { "GET", "/vms", ACCESS_MEMBER, NULL },
    { "POST", "/vms", ACCESS_MEMBER, NULL },
    { "GET", "/vms/new", ACCESS_MEMBER, NULL },
    { "GET", "/vms/:id", ACCESS_MEMBER, NULL },
    { "POST", "/vms/:id/stop", ACCESS_OWNER, NULL },
    { "GET", "/a/:one/:two/c/:three", ACCESS_OPERATOR, NULL },
};

static const char *filled_in(struct arena *arena, const struct request *r)
{
    struct buf path = buf_new(arena, 64);
    size_t used = 0;

    for (const char *at = r->route->pattern; *at;) {
        if (*at != ':') {
            buf_char(&path, *at++);
            continue;
        }
        FUZZ_DEMAND(used < ROUTE_PARAMETERS && r->parameters[used] && *r->parameters[used]);
        buf_text(&path, r->parameters[used++]);
        at += strcspn(at, "/");
    }
    while (used < ROUTE_PARAMETERS)
        FUZZ_DEMAND(!r->parameters[used++]);
    return path.bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena *arena = fuzz_arena();
    char *text = arena_copy_bytes(arena, bytes, length);
    char *path = strchr(text, '\n');
    struct request r = { .arena = arena, .method = text };
    struct error *e;

    if (path)
        *path++ = '\0';
    r.path = path ? path : "";
    e = route_find(&r, routes, sizeof routes / sizeof routes[0]);
    FUZZ_DEMAND((e == NULL) == (r.route != NULL));
    if (!e) {
        FUZZ_DEMAND(strcmp(filled_in(arena, &r), r.path) == 0);
        FUZZ_DEMAND(!r.response.allow && !strpbrk(r.path, "%\\ ?:"));
        FUZZ_DEMAND(strcmp(r.method, r.route->method) == 0 || strcmp(r.method, "HEAD") == 0);
    } else {
        FUZZ_DEMAND(e->kind == (r.response.allow ? ERROR_METHOD : ERROR_NOT_FOUND));
    }
    return 0;
}
