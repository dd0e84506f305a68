/*
 * The adapter for OpenSSL: random bytes, hashes, comparison, base64, curve points. A failure of
 * OpenSSL here means a broken installation, so it aborts.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CRYPTO_HASH_BYTES = 32,
    CRYPTO_SECRET_BYTES = 32,  /* 256 random bits */
    CRYPTO_TOKEN_CHARS = 43,   /* the same in base64url */
    CRYPTO_ID_CHARS = 16,      /* 80 random bits in base32 */
    CRYPTO_ED25519_BYTES = 32, /* of a key, either half */
    CRYPTO_SIGNATURE_BYTES = 64,
};

void crypto_random(void *bytes, size_t length);

/* 32 bytes each. */
void crypto_sha256(const void *bytes, size_t length, unsigned char out[CRYPTO_HASH_BYTES]);
void crypto_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                        unsigned char out[CRYPTO_HASH_BYTES]);

/* SHA-256 of what comes in pieces; crypto_hash_end frees the handle. */
struct crypto_hash;
struct crypto_hash *crypto_hash_begin(void);
void crypto_hash_add(struct crypto_hash *hash, const void *bytes, size_t length);
void crypto_hash_end(struct crypto_hash *hash, unsigned char out[CRYPTO_HASH_BYTES]);

/* Of a whole file. UPSTREAM if it cannot be read. */
struct error *crypto_sha256_file(struct arena *arena, const char *path,
                                 unsigned char out[CRYPTO_HASH_BYTES]);

/* Lower-case hexadecimal digits. */
const char *crypto_hex(struct arena *arena, const unsigned char *bytes, size_t length);

/* In constant time. */
bool crypto_equal(const void *a, const void *b, size_t length);

/* A new secret of 43 characters [A-Za-z0-9_-], and whether a text has that form. */
const char *crypto_token(struct arena *arena);
bool crypto_is_token(const char *text);

#define CRYPTO_ID_LETTERS "abcdefghijklmnopqrstuvwxyz234567"

/* A new id of 16 characters [a-z2-7], and whether a text has that form. */
const char *crypto_id(struct arena *arena);
bool crypto_is_id(const char *text);

/* RFC 4648: base64url without padding; base64 with. */
const char *crypto_base64url(struct arena *arena, const void *bytes, size_t length);
const char *crypto_base64(struct arena *arena, const void *bytes, size_t length);

/* Strict base64 (correct padding, no other characters, no stray bits). False if invalid. */
bool crypto_base64_decode(struct arena *arena, const char *text, size_t length, unsigned char **out,
                          size_t *out_length);
bool crypto_base64url_decode(struct arena *arena, const char *text, size_t length,
                             unsigned char **out, size_t *out_length);

/* Is `point` (uncompressed, RFC 5656) on the curve "nistp256", "nistp384" or "nistp521"? */
bool crypto_ec_point_is_valid(const char *curve, const unsigned char *point, size_t length);

/*
 * A public key out of PEM ("BEGIN PUBLIC KEY" or "BEGIN RSA PUBLIC KEY"), as the parts of its SSH
 * form (RFC 4253 6.6, RFC 5656, RFC 8709). False: none, damaged, or of a kind without such a form.
 */
struct crypto_public {
    const char *algorithm; /* "ssh-rsa" */
    struct {
        const unsigned char *bytes;
        size_t length;
    } part[2]; /* behind the algorithm; numbers are positive mpints */
    size_t count;
};

bool crypto_public_read(struct arena *arena, const char *pem, struct crypto_public *out);

/* Ed25519 (RFC 8032). The private half, `seed`, is 32 random bytes. */
void crypto_ed25519_public(const unsigned char seed[CRYPTO_ED25519_BYTES],
                           unsigned char out[CRYPTO_ED25519_BYTES]);
void crypto_ed25519_sign(const unsigned char seed[CRYPTO_ED25519_BYTES], const void *bytes,
                         size_t length, unsigned char out[CRYPTO_SIGNATURE_BYTES]);
bool crypto_ed25519_is_signed(const unsigned char public[CRYPTO_ED25519_BYTES], const void *bytes,
                              size_t length, const unsigned char signature[CRYPTO_SIGNATURE_BYTES]);
