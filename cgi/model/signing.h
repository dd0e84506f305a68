/*
 * The key with which this server signs what it shows to others: the secret "signing-key", 32 random
 * bytes in base64, the private half of an Ed25519 key (RFC 8032). Only the worker's user reads it.
 */
#pragma once

#include "adapter/crypto.h"

enum { SIGNING_ID_BYTES = 8 };

struct signing_key {
    const unsigned char *seed; /* CRYPTO_ED25519_BYTES, secret */
    unsigned char public[CRYPTO_ED25519_BYTES];
    const char *id; /* of the public half: the first 8 bytes of its SHA-256, in hexadecimal */
};

/* In the arena. INTERNAL without a usable key; the message says how one is made. */
struct error *signing_key_load(struct arena *arena, const char *state_dir, struct signing_key *out);

/* The same id, of any public half. */
const char *signing_key_id(struct arena *arena, const unsigned char public[CRYPTO_ED25519_BYTES]);

/* It in PEM (RFC 8410), as openssl reads it. */
const char *signing_key_pem(struct arena *arena, const unsigned char public[CRYPTO_ED25519_BYTES]);
