/* The adapter for OpenSSL; see crypto.h. */

/* HMAC_CTX is deprecated in OpenSSL 3, but is the only way to set a new key without a lookup. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "adapter/crypto.h"

#include "base/array.h"
#include "base/log.h"

#include <openssl/bn.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES = 64 * 1024 };

static void crypto_demand(int is_ok, const char *what)
{
    if (is_ok)
        return;
    log_error("crypto_broken", log_text("what", what));
    abort();
}

/*
 * Each thread keeps one hash context and a pool of random bytes: in OpenSSL 3, fetching an
 * algorithm by name costs more than hashing a page, and a system call per token as much again.
 */
static _Thread_local struct {
    EVP_MD *sha256;
    EVP_MD_CTX *hash;
    HMAC_CTX *hmac;
    unsigned char random[512];
    size_t random_left;
} own;

static void own_open(void)
{
    if (own.sha256)
        return;
    own.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    own.hash = EVP_MD_CTX_new();
    own.hmac = HMAC_CTX_new();
    crypto_demand(own.sha256 && own.hash && own.hmac, "sha256");
}

/* A child process that used its parent's pool would generate the same secrets. */
static void random_forget(void)
{
    explicit_bzero(own.random, sizeof own.random);
    own.random_left = 0;
}

static void random_fill(void)
{
    static atomic_flag is_watching = ATOMIC_FLAG_INIT;

    if (!atomic_flag_test_and_set(&is_watching))
        crypto_demand(pthread_atfork(NULL, NULL, random_forget) == 0, "fork");
    crypto_demand(RAND_bytes(own.random, (int)sizeof own.random) == 1, "random");
    own.random_left = sizeof own.random;
}

void crypto_random(void *bytes, size_t length)
{
    unsigned char *given;

    if (length > sizeof own.random) {
        crypto_demand(RAND_bytes(bytes, (int)length) == 1, "random");
        return;
    }
    if (length > own.random_left)
        random_fill();
    own.random_left -= length;
    given = own.random + own.random_left;
    memcpy(bytes, given, length);
    /* Never used twice, and not left in memory. */
    explicit_bzero(given, length);
}

void crypto_sha256(const void *bytes, size_t length, unsigned char out[CRYPTO_HASH_BYTES])
{
    own_open();
    crypto_demand(EVP_DigestInit_ex2(own.hash, own.sha256, NULL) == 1 &&
                      EVP_DigestUpdate(own.hash, bytes, length) == 1 &&
                      EVP_DigestFinal_ex(own.hash, out, NULL) == 1,
                  "sha256");
}

struct crypto_hash *crypto_hash_begin(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    own_open();
    crypto_demand(context && EVP_DigestInit_ex2(context, own.sha256, NULL) == 1, "sha256");
    return (struct crypto_hash *)(void *)context;
}

void crypto_hash_add(struct crypto_hash *hash, const void *bytes, size_t length)
{
    crypto_demand(EVP_DigestUpdate((EVP_MD_CTX *)(void *)hash, bytes, length) == 1, "sha256");
}

void crypto_hash_end(struct crypto_hash *hash, unsigned char out[CRYPTO_HASH_BYTES])
{
    EVP_MD_CTX *context = (EVP_MD_CTX *)(void *)hash;

    crypto_demand(EVP_DigestFinal_ex(context, out, NULL) == 1, "sha256");
    EVP_MD_CTX_free(context);
}

struct error *crypto_sha256_file(struct arena *arena, const char *path,
                                 unsigned char out[CRYPTO_HASH_BYTES])
{
    unsigned char bytes[FILE_BYTES];
    FILE *file = fopen(path, "re");
    struct error *e = NULL;
    size_t length;

    if (!file)
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
    own_open();
    crypto_demand(EVP_DigestInit_ex2(own.hash, own.sha256, NULL) == 1, "sha256");
    while ((length = fread(bytes, 1, sizeof bytes, file)) > 0)
        crypto_demand(EVP_DigestUpdate(own.hash, bytes, length) == 1, "sha256");
    crypto_demand(EVP_DigestFinal_ex(own.hash, out, NULL) == 1, "sha256");
    if (ferror(file))
        e = error_new(arena, ERROR_UPSTREAM, "reading %s: %m", path);
    fclose(file);
    return e;
}

const char *crypto_hex(struct arena *arena, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 2 * length + 1);

    for (size_t i = 0; i < length; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return text;
}

