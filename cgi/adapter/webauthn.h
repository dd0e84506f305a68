/*
 * The adapter for libfido2: reads and verifies what an authenticator has answered to a browser
 * (WebAuthn). It talks to no device. What the browser says itself, the client data, is checked by
 * model/passkey.c; here it is only hashed.
 */
#pragma once

#include "adapter/db.h"

#include <stdbool.h>
#include <stdint.h>

/* As COSE numbers them; the only ones that are accepted. */
enum { WEBAUTHN_ES256 = -7, WEBAUTHN_EDDSA = -8, WEBAUTHN_RS256 = -257 };

struct webauthn_key {
    int64_t algorithm;
    struct bytes id, public_key; /* in the arena */
    int64_t sign_count;
};

/*
 * A new key out of authenticator data. False: damaged, of another site than `rp_id` or of another
 * algorithm, or its owner was not verified. No attestation is asked for, so nothing is signed: who
 * makes the device is not known.
 */
bool webauthn_read_key(struct arena *arena, const char *rp_id, struct bytes authenticator_data,
                       struct webauthn_key *out);

/*
 * Whether `key` has signed both, for the site `rp_id`, and its owner was verified. `*out_count`:
 * how often the authenticator says that it has signed.
 */
bool webauthn_is_signed(const struct webauthn_key *key, const char *rp_id, struct bytes client_data,
                        struct bytes authenticator_data, struct bytes signature,
                        int64_t *out_count);
