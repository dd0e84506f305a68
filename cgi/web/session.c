/*
 * The cookie, its row, and the CSRF checks of a POST; see session.h and ARCHITECTURE.md
 * ("Session"). Authentication is in cgi/signin.c.
 */
#include "web/session.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "model/suspension.h"
#include "model/term.h"
#include "person.sql.h"
#include "session.sql.h"

#include <string.h>
#include <strings.h>

enum { CSRF_SALT_BYTES = 16 };

static const char csrf_purpose[] = "csrf1";

static struct bytes token_hash(struct arena *arena, const char *token)
{
    unsigned char *hash = arena_alloc(arena, CRYPTO_HASH_BYTES);

    crypto_sha256(token, strlen(token), hash);
    return (struct bytes){ hash, CRYPTO_HASH_BYTES };
}

static void cookie_set(struct request *r, const char *token, int64_t max_age_s)
{
    r->response.cookie = arena_printf(
        r->arena, SESSION_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=%lld", token,
        (long long)max_age_s);
}

/*
 * Just enough to tell one's own sign-ins apart. Order matters: most browsers name several products.
 */
static const char *first_match(const char *user_agent, const char *const (*table)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strstr(user_agent, table[i][0]))
            return table[i][1];
    }
    return NULL;
}

const char *session_browser(const struct request *r)
{
    static const char *const families[][2] = {
        { "Edg/", "Edge" },      { "OPR/", "Opera" },     { "Firefox/", "Firefox" },
        { "Chrome/", "Chrome" }, { "Safari/", "Safari" }, { "curl/", "curl" },
    };
    static const char *const systems[][2] = {
        { "Android", "Android" }, { "iPhone", "iPhone" },  { "iPad", "iPad" },
        { "Windows", "Windows" }, { "Mac OS X", "macOS" }, { "Linux", "Linux" },
    };
    const char *family = first_match(r->user_agent, families, COUNT(families));
    const char *system = first_match(r->user_agent, systems, COUNT(systems));

    family = family ? family : "Unknown browser";
    return system ? arena_printf(r->arena, "%s on %s", family, system) : family;
}

static struct session *session_of_row(struct request *r, const struct session_get_row *row)
{
    struct session *session = arena_alloc(r->arena, sizeof *session);

    *session = (struct session){
        .id_hash = row->id_hash,
        .csrf_secret = row->csrf_secret,
        .person_id = row->person_id,
        .team_id = row->current_team_id,
        .handle = row->handle,
        .email = row->email,
        .name = row->name,
        .role = row->role,
        .team_name = row->role ? row->team_name : NULL,
        .is_shared = row->role && row->is_shared,
        .theme = row->theme,
        .is_uncounted = row->is_uncounted || row->restricted_at,
        .restricted_at = row->restricted_at,
        .notice = r->is_read_only ? NULL : row->notice,
        .workos_session_id = row->workos_session_id,
        .workos_verifier = row->workos_verifier,
        .workos_state_hash = row->workos_state_hash,
        .return_path = row->return_path,
        .policy_at = row->policy_at,
        .suspended_reason = row->suspended_reason,
        .authenticated_at = row->authenticated_at,
        .expires_at = row->expires_at,
        .is_operator = row->email && strcasecmp(row->email, r->config->operator_email) == 0,
    };
    return session;
}

/* A full disk keeps nobody from a page. */
static void failure_log(const struct error *e)
{
    if (e)
        log_error("session_touch", log_text("error", e->text));
}

/* A page that polls by itself is not used. */
static void session_touch(struct request *r, const struct session_get_row *row)
{
    if (r->is_read_only || r->is_fragment || !row->person_id ||
        row->seen_at + LIMIT_SEEN_EVERY_S > r->now_at)
        return;         /* of a read-only program: the next page of another does it */
    db_rollback(r->db); /* what is only read; the page is read in another transaction */
    failure_log(sql_session_seen(r->db, r->arena, row->id_hash, r->now_at,
                                 r->now_at + term_session_idle_s(r->config)));
}

void session_notice_shown(struct request *r)
{
    if (!r->session || !r->session->notice || r->is_fragment || r->response.location ||
        strcmp(r->method, "GET") != 0)
        return;
    failure_log(sql_session_set_notice(r->db, r->arena, r->session->id_hash, NULL));
}

struct error *session_load(struct request *r)
{
    struct session_get_row row;
    struct error *e;

    if (!*r->session_token)
        return NULL;
    e = sql_session_get(r->db, r->arena, token_hash(r->arena, r->session_token), r->now_at, &row);
    if (e && e->kind == ERROR_NOT_FOUND) {
        cookie_set(r, "", 0);
        return NULL;
    }
    if (e)
        return e;
    session_touch(r, &row);
    r->session = session_of_row(r, &row);
    return NULL;
}

