/* Live parts; see live.h. */
#include "web/live.h"

#include "adapter/crypto.h"

#include <string.h>

enum { VERSION_BYTES = 12 };

/* Render with a fixed clock and without tokens, so that the hash changes only with the content. */
static const char *version_of(struct request *r,
                              void (*render)(struct buf *buf, const struct frame *frame,
                                             const void *page),
                              const void *page)
{
    struct buf still = { .arena = r->arena };
    struct frame frame = r->frame;
    unsigned char hash[CRYPTO_HASH_BYTES];

    frame.csrf = "-";
    frame.now_at = 0;
    frame.request_id = "";
    render(&still, &frame, page);
    crypto_sha256(still.bytes, still.length, hash);
    return crypto_base64url(r->arena, hash, VERSION_BYTES);
}

void live_respond(struct request *r,
                  void (*render)(struct buf *buf, const struct frame *frame, const void *page),
                  const void *page)
{
    /* A full page has no version; the first poll of its live part gets one. */
    r->frame.version = "";
    if (r->is_fragment) {
        r->frame.version = version_of(r, render, page);
        r->response.etag = arena_printf(r->arena, "\"%s\"", r->frame.version);
        if (strcmp(r->if_none_match, r->response.etag) == 0) {
            r->response.status = 304;
            return;
        }
    }
    render(&r->response.body, &r->frame, page);
}
