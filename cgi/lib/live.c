/* Live parts; see live.h. */
#include "live.h"

#include "crypto.h"

#include <string.h>

enum { VERSION_BYTES = 12 };

void live_answer(struct request *r,
                 void (*render)(struct buf *buf, const struct frame *frame, const void *page),
                 const void *page)
{
    struct buf still = { .arena = r->arena };
    struct frame frame = r->frame;
    unsigned char hash[CRYPTO_HASH_BYTES];

    frame.is_fragment = true;
    frame.csrf = "-";
    frame.now_at = 0;
    frame.notice = NULL;
    frame.request_id = "";
    render(&still, &frame, page);
    crypto_sha256(still.bytes, still.length, hash);
    r->frame.version = crypto_base64url(r->arena, hash, VERSION_BYTES);
    r->response.etag = arena_printf(r->arena, "\"%s\"", r->frame.version);
    if (r->is_fragment && strcmp(r->if_none_match, r->response.etag) == 0) {
        r->response.status = 304;
        return;
    }
    render(&r->response.body, &r->frame, page);
}
