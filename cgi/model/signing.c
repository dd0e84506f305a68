/* The key that signs; see signing.h. */
#include "model/signing.h"

#include "adapter/config.h"

#include <string.h>

const char *signing_key_id(struct arena *arena, const unsigned char public[CRYPTO_ED25519_BYTES])
{
    unsigned char hash[CRYPTO_HASH_BYTES];

    crypto_sha256(public, CRYPTO_ED25519_BYTES, hash);
    return crypto_hex(arena, hash, SIGNING_ID_BYTES);
}

/* SubjectPublicKeyInfo of Ed25519 (RFC 8410): a fixed head, then the key. */
const char *signing_key_pem(struct arena *arena, const unsigned char public[CRYPTO_ED25519_BYTES])
{
    static const unsigned char head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                          0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
    unsigned char der[sizeof head + CRYPTO_ED25519_BYTES];

    memcpy(der, head, sizeof head);
    memcpy(der + sizeof head, public, CRYPTO_ED25519_BYTES);
    return arena_printf(arena, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n",
                        crypto_base64(arena, der, sizeof der));
}

struct error *signing_key_load(struct arena *arena, const char *state_dir, struct signing_key *out)
{
    struct config_secret secret;
    unsigned char *bytes;
    size_t length;
    struct error *e = config_secret_load(arena, state_dir, "signing-key", &secret);

    if (e)
        return error_in(arena, e, "openssl rand -base64 32 makes one");
    if (!crypto_base64_decode(arena, secret.current, strlen(secret.current), &bytes, &length) ||
        length != CRYPTO_ED25519_BYTES)
        return error_new(arena, ERROR_INTERNAL,
                         "secret signing-key: not 32 bytes in base64: openssl rand -base64 32");
    out->seed = bytes;
    crypto_ed25519_public(bytes, out->public);
    out->id = signing_key_id(arena, out->public);
    return NULL;
}
