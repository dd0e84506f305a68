/* Live parts; see live.h. */
#include "web/live.h"

#include "adapter/crypto.h"
#include "adapter/db.h"
#include "base/clock.h"
#include "web/session.h"

#include <string.h>

enum { VERSION_BYTES = 12, ETAG_BYTES = 24, SENT_MAX = 256 };

/* ---- what was answered last ---- */

/* One answer, without padding, so that two can be compared as bytes. */
struct sent {
    unsigned char key[CRYPTO_HASH_BYTES];
    char etag[ETAG_BYTES];
    int64_t data_version, minute;
};

/* By the first byte of the key: a later answer takes the place of an earlier one. */
static struct sent sent[SENT_MAX];

/* Of the session and the address. */
static void key_of(const struct request *r, unsigned char key[CRYPTO_HASH_BYTES])
{
    struct buf text = { .arena = r->arena };

    buf_bytes(&text, r->session->id_hash.bytes, r->session->id_hash.length);
    buf_text(&text, r->path);
    buf_char(&text, '?');
    buf_text(&text, r->query);
    crypto_sha256(text.bytes, text.length, key);
}

static struct sent sent_of(const struct request *r, const char *etag)
{
    struct sent now = { .data_version = r->data_version, .minute = r->now_at / A_MINUTE_S };

    key_of(r, now.key);
    strncpy(now.etag, etag, sizeof now.etag - 1);
    return now;
}

static void sent_keep(struct request *r)
{
    struct sent now = sent_of(r, r->response.etag);

    sent[now.key[0]] = now;
}

bool live_is_current(struct request *r)
{
    struct sent now;

    if (!r->is_fragment || !r->session || !*r->if_none_match || strcmp(r->method, "GET") != 0)
        return false;
    now = sent_of(r, r->if_none_match);
    if (memcmp(&sent[now.key[0]], &now, sizeof now) != 0)
        return false;
    r->response.etag = r->if_none_match;
    r->response.status = 304;
    return true;
}

/* ---- the answer ---- */

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
        if (r->session && !r->is_changing)
            sent_keep(r);
        if (strcmp(r->if_none_match, r->response.etag) == 0) {
            r->response.status = 304;
            return;
        }
    }
    render(&r->response.body, &r->frame, page);
}
