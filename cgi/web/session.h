/*
 * The one cookie, and the row behind it: a signed-in browser, or one on its way through sign-in.
 * The database holds only SHA-256 of the cookie's value.
 */
#pragma once

#include "model/actor.h"
#include "web/request.h"

#define SESSION_COOKIE "__Host-session"

struct session {
    struct bytes id_hash;
    struct bytes csrf_secret;
    int64_t person_id; /* 0: signed out, on the way through sign-in */
    int64_t team_id;   /* the team whose resources the pages show; 0 when signed out */
    const char *handle;
    const char *email, *name;
    const char *role;   /* "member" or "owner" in that team; NULL: no longer a member */
    const char *notice; /* for this page, already taken from the row */
    const char *workos_session_id;
    const char *workos_verifier;
    struct bytes workos_state_hash;
    const char *return_path; /* local; NULL: none */
    bool is_operator;
};

/*
 * r->session from the cookie, or NULL. A cookie that we did not make, or that has ended, is told to
 * go away. Writes "last seen" at most once in LIMIT_SEEN_EVERY_S.
 */
struct error *session_load(struct request *r);

/* A signed-out session for this browser if it has none. With the three that follow the only write
 * that a GET page may ask for. */
struct error *session_begin(struct request *r);

/* Where to go after the sign-in (a local path), kept in a signed-out session, begun if need be. */
struct error *session_keep_return(struct request *r, const char *return_path);

/*
 * A sign-in through WorkOS begins: `state` (as SHA-256) and the PKCE verifier are kept in a
 * signed-out session for LIMIT_SIGNED_OUT_SESSION_S from now. Asserts that nobody is signed in.
 */
struct error *session_keep_workos(struct request *r, const char *state, const char *verifier);

/*
 * The browser is back with `state`: if it is the one that this browser left with, it is used up and
 * `*verifier` is set; else, or when another request was faster, `*verifier` is NULL.
 */
struct error *session_take_workos(struct request *r, const char *state, const char **verifier);

/*
 * Sign this browser in as `person_id`: a new value always, the old row deleted (session fixation).
 * Needs an open write transaction.
 */
struct error *session_sign_in(struct request *r, int64_t person_id, int64_t team_id,
                              const char *workos_session_id);

/* The family of the browser that asks, as its session shows it: "Firefox on Linux". */
const char *session_browser(const struct request *r);

/* The person who is signed in, acting for the current team. Needs a session. */
struct actor session_actor(const struct request *r);

/* Delete the row and the cookie. Needs an open write transaction. */
struct error *session_end(struct request *r);

/* One line for the next page ("Key added"). Needs an open write transaction. */
struct error *session_notice(struct request *r, const char *notice);

/*
 * Same origin and the session's token, for every POST (sessions: OWASP CSRF cheat sheet):
 * FORBIDDEN. `token` is the form's "csrf" field or NULL.
 */
struct error *session_check_post(struct request *r, const char *token);

/* A fresh token for the forms of one page; NULL without a session. */
const char *session_csrf(struct request *r);