void crypto_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                        unsigned char out[CRYPTO_HASH_BYTES])
{
    own_open();
    crypto_demand(HMAC_Init_ex(own.hmac, key, (int)key_length, own.sha256, NULL) == 1 &&
                      HMAC_Update(own.hmac, bytes, length) == 1 &&
                      HMAC_Final(own.hmac, out, NULL) == 1,
                  "hmac");
}

bool crypto_equal(const void *a, const void *b, size_t length)
{
    return CRYPTO_memcmp(a, b, length) == 0;
}

const char *crypto_token(struct arena *arena)
{
    unsigned char secret[CRYPTO_SECRET_BYTES];

    crypto_random(secret, sizeof secret);
    return crypto_base64url(arena, secret, sizeof secret);
}

bool crypto_is_token(const char *text)
{
    return strlen(text) == CRYPTO_TOKEN_CHARS &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
               CRYPTO_TOKEN_CHARS;
}

const char *crypto_id(struct arena *arena)
{
    unsigned char bytes[CRYPTO_ID_CHARS];
    char *id = arena_alloc(arena, CRYPTO_ID_CHARS + 1);

    crypto_random(bytes, sizeof bytes);
    for (size_t i = 0; i < CRYPTO_ID_CHARS; i++)
        id[i] = CRYPTO_ID_LETTERS[bytes[i] % 32];
    return id;
}

bool crypto_is_id(const char *text)
{
    return strlen(text) == CRYPTO_ID_CHARS && strspn(text, CRYPTO_ID_LETTERS) == CRYPTO_ID_CHARS;
}

const char *crypto_base64(struct arena *arena, const void *bytes, size_t length)
{
    unsigned char *text = arena_alloc(arena, (length + 2) / 3 * 4 + 1);

    EVP_EncodeBlock(text, bytes, (int)length);
    return (const char *)text;
}

const char *crypto_base64url(struct arena *arena, const void *bytes, size_t length)
{
    char *text = arena_copy(arena, crypto_base64(arena, bytes, length));

    for (char *c = text; *c; c++) {
        if (*c == '+')
            *c = '-';
        else if (*c == '/')
            *c = '_';
        else if (*c == '=')
            *c = '\0';
    }
    return text;
}

static int digit_of(char c, const char *last_two)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == last_two[0])
        return 62;
    return c == last_two[1] ? 63 : -1;
}

/*
 * OpenSSL's EVP_DecodeBlock accepts spaces and stray bits, and with two encodings of one key,
 * duplicates could not be detected; so decoding, unlike encoding, is done here.
 */
static bool decode(struct arena *arena, const char *text, size_t length, const char *last_two,
                   unsigned char **out, size_t *out_length)
{
    unsigned char *bytes = arena_alloc(arena, length / 4 * 3 + 3);
    uint32_t bits = 0;
    unsigned count = 0;
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        int digit = digit_of(text[i], last_two);

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes[n++] = (unsigned char)(bits >> count);
            bits &= (1u << count) - 1;
        }
    }
    *out = bytes;
    *out_length = n;
    return bits == 0 && count < 6;
}

bool crypto_base64_decode(struct arena *arena, const char *text, size_t length, unsigned char **out,
                          size_t *out_length)
{
    size_t padding = 0;

    if (length % 4)
        return false;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    return decode(arena, text, length - padding, "+/", out, out_length);
}

bool crypto_base64url_decode(struct arena *arena, const char *text, size_t length,
                             unsigned char **out, size_t *out_length)
{
    return decode(arena, text, length, "-_", out, out_length);
}

bool crypto_ec_point_is_valid(const char *curve, const unsigned char *point, size_t length)
{
    static const char *const names[][2] = { { "nistp256", "P-256" },
                                            { "nistp384", "P-384" },
                                            { "nistp521", "P-521" } };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    OSSL_PARAM parameters[3] = { OSSL_PARAM_END, OSSL_PARAM_END, OSSL_PARAM_END };
    bool is_valid;

    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(names[i][0], curve) == 0)
            parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                             (char *)(uintptr_t)names[i][1], 0);
    }
    /* OpenSSL only reads through both pointers. */
    parameters[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                      (void *)(uintptr_t)point, length);
    crypto_demand(context && EVP_PKEY_fromdata_init(context) == 1, "ec");
    is_valid =
        point[0] == 4 && EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1;
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    return is_valid;
}

/* ---- public keys in PEM ---- */

enum { MOST_PART_BYTES = 4096 };

static void part_add(struct crypto_public *out, const void *bytes, size_t length)
{
    out->part[out->count].bytes = bytes;
    out->part[out->count++].length = length;
}

