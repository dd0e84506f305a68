/*
 * What we say to WorkOS for signing people in (AuthKit). Its tokens are used once, for what they
 * say, and kept nowhere. Documentation: https://workos.com/docs/reference/authkit
 */
#pragma once

#include "adapter/config.h"
#include "adapter/json.h"
#include "base/error.h"

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

/* The organisation's name. NOT_FOUND: there is none; UPSTREAM: it cannot be had. */
struct error *workos_organization_name(const struct workos *workos, struct arena *arena,
                                       const char *organization_id, const char **out);

/* A user as WorkOS describes it, in an answer or in an event. */
struct workos_user {
    const char *id; /* "user_..." */
    const char *email;
    const char *name; /* "" when there is none */
    bool is_email_verified;
};

/* False: it is none. */
bool workos_user_read(struct arena *arena, const struct json *json, struct workos_user *out);

/* Is a role of this name an owner's? */
bool workos_role_is_owner(const char *slug);

/* A user as it is now, for workos_user_read. NOT_FOUND: there is none any more. */
struct error *workos_user_get(const struct workos *workos, struct arena *arena, const char *user_id,
                              const struct json **out);

/*
 * The next events of those `types` (a comma between two): after the event `after`, or, when that is
 * NULL, from `from_at` on; oldest first, at most 100. An event is a webhook's body.
 */
struct error *workos_events(const struct workos *workos, struct arena *arena, const char *types,
                            const char *after, int64_t from_at, const struct json **out);

/* Where the browser goes to end the session at WorkOS; it comes back to /signed-out. */
const char *workos_logout_url(const struct workos *workos, struct arena *arena,
                              const char *session_id);

/* An error code that may stand in a log: the code itself if it is plain, else "other". */
const char *workos_code(struct arena *arena, const char *code);
