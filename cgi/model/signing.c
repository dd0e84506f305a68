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
