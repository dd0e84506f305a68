/* Answers that are kept for other visitors; see page_cache.h. */
#include "web/page_cache.h"

#include "base/clock.h"
#include "base/limit.h"
#include "web/route.h"

#include <string.h>

static struct kept {
    struct arena *arena; /* NULL: never used */
    const char *path;    /* NULL: nothing is kept */
    const char *content_type;
    struct buf body;
    int64_t data_version, minute;
} pages[LIMIT_KEPT_PAGES];

static size_t next;

static bool is_for_all(const struct request *r)
{
    return (r->route->access & ACCESS_SAME) && !r->session && !*r->query && !r->is_fragment &&
           strcmp(r->method, "POST") != 0;
}

static struct kept *kept_find(const struct request *r)
{
    for (size_t i = 0; i < LIMIT_KEPT_PAGES; i++) {
        if (pages[i].path && strcmp(pages[i].path, r->path) == 0)
            return &pages[i];
    }
    return NULL;
}

bool page_cache_respond(struct request *r)
{
    const struct kept *kept;

    if (!is_for_all(r))
        return false;
    kept = kept_find(r);
    if (!kept || kept->data_version != r->data_version || kept->minute != r->now_at / A_MINUTE_S)
        return false;
    r->response.content_type = kept->content_type;
    r->response.body = kept->body;
    return true;
}

void page_cache_keep(const struct request *r)
{
    struct kept *kept;

    if (!is_for_all(r) || r->response.status != 200)
        return;
    kept = kept_find(r);
    if (!kept)
        kept = &pages[next++ % LIMIT_KEPT_PAGES];
    if (!kept->arena)
        kept->arena = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    arena_reset(kept->arena);
    kept->path = arena_copy(kept->arena, r->path);
    kept->content_type = arena_copy(kept->arena, r->response.content_type);
    kept->body = buf_new(kept->arena, r->response.body.length + 1);
    buf_bytes(&kept->body, r->response.body.bytes, r->response.body.length);
    kept->data_version = r->data_version;
    kept->minute = r->now_at / A_MINUTE_S;
}