static struct error *session_insert(struct request *r, const int64_t *person_id,
                                    const int64_t *team_id, const char *workos_session_id,
                                    int64_t authenticated_at)
{
    const char *token = crypto_token(r->arena);
    int64_t now_at = r->now_at;
    int64_t life_s = person_id ? LIMIT_SESSION_S : LIMIT_SIGNED_OUT_SESSION_S;
    int64_t idle_s = person_id ? term_session_idle_s(r->config) : LIMIT_SIGNED_OUT_SESSION_S;
    unsigned char *secret = arena_alloc(r->arena, CRYPTO_SECRET_BYTES);
    struct session_get_row row;
    struct error *e;

    crypto_random(secret, CRYPTO_SECRET_BYTES);
    e = sql_session_create(r->db, r->arena, token_hash(r->arena, token), crypto_id(r->arena),
                           person_id, team_id, (struct bytes){ secret, CRYPTO_SECRET_BYTES },
                           session_browser(r), workos_session_id, authenticated_at, now_at,
                           now_at + idle_s, now_at + life_s);
    if (!e)
        e = sql_session_get(r->db, r->arena, token_hash(r->arena, token), now_at, &row);
    if (e)
        return e;
    r->session = session_of_row(r, &row);
    cookie_set(r, token, life_s);
    return NULL;
}

struct error *session_begin(struct request *r)
{
    bool was_query_only;
    struct error *e;

    if (r->session)
        return NULL;
    was_query_only = db_query_only(r->db, false);
    e = session_insert(r, NULL, NULL, NULL, 0);
    db_query_only(r->db, was_query_only);
    if (!e)
        r->frame.csrf = session_csrf(r);
    return e;
}

struct error *session_keep_return(struct request *r, const char *return_path)
{
    bool was_query_only;
    struct error *e = session_begin(r);

    if (e)
        return e;
    was_query_only = db_query_only(r->db, false);
    e = sql_session_set_return(r->db, r->arena, r->session->id_hash, return_path);
    db_query_only(r->db, was_query_only);
    r->session->return_path = return_path;
    return e;
}

const char *session_return(const struct request *r)
{
    return r->session && r->session->return_path ? r->session->return_path : "/vms";
}

struct error *session_keep_workos(struct request *r, const char *state, const char *verifier)
{
    bool was_query_only;
    struct error *e = session_begin(r);

    if (e)
        return e;
    was_query_only = db_query_only(r->db, false);
    e = sql_session_set_workos(r->db, r->arena, r->session->id_hash, token_hash(r->arena, state),
                               verifier, r->now_at + LIMIT_SIGNED_OUT_SESSION_S);
    db_query_only(r->db, was_query_only);
    /* The row's expiry was renewed, so renew the cookie's too. A new session has set its own. */
    if (!e && !r->response.cookie && !r->session->person_id)
        cookie_set(r, r->session_token, LIMIT_SIGNED_OUT_SESSION_S);
    return e;
}

struct error *session_take_workos(struct request *r, const char *state, const char **verifier)
{
    bool was_query_only;
    struct bytes hash = token_hash(r->arena, state);
    struct error *e;

    *verifier = NULL;
    if (!r->session || r->session->workos_state_hash.length != hash.length ||
        !crypto_equal(r->session->workos_state_hash.bytes, hash.bytes, hash.length))
        return NULL;
    was_query_only = db_query_only(r->db, false);
    e = sql_session_clear_workos(r->db, r->arena, r->session->id_hash, hash);
    if (!e && db_changes(r->db) == 1)
        *verifier = r->session->workos_verifier;
    db_query_only(r->db, was_query_only);
    return e;
}

struct error *session_sign_in(struct request *r, int64_t person_id, int64_t team_id,
                              const char *workos_session_id, int64_t authenticated_at)
{
    const struct context context = request_context(r);
    const struct session *former = r->session;
    struct error *e = suspension_check_sign_in(&context, person_id);

    /* Somebody who confirms who they are stays in the team that this browser shows. */
    if (former && former->person_id == person_id && former->role)
        team_id = former->team_id;
    if (!e)
        e = session_insert(r, &person_id, &team_id, workos_session_id, authenticated_at);
    if (!e)
        e = sql_person_signed_in(r->db, r->arena, person_id, r->now_at);
    if (e || !former)
        return e;
    e = sql_session_move_invite(r->db, r->arena, former->id_hash, r->session->id_hash);
    return e ? e : sql_session_delete(r->db, r->arena, former->id_hash);
}

