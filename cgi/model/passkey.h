/*
 * Passkeys (WebAuthn level 2, identity = local): a public key that a person's device made for this
 * server, which signs in instead of a link. The device names its key itself, so nobody types an
 * address, and it makes sure that it is its owner who signs.
 *
 * What it signs, the challenge, is bound to one session, expires and is accepted once.
 *
 * Those that write need an open write transaction; the caller wakes the worker after committing.
 */
#pragma once

#include "model/context.h"
#include "model/identity.h"

/* Browsers bind passkeys to the name of a server; one that is only an address has none. */
bool passkey_is_offered(const struct config *config);

/* What the server is for devices: its host name. */
const char *passkey_site(struct arena *arena, const struct config *config);

/* What a person is for devices: the same for each of their passkeys, and no address or name. */
const char *passkey_user(struct arena *arena, int64_t person_id, int64_t person_at);

/* A challenge for a page of the session with this secret (session.h), in base64url. */
const char *passkey_challenge(const struct context *context, struct bytes secret);

/* What a browser sends, in base64url. Without the last two to add a passkey. */
struct passkey_answer {
    const char *id, *client_data, *authenticator_data;
    const char *signature, *user;
};

/*
 * Add one to a person and tell them. `browser` names it and stands in the mail. INPUT, with a
 * message.
 */
struct error *passkey_add(const struct context *context, struct bytes secret, int64_t person_id,
                          const struct passkey_answer *answer, const char *browser,
                          const char **out_id);

/* Whose it is. */
struct passkey_owner {
    int64_t person_id;
    struct identity identity;
};

/*
 * Whether it is the answer of a passkey to a challenge of the session with this secret, which is
 * used up. INPUT, with a message: it is not. CONFLICT with the code PASSKEY_COPIED: a copy of the
 * passkey must exist, and its owner is told; the caller shows the message and commits.
 */
#define PASSKEY_COPIED "passkey_copied"
struct error *passkey_verify(const struct context *context, struct bytes secret,
                             const struct passkey_answer *answer, struct passkey_owner *out);

/* Remove one and tell its owner. NOT_FOUND: the person has no such passkey. */
struct error *passkey_remove(const struct context *context, int64_t person_id, const char *id,
                             const char *browser);
