/* Webhook signatures; see webhook_signature.h. */
#include "web/webhook_signature.h"

#include "adapter/crypto.h"
#include "base/buf.h"
#include "base/limit.h"
#include "base/text.h"

#include <string.h>

enum { MAX_VALUES = 8, HEX_CHARS = 2 * CRYPTO_HASH_BYTES, MAX_TIME_CHARS = 13 };

/* The parsed header. */
struct stamp {
    const char *time;
    const char *values[MAX_VALUES]; /* "v1", HEX_CHARS each */
    size_t count;
};

/* Unknown names are schemes that are not supported and are ignored. A repeated time is an error. */
static bool stamp_take(struct stamp *stamp, const char *part)
{
    if (text_starts(part, "t=")) {
        if (stamp->time)
            return false;
        stamp->time = part + 2;
    } else if (text_starts(part, "v1=") && strlen(part + 3) == HEX_CHARS) {
        if (stamp->count == MAX_VALUES)
            return false;
        stamp->values[stamp->count++] = part + 3;
    }
    return true;
}

static bool stamp_read(struct arena *arena, const char *header, const char *blanks,
                       struct stamp *out)
{
    char *rest = arena_copy(arena, header);

    *out = (struct stamp){ .time = NULL };
    while (rest) {
        char *comma = strchr(rest, ',');

        if (comma)
            *comma++ = '\0';
        if (!stamp_take(out, rest + strspn(rest, blanks)))
            return false;
        rest = comma;
    }
    return out->time && out->count && strlen(out->time) <= MAX_TIME_CHARS &&
           strspn(out->time, "0123456789") == strlen(out->time);
}

static void hex_write(const unsigned char *hash, char out[HEX_CHARS])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < CRYPTO_HASH_BYTES; i++) {
        out[2 * i] = digits[hash[i] >> 4];
        out[2 * i + 1] = digits[hash[i] & 15];
    }
}

static bool stamp_fits(struct arena *arena, const struct stamp *stamp,
                       const struct signed_body *body, const char *const *secrets, size_t count)
{
    struct buf message = buf_new(arena, body->length + MAX_TIME_CHARS + 2);
    bool fits = false;

    buf_text(&message, stamp->time);
    buf_char(&message, '.');
    buf_bytes(&message, body->bytes, body->length);
    for (size_t i = 0; i < count; i++) {
        unsigned char hash[CRYPTO_HASH_BYTES];
        char hex[HEX_CHARS];

        crypto_hmac_sha256(secrets[i], strlen(secrets[i]), message.bytes, message.length, hash);
        hex_write(hash, hex);
        for (size_t k = 0; k < stamp->count; k++)
            fits |= crypto_equal(hex, stamp->values[k], HEX_CHARS);
    }
    return fits;
}

static bool is_near(int64_t a, int64_t b, int64_t max)
{
    return a - b <= max && b - a <= max;
}

bool signature_stripe(struct arena *arena, const struct signed_body *body,
                      const char *const *secrets, size_t count, int64_t now_ms)
{
    struct stamp stamp;
    int64_t at;

    return stamp_read(arena, body->header, "", &stamp) && text_int(stamp.time, &at) &&
           is_near(at, now_ms / 1000, LIMIT_STRIPE_SKEW_S) &&
           stamp_fits(arena, &stamp, body, secrets, count);
}

bool signature_workos(struct arena *arena, const struct signed_body *body,
                      const char *const *secrets, size_t count, int64_t now_ms)
{
    struct stamp stamp;
    int64_t at_ms;

    /* Fewer digits would be seconds, not milliseconds. */
    return stamp_read(arena, body->header, " ", &stamp) && strlen(stamp.time) == MAX_TIME_CHARS &&
           stamp.count == 1 && text_int(stamp.time, &at_ms) &&
           is_near(at_ms, now_ms, (int64_t)LIMIT_WORKOS_SKEW_S * 1000) &&
           stamp_fits(arena, &stamp, body, secrets, count);
}
