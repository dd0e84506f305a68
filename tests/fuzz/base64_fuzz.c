/*
 * Fuzzes base64 against OpenSSL: what we read, OpenSSL reads alike and writes back as it was; what
 * OpenSSL writes, we read.
 */
#include "fuzz.h"

#include "adapter/crypto.h"

#include <openssl/evp.h>
#include <string.h>

static void encode_check(struct arena *arena, const uint8_t *bytes, size_t length)
{
    unsigned char *expected = arena_alloc(arena, length * 2 + 8);
    const char *plain = crypto_base64(arena, bytes, length);
    const char *url = crypto_base64url(arena, bytes, length);
    unsigned char *again;
    size_t again_length;

    EVP_EncodeBlock(expected, bytes, (int)length);
    FUZZ_DEMAND(strcmp((const char *)expected, plain) == 0);
    FUZZ_DEMAND(crypto_base64_decode(arena, plain, strlen(plain), &again, &again_length));
    FUZZ_DEMAND(again_length == length && memcmp(again, bytes, length) == 0);
    FUZZ_DEMAND(crypto_base64url_decode(arena, url, strlen(url), &again, &again_length));
    FUZZ_DEMAND(again_length == length && memcmp(again, bytes, length) == 0);
    FUZZ_DEMAND(!strpbrk(url, "+/="));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena *arena = fuzz_arena();
    const char *text = arena_copy_bytes(arena, bytes, length);
    unsigned char *ours, *theirs = arena_alloc(arena, length + 8);
    size_t ours_length;

    encode_check(arena, bytes, length);
    if (crypto_base64url_decode(arena, text, length, &ours, &ours_length)) {
        const char *again = crypto_base64url(arena, ours, ours_length);

        FUZZ_DEMAND(strlen(again) == length && memcmp(again, text, length) == 0);
    }
    if (!crypto_base64_decode(arena, text, length, &ours, &ours_length))
        return 0;
    FUZZ_DEMAND(length % 4 == 0 && ours_length <= length / 4 * 3);
    /* EVP_DecodeBlock counts the padding as bytes. */
    FUZZ_DEMAND(length == 0 ||
                EVP_DecodeBlock(theirs, bytes, (int)length) == (int)(length / 4 * 3));
    FUZZ_DEMAND(memcmp(ours, theirs, ours_length) == 0);
    EVP_EncodeBlock(theirs, ours, (int)ours_length);
    FUZZ_DEMAND(strlen((char *)theirs) == length && memcmp(theirs, text, length) == 0);
    return 0;
}
