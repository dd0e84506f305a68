/*
 * Fuzzes the signature headers of Stripe and WorkOS: the input is a header, a line feed, and a
 * body. Without the secret nothing is accepted; a signature made for the body is, whatever stands
 * around it in a header of the right form.
 */
#include "fuzz.h"

#include "adapter/crypto.h"
#include "base/buf.h"
#include "web/webhook_signature.h"

#include <string.h>

static const char *const secret = "whsec_that_the_fuzzer_does_not_know";

static const char *sign(struct arena *arena, const char *time, const char *body, size_t length)
{
    struct buf message = buf_new(arena, length + 32), hex = buf_new(arena, 65);
    unsigned char hash[CRYPTO_HASH_BYTES];

    buf_printf(&message, "%s.", time);
    buf_bytes(&message, body, length);
    crypto_hmac_sha256(secret, strlen(secret), message.bytes, message.length, hash);
    for (size_t i = 0; i < sizeof hash; i++)
        buf_printf(&hex, "%02x", hash[i]);
    return hex.bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena *arena = fuzz_arena();
    const uint8_t *end = memchr(bytes, '\n', length);
    size_t header_length = end ? (size_t)(end - bytes) : length;
    const char *header = arena_copy_bytes(arena, bytes, header_length);
    struct signed_body body = { .header = header, .bytes = "" };

    if (end) {
        body.bytes = (const char *)end + 1;
        body.length = length - header_length - 1;
    }
    FUZZ_DEMAND(!signature_stripe(arena, &body, &secret, 1, 1700000000000));
    FUZZ_DEMAND(!signature_workos(arena, &body, &secret, 1, 1700000000000));
    body.header = arena_printf(arena, "t=1700000000,v1=%s",
                               sign(arena, "1700000000", body.bytes, body.length));
    FUZZ_DEMAND(signature_stripe(arena, &body, &secret, 1, 1700000000000));
    body.header = arena_printf(arena, "t=1700000000000, v1=%s",
                               sign(arena, "1700000000000", body.bytes, body.length));
    FUZZ_DEMAND(signature_workos(arena, &body, &secret, 1, 1700000000000));
    return 0;
}
