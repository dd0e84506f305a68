/*
 * WorkOS client for sign-in (AuthKit). Its tokens are used once, for their claims, and not stored.
 * Documentation: https://workos.com/docs/reference/authkit
 */
#pragma once

#include "adapter/config.h"
#include "adapter/json.h"
#include "base/error.h"

#include <stdbool.h>

struct workos;

/* Reads secrets/workos-api-key. INPUT or INTERNAL if the configuration is incomplete. */
struct error *workos_open(struct arena *arena, const struct config *config, struct workos **out);

/*
 * The URL that starts a sign-in. `state` and `verifier` are fresh crypto_token()s;
 * `invitation_token` comes from a WorkOS mail, or is NULL. WorkOS asks anew whom it has not
 * asked for LIMIT_FRESH_S; `is_again`: in any case ("max_age":
 * https://workos.com/docs/authkit/reauthentication).
 */
const char *workos_authorize_url(const struct workos *workos, struct arena *arena,
                                 const char *state, const char *verifier,
                                 const char *invitation_token, bool is_again);

struct workos_person {
    /* Not signed in: WorkOS's error code, [a-z0-9_.] only. NULL: signed in, and the other fields
     * are set. */
    const char *refusal;
    const char *user_id;    /* "user_..." */
    const char *session_id; /* "session_..." */
    /* When the person signed in there, which may be long ago (claim "auth_time"); 0: not told. */
    int64_t authenticated_at;
    const char *email;
    const char *name; /* "" when there is none */
    bool is_email_verified;
    bool is_impersonated; /* someone is impersonating this user from the provider's dashboard */
    const char *organization_id; /* "org_..."; NULL: signed in without an organisation */
    bool is_owner;               /* owner of that organisation */
};

/* Exchange the callback's code. UPSTREAM if WorkOS is unreachable or its response is invalid. */
struct error *workos_exchange(const struct workos *workos, struct arena *arena, const char *code,
                              const char *verifier, const char *user_agent,
                              struct workos_person *out);

/* The organisation's name. NOT_FOUND: no such organisation; UPSTREAM: it cannot be fetched. */
struct error *workos_organization_name(const struct workos *workos, struct arena *arena,
                                       const char *organization_id, const char **out);

/* A user as described by WorkOS, in a response or in an event. */
struct workos_user {
    const char *id; /* "user_..." */
    const char *email;
    const char *name; /* "" when there is none */
    bool is_email_verified;
};

/* False: not a valid user. */
bool workos_user_read(struct arena *arena, const struct json *json, struct workos_user *out);

/* Whether a role of this name is an owner. */
bool workos_role_is_owner(const char *slug);

/* Fetch the current state of a user, for workos_user_read. NOT_FOUND: deleted. */
struct error *workos_user_get(const struct workos *workos, struct arena *arena, const char *user_id,
                              const struct json **out);

/* Delete a user for good. `*out_status`: 2xx, or 404 if there is no such user. */
struct error *workos_user_delete(const struct workos *workos, struct arena *arena,
                                 const char *user_id, int *out_status);

/*
 * The next events of `types` (comma-separated): after the event `after`, or, if that is NULL, since
 * `from_at`; oldest first, at most 100. An event has the same form as the body of a webhook.
 */
struct error *workos_events(const struct workos *workos, struct arena *arena, const char *types,
                            const char *after, int64_t from_at, const struct json **out);

/* The URL that ends the session at WorkOS and redirects back to /signed-out. */
const char *workos_logout_url(const struct workos *workos, struct arena *arena,
                              const char *session_id);

/* An error code that is safe to log: the code itself if it is plain, else "other". */
const char *workos_code(struct arena *arena, const char *code);
