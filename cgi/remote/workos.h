/*
 * What we say to WorkOS for signing people in (AuthKit). Its tokens are used once, for what they
 * say, and kept nowhere. Documentation: https://workos.com/docs/reference/authkit
 */
#pragma once

#include "config.h"
#include "error.h"

#include <stdbool.h>

struct workos;

/* Reads secrets/workos-api-key. INPUT or INTERNAL when something in the configuration is missing.
 */
struct error *workos_open(struct arena *arena, const struct config *config, struct workos **out);

/*
 * Where the browser goes to sign in. `state` and `verifier` are fresh crypto_token()s;
 * `invitation_token` comes from a mail of WorkOS, or is NULL.
 */
const char *workos_authorize_url(const struct workos *workos, struct arena *arena,
                                 const char *state, const char *verifier,
                                 const char *invitation_token);

struct workos_person {
    /* Not signed in: WorkOS's error code, [a-z0-9_.] only. NULL: signed in, and the rest is set. */
    const char *refusal;
    const char *user_id;    /* "user_..." */
    const char *session_id; /* "session_..." */
    const char *email;
    const char *name; /* "" when there is none */
    bool is_email_verified;
    bool is_impersonated;        /* somebody at the provider's dashboard acts as this person */
    const char *organization_id; /* "org_..."; NULL: signed in without one */
    bool is_owner;               /* of that organisation */
};

/* Trade the callback's code. UPSTREAM when WorkOS cannot be reached or says what cannot be. */
struct error *workos_exchange(const struct workos *workos, struct arena *arena, const char *code,
                              const char *verifier, const char *user_agent,
                              struct workos_person *out);

/* The organisation's name; UPSTREAM when it cannot be had. */
struct error *workos_organization_name(const struct workos *workos, struct arena *arena,
                                       const char *organization_id, const char **out);

/* Where the browser goes to end the session at WorkOS; it comes back to /signed-out. */
const char *workos_logout_url(const struct workos *workos, struct arena *arena,
                              const char *session_id);

/* An error code that may stand in a log: the code itself if it is plain, else "other". */
const char *workos_code(struct arena *arena, const char *code);
