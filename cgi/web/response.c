/* Serializes a response; see response.h. */
#include "web/response.h"

#include <assert.h>

void response_open(struct response *response, struct arena *arena)
{
    *response = (struct response){
        .status = 200,
        .content_type = "text/html; charset=utf-8",
        .body = { .arena = arena },
    };
}

void response_redirect(struct response *response, const char *path)
{
    response->status = 303;
    response->location = path;
    response->body.length = 0;
}

static void header_write(struct buf *out, const char *name, const char *value)
{
    if (!value)
        return;
    buf_text(out, name);
    buf_literal(out, ": ");
    /* A line break in a value would allow header injection. */
    for (const char *c = value; *c; c++)
        assert((unsigned char)*c >= 0x20 && *c != 0x7f);
    buf_text(out, value);
    buf_literal(out, "\r\n");
}

struct buf response_bytes(struct response *response, struct arena *arena, bool is_head)
{
    struct buf out = buf_new(arena, response->body.length + 512);

    buf_literal(&out, "Status: ");
    buf_int(&out, response->status);
    buf_literal(&out, "\r\n");
    if (response->status != 304)
        header_write(&out, "Content-Type", response->content_type);
    header_write(&out, "Location", response->location);
    header_write(&out, "Set-Cookie", response->cookie);
    header_write(&out, "Allow", response->allow);
    header_write(&out, "ETag", response->etag);
    header_write(&out, "Cache-Control", "no-store");
    header_write(&out, "X-Accel-Redirect", response->file);
    if (response->download)
        header_write(&out, "Content-Disposition",
                     arena_printf(arena, "attachment; filename=\"%s\"", response->download));
    if (response->refresh_url)
        header_write(&out, "Refresh",
                     arena_printf(arena, "%d; url=%s", response->refresh_s, response->refresh_url));
    /*
     * Not "cookies": that would also sign users out of every other app under the same domain. Our
     * one cookie is deleted by name.
     */
    if (response->clear_site_data)
        header_write(&out, "Clear-Site-Data", "\"storage\"");
    if (response->is_refresh)
        header_write(&out, "HX-Refresh", "true");
    header_write(&out, "Content-Length", arena_printf(arena, "%zu", response->body.length));
    buf_literal(&out, "\r\n");
    if (!is_head && response->body.length)
        buf_bytes(&out, response->body.bytes, response->body.length);
    return out;
}