/* A number as mpint: with a zero byte in front if its first bit is set. */
static bool number_add(struct arena *arena, EVP_PKEY *key, const char *name,
                       struct crypto_public *out)
{
    BIGNUM *number = NULL;
    unsigned char *bytes;
    size_t length;

    if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
        return false;
    length = (size_t)BN_num_bytes(number);
    bytes = arena_alloc(arena, length + 1);
    BN_bn2bin(number, bytes + 1);
    BN_free(number);
    if (length && bytes[1] & 0x80)
        part_add(out, bytes, length + 1);
    else
        part_add(out, bytes + 1, length);
    return true;
}

static bool point_add(struct arena *arena, EVP_PKEY *key, struct crypto_public *out)
{
    static const char *const curves[][3] = {
        { "prime256v1", "ecdsa-sha2-nistp256", "nistp256" },
        { "secp384r1", "ecdsa-sha2-nistp384", "nistp384" },
        { "secp521r1", "ecdsa-sha2-nistp521", "nistp521" },
    };
    unsigned char *point = arena_alloc(arena, MOST_PART_BYTES);
    char group[64] = "";
    size_t length;

    if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1 ||
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, MOST_PART_BYTES,
                                        &length) != 1)
        return false;
    for (size_t i = 0; i < COUNT(curves); i++) {
        if (strcmp(group, curves[i][0]) != 0)
            continue;
        out->algorithm = curves[i][1];
        part_add(out, curves[i][2], strlen(curves[i][2]));
        part_add(out, point, length);
        return true;
    }
    return false;
}

static bool parts_read(struct arena *arena, EVP_PKEY *key, struct crypto_public *out)
{
    unsigned char *bytes = arena_alloc(arena, CRYPTO_ED25519_BYTES);
    size_t length = CRYPTO_ED25519_BYTES;

    if (EVP_PKEY_is_a(key, "RSA")) {
        out->algorithm = "ssh-rsa";
        return number_add(arena, key, OSSL_PKEY_PARAM_RSA_E, out) &&
               number_add(arena, key, OSSL_PKEY_PARAM_RSA_N, out);
    }
    if (EVP_PKEY_is_a(key, "EC"))
        return point_add(arena, key, out);
    if (!EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_get_raw_public_key(key, bytes, &length) != 1)
        return false;
    out->algorithm = "ssh-ed25519";
    part_add(out, bytes, length);
    return true;
}

bool crypto_public_read(struct arena *arena, const char *pem, struct crypto_public *out)
{
    EVP_PKEY *key = NULL;
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(
        &key, "PEM", NULL, NULL, OSSL_KEYMGMT_SELECT_PUBLIC_KEY, NULL, NULL);
    const unsigned char *bytes = (const unsigned char *)pem;
    size_t length = strlen(pem);
    bool is_read = decoder && OSSL_DECODER_from_data(decoder, &bytes, &length) == 1;

    *out = (struct crypto_public){ .count = 0 };
    OSSL_DECODER_CTX_free(decoder);
    is_read = is_read && parts_read(arena, key, out);
    EVP_PKEY_free(key);
    return is_read;
}

/* ---- signatures ---- */

void crypto_ed25519_public(const unsigned char seed[CRYPTO_ED25519_BYTES],
                           unsigned char out[CRYPTO_ED25519_BYTES])
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CRYPTO_ED25519_BYTES);
    size_t length = CRYPTO_ED25519_BYTES;

    crypto_demand(key && EVP_PKEY_get_raw_public_key(key, out, &length) == 1, "ed25519");
    EVP_PKEY_free(key);
}

void crypto_ed25519_sign(const unsigned char seed[CRYPTO_ED25519_BYTES], const void *bytes,
                         size_t length, unsigned char out[CRYPTO_SIGNATURE_BYTES])
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CRYPTO_ED25519_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = CRYPTO_SIGNATURE_BYTES;

    crypto_demand(key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                      EVP_DigestSign(context, out, &size, bytes, length) == 1,
                  "ed25519");
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
}

bool crypto_ed25519_is_signed(const unsigned char public[CRYPTO_ED25519_BYTES], const void *bytes,
                              size_t length, const unsigned char signature[CRYPTO_SIGNATURE_BYTES])
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, CRYPTO_ED25519_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_signed;

    crypto_demand(context != NULL, "ed25519");
    is_signed = key && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, CRYPTO_SIGNATURE_BYTES, bytes, length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return is_signed;
}