struct error *session_switch(struct request *r, int64_t team_id)
{
    const char *token = crypto_token(r->arena);
    unsigned char *secret = arena_alloc(r->arena, CRYPTO_SECRET_BYTES);
    struct bytes id_hash = token_hash(r->arena, token);
    struct session_get_row row;
    struct error *e;

    crypto_random(secret, CRYPTO_SECRET_BYTES);
    e = sql_session_switch(r->db, r->arena, r->session->id_hash, id_hash, crypto_id(r->arena),
                           (struct bytes){ secret, CRYPTO_SECRET_BYTES }, &team_id, NULL);
    if (!e)
        e = sql_session_get(r->db, r->arena, id_hash, r->now_at, &row);
    if (e)
        return e;
    cookie_set(r, token, r->session->expires_at - r->now_at);
    r->session = session_of_row(r, &row);
    return NULL;
}

struct error *session_keep_invite(struct request *r, struct bytes hash)
{
    struct error *e = session_begin(r);

    return e ? e : sql_session_set_invite(r->db, r->arena, r->session->id_hash, hash);
}

struct error *session_invite(const struct request *r, struct bytes *out)
{
    struct session_invite_row row = { .invite_hash = { NULL, 0 } };
    struct error *e =
        r->session ? sql_session_invite(r->db, r->arena, r->session->id_hash, &row) : NULL;

    *out = row.invite_hash;
    return e;
}

struct error *session_end(struct request *r)
{
    struct error *e = sql_session_delete(r->db, r->arena, r->session->id_hash);

    cookie_set(r, "", 0);
    r->session = NULL;
    r->frame.software = NULL;
    r->frame.person_email = NULL;
    r->frame.person_name = NULL;
    r->frame.csrf = NULL;
    r->frame.is_operator = false;
    return e;
}

struct actor session_actor(const struct request *r)
{
    return (struct actor){
        .team_id = r->session->team_id,
        .person_id = r->session->person_id,
        .role = r->session->role,
        .via = ACTOR_BROWSER,
    };
}

struct error *session_notice(struct request *r, const char *notice)
{
    return sql_session_set_notice(r->db, r->arena, r->session->id_hash, notice);
}

struct error *session_notice_at(struct request *r, const char *notice, const char *path)
{
    struct error *e = session_notice(r, notice);

    if (!e)
        response_redirect(&r->response, path);
    return e;
}

/*
 * Token: base64url(salt || HMAC(secret, "csrf1" || salt)). The salt makes the token differ on every
 * page, so that compression does not leak it (BREACH).
 */
static const char *csrf_of(struct request *r, const unsigned char salt[CSRF_SALT_BYTES])
{
    unsigned char message[sizeof csrf_purpose - 1 + CSRF_SALT_BYTES];
    unsigned char token[CSRF_SALT_BYTES + CRYPTO_HASH_BYTES];

    memcpy(message, csrf_purpose, sizeof csrf_purpose - 1);
    memcpy(message + sizeof csrf_purpose - 1, salt, CSRF_SALT_BYTES);
    memcpy(token, salt, CSRF_SALT_BYTES);
    crypto_hmac_sha256(r->session->csrf_secret.bytes, r->session->csrf_secret.length, message,
                       sizeof message, token + CSRF_SALT_BYTES);
    return crypto_base64url(r->arena, token, sizeof token);
}

const char *session_csrf(struct request *r)
{
    unsigned char salt[CSRF_SALT_BYTES];

    if (!r->session)
        return NULL;
    crypto_random(salt, sizeof salt);
    return csrf_of(r, salt);
}

static bool csrf_is_right(struct request *r, const char *token)
{
    unsigned char *bytes;
    size_t length;
    const char *expected;

    if (!token || !crypto_base64url_decode(r->arena, token, strlen(token), &bytes, &length) ||
        length != CSRF_SALT_BYTES + CRYPTO_HASH_BYTES)
        return false;
    expected = csrf_of(r, bytes);
    return strlen(expected) == strlen(token) && crypto_equal(expected, token, strlen(token));
}

/* Checks the origin that the browser reports; a request without one is refused. */
static bool is_same_origin(struct request *r)
{
    const char *url = r->config->public_url;

    if (*r->fetch_site)
        return strcmp(r->fetch_site, "same-origin") == 0;
    if (*r->origin)
        return strcmp(r->origin, url) == 0;
    return text_starts(r->referer, url) && r->referer[strlen(url)] == '/';
}

struct error *session_check_post(struct request *r, const char *token)
{
    if (!is_same_origin(r))
        return error_new(r->arena, ERROR_FORBIDDEN, "cross-site form");
    if (!r->session)
        return error_new(r->arena, ERROR_FORBIDDEN, "form without a session");
    if (!csrf_is_right(r, token))
        return error_new(r->arena, ERROR_FORBIDDEN, "CSRF token of another session");
    return NULL;
}
