/* Keys and signatures of authenticators; see webauthn.h. */
#include "adapter/webauthn.h"

#include "adapter/crypto.h"
#include "base/array.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <string.h>

enum { FLAG_PRESENT = 1 << 0, FLAG_VERIFIED = 1 << 2 };

static const int algorithms[] = { WEBAUTHN_ES256, WEBAUTHN_EDDSA, WEBAUTHN_RS256 };

static bool is_of_site(const char *rp_id, struct bytes authenticator_data)
{
    unsigned char hash[CRYPTO_HASH_BYTES];

    crypto_sha256(rp_id, strlen(rp_id), hash);
    return authenticator_data.length >= sizeof hash &&
           crypto_equal(authenticator_data.bytes, hash, sizeof hash);
}

static struct bytes copy_of(struct arena *arena, const unsigned char *bytes, size_t length)
{
    return (struct bytes){ arena_copy_bytes(arena, bytes, length), length };
}

/* libfido2 reads a key as one of the algorithm that it is told, and refuses all others. */
static bool key_read(struct arena *arena, int algorithm, struct bytes data,
                     struct webauthn_key *out)
{
    fido_cred_t *cred = fido_cred_new();
    bool is_read = cred && fido_cred_set_type(cred, algorithm) == FIDO_OK &&
                   fido_cred_set_authdata_raw(cred, data.bytes, data.length) == FIDO_OK &&
                   (fido_cred_flags(cred) & FLAG_PRESENT) &&
                   (fido_cred_flags(cred) & FLAG_VERIFIED);

    if (is_read)
        *out = (struct webauthn_key){
            .algorithm = algorithm,
            .id = copy_of(arena, fido_cred_id_ptr(cred), fido_cred_id_len(cred)),
            .public_key = copy_of(arena, fido_cred_pubkey_ptr(cred), fido_cred_pubkey_len(cred)),
            .sign_count = fido_cred_sigcount(cred),
        };
    fido_cred_free(&cred);
    return is_read;
}

bool webauthn_read_key(struct arena *arena, const char *rp_id, struct bytes authenticator_data,
                       struct webauthn_key *out)
{
    if (!is_of_site(rp_id, authenticator_data))
        return false;
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        if (key_read(arena, algorithms[i], authenticator_data, out))
            return true;
    }
    return false;
}

/* A function for each algorithm: libfido2 has a type for the keys of each. */
#define VERIFIER(type, algorithm)                                                                  \
    static bool type##_is_signed(const fido_assert_t *assertion, struct bytes key)                 \
    {                                                                                              \
        type##_pk_t *public_key = type##_pk_new();                                                 \
        bool is_signed = public_key &&                                                             \
                         type##_pk_from_ptr(public_key, key.bytes, key.length) == FIDO_OK &&       \
                         fido_assert_verify(assertion, 0, algorithm, public_key) == FIDO_OK;       \
                                                                                                   \
        type##_pk_free(&public_key);                                                               \
        return is_signed;                                                                          \
    }
VERIFIER(es256, COSE_ES256)
VERIFIER(eddsa, COSE_EDDSA)
VERIFIER(rs256, COSE_RS256)

bool webauthn_is_signed(const struct webauthn_key *key, const char *rp_id, struct bytes client_data,
                        struct bytes authenticator_data, struct bytes signature, int64_t *out_count)
{
    fido_assert_t *assertion = fido_assert_new();
    bool is_signed =
        assertion && fido_assert_set_count(assertion, 1) == FIDO_OK &&
        fido_assert_set_rp(assertion, rp_id) == FIDO_OK &&
        fido_assert_set_clientdata(assertion, client_data.bytes, client_data.length) == FIDO_OK &&
        fido_assert_set_authdata_raw(assertion, 0, authenticator_data.bytes,
                                     authenticator_data.length) == FIDO_OK &&
        fido_assert_set_sig(assertion, 0, signature.bytes, signature.length) == FIDO_OK &&
        fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
        fido_assert_set_uv(assertion, FIDO_OPT_TRUE) == FIDO_OK;

    if (is_signed && key->algorithm == WEBAUTHN_ES256)
        is_signed = es256_is_signed(assertion, key->public_key);
    else if (is_signed && key->algorithm == WEBAUTHN_EDDSA)
        is_signed = eddsa_is_signed(assertion, key->public_key);
    else
        is_signed = is_signed && rs256_is_signed(assertion, key->public_key);
    *out_count = is_signed ? fido_assert_sigcount(assertion, 0) : 0;
    fido_assert_free(&assertion);
    return is_signed;
}
