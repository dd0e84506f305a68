/*
 * The session cookie and its row: a signed-in browser, or one that is signing in. The database has
 * only the SHA-256 of the cookie's value.
 */
#pragma once

#include "model/actor.h"
#include "web/request.h"

#define SESSION_COOKIE "__Host-session"

struct session {
    struct bytes id_hash;
    struct bytes csrf_secret;
    int64_t person_id; /* 0: signed out or signing in */
    int64_t team_id;   /* the team whose resources the pages show; 0 if signed out */
    const char *handle;
    const char *email, *name;
    const char *team_name; /* of that team; NULL like role */
    bool is_shared;        /* that team is nobody's personal one */
    const char *theme;     /* "light" or "dark"; NULL: the system's */
    const char *role;      /* in that team (model/role.h); NULL: no longer in it */
    const char *notice;    /* for this page */
    const char *workos_session_id;
    const char *workos_verifier;
    struct bytes workos_state_hash;
    const char *return_path;  /* local; NULL: none */
    int64_t authenticated_at; /* when the person proved who they are */
    int64_t expires_at;       /* at the latest */
    bool is_operator;
    int64_t policy_at;            /* see session_get */
    const char *suspended_reason; /* why the admin suspended that team; NULL: it is not */
    int64_t restricted_at; /* since when the account is restricted (model/restriction.h); 0: not */
    bool is_uncounted;     /* the person opted out of statistics */
};

/*
 * r->session from the cookie, or NULL. An unknown or expired cookie is deleted. Writes "last seen"
 * at most once every LIMIT_SEEN_EVERY_S.
 */
struct error *session_load(struct request *r);

/*
 * Create a signed-out session if the browser has none. This and the next three functions are the
 * only writes allowed in a GET handler.
 */
struct error *session_begin(struct request *r);

/* Store where to go after sign-in (a local path) in the session, created if needed. */
struct error *session_keep_return(struct request *r, const char *return_path);

/* The kept path, or that of the VMs. Call before the sign-in, which replaces the session. */
const char *session_return(const struct request *r);

/*
 * Start a WorkOS sign-in: store `state` (as SHA-256) and the PKCE verifier in the session, a
 * signed-out one for LIMIT_SIGNED_OUT_SESSION_S from now. A session that is signed in keeps its
 * expiry.
 */
struct error *session_keep_workos(struct request *r, const char *state, const char *verifier);

/*
 * Consume the `state` that the browser returned with: `*verifier` is set if it is this browser's,
 * else, or if another request has consumed it, NULL.
 */
struct error *session_take_workos(struct request *r, const char *state, const char **verifier);

/*
 * Sign this browser in as `person_id`, in the team that it shows if it was signed in as them, else
 * in `team_id`: always with a new cookie value; the old row is deleted (against session fixation).
 * `authenticated_at`: when the person proved who they are, if that was before; 0: now. FORBIDDEN if
 * suspension_check_sign_in() refuses. Needs an open write transaction.
 */
struct error *session_sign_in(struct request *r, int64_t person_id, int64_t team_id,
                              const char *workos_session_id, int64_t authenticated_at);

/*
 * Show another team from now on. Name and secret of the session change, so that no page or form of
 * the former team acts in this one; its time does not. Needs an open write transaction.
 */
struct error *session_switch(struct request *r, int64_t team_id);

/*
 * The invite whose link this browser has opened, by the link's hash: kept while its person signs
 * in, so that the link itself is in no address that is stored. Empty: none. Both need an open write
 * transaction; session_keep_invite() creates the session if needed.
 */
struct error *session_keep_invite(struct request *r, struct bytes hash);
struct error *session_invite(const struct request *r, struct bytes *out);

/* The browser family of this request, as shown in the list of sessions: "Firefox on Linux". */
const char *session_browser(const struct request *r);

/* The signed-in person, acting for the current team. Needs a session. */
struct actor session_actor(const struct request *r);

/* Delete the row and the cookie. Needs an open write transaction. */
struct error *session_end(struct request *r);

/* Show one line on the next page ("Key added"). Needs an open write transaction. */
struct error *session_notice(struct request *r, const char *notice);

/* The same, and redirect to that page. */
struct error *session_notice_at(struct request *r, const char *notice, const char *path);

/*
 * The response was a page, which showed the notice: forget it. Not that of a redirect. Outside of a
 * transaction; the only write of a page view beside that of session_load().
 */
void session_notice_shown(struct request *r);

/*
 * Check origin and CSRF token of a POST (see the OWASP CSRF cheat sheet): NULL or FORBIDDEN.
 * `token` is the form's "csrf" field or NULL.
 */
struct error *session_check_post(struct request *r, const char *token);

/* A fresh token for the forms of one page; NULL without a session. */
const char *session_csrf(struct request *r);
