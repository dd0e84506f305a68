/*
 * session.c on a real database: CSRF tokens, allowed origins of forms, the cookie, when a session
 * ends, and that signing in creates a new one.
 */
#include "web/session.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "session.sql.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct world *world;
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    world = world_open(world_folder("qemu:///session"));
    arena = world->arena;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(world);
    return 0;
}

static void good(struct error *e)
{
    if (e)
        fail_msg("%s: %s", error_name(e->kind), e->text);
}

/* A request of a browser with the cookie `token`. */
static struct request asked(const char *method, const char *token)
{
    struct request r = {
        .arena = arena,
        .db = world->db,
        .config = world->config,
        .now_at = clock_now(),
        .now_ms = clock_now_ms(),
        .method = method,
        .path = "/",
        .query = "",
        .body = "",
        .content_type = "",
        .session_token = token,
        .origin = "",
        .referer = "",
        .fetch_site = "",
        .user_agent = "",
        .if_none_match = "",
    };

    response_open(&r.response, arena);
    db_query_only(world->db, false);
    return r;
}

static const char *cookie_token(const struct request *r)
{
    const char *start = SESSION_COOKIE "=";

    assert_non_null(r->response.cookie);
    assert_true(strncmp(r->response.cookie, start, strlen(start)) == 0);
    return arena_copy_bytes(arena, r->response.cookie + strlen(start),
                            strcspn(r->response.cookie + strlen(start), ";"));
}

static const char *signed_in(struct request *r)
{
    *r = asked("POST", "");
    good(session_sign_in(r, world->person_id, world->team_id, NULL, 0));
    return cookie_token(r);
}

static struct request loaded(const char *method, const char *token)
{
    struct request r = asked(method, token);

    good(session_load(&r));
    return r;
}

static struct bytes hash_of(const char *token)
{
    unsigned char *hash = arena_alloc(arena, CRYPTO_HASH_BYTES);

    crypto_sha256(token, strlen(token), hash);
    return (struct bytes){ hash, CRYPTO_HASH_BYTES };
}

/* A session's row as it would be after some time; returns the token of its cookie. */
static const char *row_with(int64_t seen_at, int64_t idle_at, int64_t expires_at)
{
    const char *token = crypto_token(arena);

    db_query_only(world->db, false);
    good(sql_session_create(world->db, arena, hash_of(token), crypto_id(arena), &world->person_id,
                            &world->team_id, hash_of("secret"), "Firefox", NULL, 0, seen_at,
                            idle_at, expires_at));
    return token;
}

/* ---- the cookie ---- */

static void test_cookie(void **state)
{
    struct request r, end;
    const char *token = signed_in(&r);

    (void)state;
    assert_true(crypto_is_token(token));
    assert_string_equal(r.response.cookie,
                        arena_printf(arena,
                                     "__Host-session=%s; Path=/; Secure; HttpOnly; SameSite=Lax; "
                                     "Max-Age=%d",
                                     token, 30 * 24 * 3600));
    assert_null(strstr(r.response.cookie, "Domain"));
    end = loaded("POST", token);
    assert_null(end.response.cookie); /* sent once */
    good(session_end(&end));
    assert_null(end.session);
    assert_string_equal(end.response.cookie, "__Host-session=; Path=/; Secure; HttpOnly; "
                                             "SameSite=Lax; Max-Age=0");
    end = loaded("GET", token);
    assert_null(end.session);
    assert_non_null(strstr(end.response.cookie, "Max-Age=0")); /* an old cookie is deleted */
}

static void test_signed_out_cookie(void **state)
{
    struct request r = asked("GET", "");
    const char *token;

    (void)state;
    good(session_load(&r));
    assert_null(r.session);
    assert_null(r.response.cookie); /* none for visitors who only read */
    good(session_begin(&r));
    token = cookie_token(&r);
    assert_non_null(strstr(r.response.cookie, "; Secure; HttpOnly; SameSite=Lax; Max-Age=600"));
    assert_int_equal(r.session->person_id, 0);
    assert_int_equal(r.session->team_id, 0);
    assert_false(r.session->is_operator);
    good(session_begin(&r)); /* has a session */
    assert_string_equal(cookie_token(&r), token);
}

static void test_cookie_is_stored_hashed(void **state)
{
    struct request r;
    const char *token = signed_in(&r);
    struct session_get_row row;

    (void)state;
    good(sql_session_get(world->db, arena, hash_of(token), clock_now(), &row));
    assert_int_equal(row.id_hash.length, 32);
    assert_string_not_equal(row.handle, token);
    assert_non_null(
        sql_session_get(world->db, arena, (struct bytes){ token, strlen(token) }, 1, &row));
}

static void test_unknown_cookie(void **state)
{
    struct request r = loaded("GET", crypto_token(arena));

    (void)state;
    assert_null(r.session);
    assert_non_null(strstr(r.response.cookie, "__Host-session=; "));
}

/* ---- expiry ---- */

static void test_idle_and_absolute_end(void **state)
{
    int64_t now = clock_now();

    (void)state;
    assert_non_null(loaded("GET", row_with(now, now + 60, now + 60)).session);
    assert_null(loaded("GET", row_with(now, now, now + 60)).session);
    assert_null(loaded("GET", row_with(now, now - 1, now + 60)).session);
    assert_null(loaded("GET", row_with(now, now + 60, now)).session);
    assert_null(loaded("GET", row_with(now, now + 60, now - 1)).session);
}

static void test_new_session_times(void **state)
{
    int64_t before = clock_now(), after;
    struct request r;
    const char *token = signed_in(&r);
    struct bytes hash = hash_of(token);
    struct session_get_row row;

    (void)state;
    after = clock_now();
    assert_non_null(
        sql_session_get(world->db, arena, hash, after + LIMIT_SESSION_IDLE_S + 1, &row));
    good(sql_session_get(world->db, arena, hash, before + LIMIT_SESSION_IDLE_S - 1, &row));
    assert_in_range(row.expires_at, before + LIMIT_SESSION_S, after + LIMIT_SESSION_S);
}

/* Who has left an organization at WorkOS is noticed sooner. */
static void test_times_with_workos(void **state)
{
    const char *identity = world->config->identity;
    int64_t before = clock_now();
    struct session_get_row row;
    struct request r;
    const char *token;

    (void)state;
    world->config->identity = "workos";
    token = signed_in(&r);
    world->config->identity = identity;
    assert_non_null(sql_session_get(world->db, arena, hash_of(token),
                                    clock_now() + LIMIT_WORKOS_SESSION_IDLE_S + 1, &row));
    good(sql_session_get(world->db, arena, hash_of(token), before + LIMIT_WORKOS_SESSION_IDLE_S - 1,
                         &row));
}

static void test_use_extends_the_session(void **state)
{
    int64_t now = clock_now();
    const char *old = row_with(now - 100, now + 500, now + 2 * LIMIT_SESSION_IDLE_S);
    const char *late = row_with(now - 100, now + 500, now + 600);
    const char *fresh = row_with(now - 1, now + 500, now + 1000);
    struct session_get_row row;
    struct request r;

    (void)state;
    assert_non_null(loaded("GET", old).session);
    good(sql_session_get(world->db, arena, hash_of(old), now + LIMIT_SESSION_IDLE_S - 1, &row));
    assert_true(row.seen_at >= now);
    /* Never beyond the session's absolute end. */
    assert_non_null(loaded("GET", late).session);
    good(sql_session_get(world->db, arena, hash_of(late), now + 599, &row));
    assert_non_null(sql_session_get(world->db, arena, hash_of(late), now + 600, &row));
    /* Seen a moment ago: no write. */
    assert_non_null(loaded("GET", fresh).session);
    good(sql_session_get(world->db, arena, hash_of(fresh), now, &row));
    assert_true(row.seen_at == now - 1);
    /* A read-only program does not write either. */
    old = row_with(now - 100, now + 500, now + 1000);
    r = asked("GET", old);
    r.is_read_only = true;
    good(session_load(&r));
    assert_non_null(r.session);
    good(sql_session_get(world->db, arena, hash_of(old), now, &row));
    assert_true(row.seen_at == now - 100);
}

/* ---- signing in and out ---- */

static void test_fixation(void **state)
{
    struct request r = asked("GET", "");
    const char *before, *after;

    (void)state;
    good(session_begin(&r));
    before = cookie_token(&r);
    r = loaded("POST", before);
    assert_non_null(r.session);
    good(session_sign_in(&r, world->person_id, world->team_id, NULL, 0));
    after = cookie_token(&r);
    assert_string_not_equal(before, after);
    assert_int_equal(r.session->person_id, world->person_id);
    assert_null(loaded("GET", before).session);
    assert_int_equal(loaded("GET", after).session->person_id, world->person_id);
    /* Signing in again: a new session, and the previous form tokens are invalid. */
    r = loaded("POST", after);
    good(session_sign_in(&r, world->person_id, world->team_id, NULL, 0));
    assert_string_not_equal(cookie_token(&r), after);
    assert_null(loaded("GET", after).session);
}

/* A cookie value planted by somebody else does not become a session. */
static void test_planted_value(void **state)
{
    const char *planted = crypto_token(arena);
    struct request r = asked("POST", planted);

    (void)state;
    good(session_load(&r));
    assert_null(r.session);
    good(session_sign_in(&r, world->person_id, world->team_id, NULL, 0));
    assert_string_not_equal(cookie_token(&r), planted);
    assert_null(loaded("GET", planted).session);
}

static void test_who(void **state)
{
    struct request r;
    const char *token = signed_in(&r);

    (void)state;
    r = loaded("GET", token);
    assert_string_equal(r.session->email, "you@example.org");
    assert_string_equal(r.session->role, "owner");
    assert_false(r.session->is_operator);
    world->config->operator_email = "You@Example.org";
    r = loaded("GET", token);
    assert_true(r.session->is_operator);
    world->config->operator_email = "operator@example.org";
}

/* The notice that a response shows; `location`: it is a redirect, which shows nothing. */
static const char *shown(const char *method, const char *token, bool is_fragment,
                         const char *location)
{
    struct request r = asked(method, token);

    r.is_fragment = is_fragment;
    good(session_load(&r));
    r.response.location = location;
    session_notice_shown(&r);
    return r.session->notice;
}

static void test_notice_is_shown_once(void **state)
{
    struct request r;
    const char *token = signed_in(&r);

    (void)state;
    good(session_notice(&r, "Key added"));
    assert_string_equal(shown("POST", token, false, NULL), "Key added");
    assert_string_equal(shown("GET", token, true, NULL), "Key added"); /* a poll */
    assert_string_equal(shown("GET", token, false, "/vms"), "Key added");
    assert_string_equal(shown("GET", token, false, NULL), "Key added");
    assert_null(shown("GET", token, false, NULL));
}

static void test_browser_family(void **state)
{
    static const struct {
        const char *agent, *shown;
    } agents[] = {
        { "", "Unknown browser" },
        { "curl/8.0", "curl" },
        { "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
          "Firefox on Linux" },
        { "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/1 Safari/537.36 Edg/1",
          "Edge on Windows" },
        { "Mozilla/5.0 (Linux; Android 15) Chrome/1 Mobile Safari/537.36", "Chrome on Android" },
        { "<script>alert(1)</script>\x01\xff", "Unknown browser" },
    };
    struct session_list_rows rows;

    (void)state;
    for (size_t i = 0; i < COUNT(agents); i++) {
        struct request r = asked("POST", "");
        bool is_there = false;

        r.user_agent = agents[i].agent;
        good(session_sign_in(&r, world->person_id, world->team_id, NULL, 0));
        good(sql_session_list(world->db, arena, world->person_id, (struct bytes){ "", 0 },
                              clock_now(), INT64_MAX, &rows));
        for (size_t k = 0; k < rows.count; k++)
            is_there |= strcmp(rows.row[k].browser, agents[i].shown) == 0;
        assert_true(is_there);
        good(session_end(&r));
    }
}

/* ---- CSRF tokens ---- */

static void test_csrf_token(void **state)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct request r, other;
    const char *token, *second;
    struct error *e;

    (void)state;
    signed_in(&r);
    r.fetch_site = "same-origin";
    token = session_csrf(&r);
    second = session_csrf(&r);
    assert_string_not_equal(token, second); /* the salt */
    good(session_check_post(&r, token));
    good(session_check_post(&r, second));
    good(session_check_post(&r, token));
    /* Any other character anywhere. */
    for (size_t i = 0; i < strlen(token); i++) {
        char *changed = arena_copy(arena, token);

        changed[i] = letters[(size_t)(strchr(letters, changed[i]) - letters + 1) % 64];
        e = session_check_post(&r, changed);
        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_FORBIDDEN);
    }
    /* The salt of one with the MAC of the other: 16 bytes end inside the 22nd character. */
    assert_non_null(session_check_post(&r, arena_printf(arena, "%.20s%s", second, token + 20)));
    for (size_t length = 0; length < strlen(token); length++)
        assert_non_null(session_check_post(&r, arena_copy_bytes(arena, token, length)));
    assert_non_null(session_check_post(&r, NULL));
    assert_non_null(session_check_post(&r, arena_printf(arena, "%sA", token)));
    assert_non_null(session_check_post(&r, arena_printf(arena, "%s=", token)));
    assert_non_null(session_check_post(&r, arena_printf(arena, " %s", token)));
    assert_non_null(session_check_post(&r, arena_printf(arena, "%s%s", token, token)));
    /* Another session of the same person, and no session. */
    signed_in(&other);
    other.fetch_site = "same-origin";
    assert_non_null(session_check_post(&other, token));
    assert_non_null(session_check_post(&r, session_csrf(&other)));
    r = asked("POST", "");
    r.fetch_site = "same-origin";
    assert_non_null(session_check_post(&r, token));
    assert_null(session_csrf(&r));
}

static void test_csrf_token_over_requests(void **state)
{
    struct request r;
    const char *cookie = signed_in(&r), *token = session_csrf(&r), *before;

    (void)state;
    r = loaded("POST", cookie);
    r.fetch_site = "same-origin";
    good(session_check_post(&r, token));
    before = token;
    good(session_sign_in(&r, world->person_id, world->team_id, NULL, 0));
    assert_non_null(session_check_post(&r, before));
    good(session_check_post(&r, session_csrf(&r)));
}

static void test_same_origin(void **state)
{
    static const char us[] = "https://localhost:8443";
    static const struct {
        const char *fetch_site, *origin, *referer;
        bool is_fine;
    } cases[] = {
        { "same-origin", "", "", true },
        { "same-origin", us, "https://localhost:8443/vms", true },
        { "same-site", us, "", false },
        { "cross-site", us, "https://localhost:8443/vms", false },
        { "none", us, "", false },
        { "Same-Origin", us, "", false },
        { "same-origin ", us, "", false },
        { "same-origin, cross-site", us, "", false },
        { "x", "", "", false },
        { "", us, "", true },
        { "", us, "https://evil.example/", true },
        { "", "null", "https://localhost:8443/", false },
        { "", "https://localhost", "", false },
        { "", "http://localhost:8443", "", false },
        { "", "https://localhost:8443/", "", false },
        { "", "https://localhost:84431", "", false },
        { "", "https://localhost:844", "", false },
        { "", "https://evil.example", "https://localhost:8443/", false },
        { "", "HTTPS://LOCALHOST:8443", "", false },
        { "", "", "https://localhost:8443/", true },
        { "", "", "https://localhost:8443/vms/new?x=1", true },
        { "", "", "https://localhost:8443", false },
        { "", "", "https://localhost:8443.evil.example/", false },
        { "", "", "https://localhost:8443@evil.example/", false },
        { "", "", "https://localhost:84431/", false },
        { "", "", "http://localhost:8443/", false },
        { "", "", "https://evil.example/https://localhost:8443/", false },
        { "", "", "", false },
    };
    struct request r;

    (void)state;
    signed_in(&r);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error *e;

        r.fetch_site = cases[i].fetch_site;
        r.origin = cases[i].origin;
        r.referer = cases[i].referer;
        e = session_check_post(&r, session_csrf(&r));
        if ((e == NULL) != cases[i].is_fine)
            fail_msg("case %zu", i);
        if (e)
            assert_int_equal(e->kind, ERROR_FORBIDDEN);
        assert_non_null(session_check_post(&r, NULL)); /* the origin alone is not enough */
    }
}

/* ---- during a sign-in ---- */

static void test_workos_state(void **state)
{
    struct request r = asked("GET", ""), stranger = asked("GET", "");
    const char *cookie, *verifier = "unset";

    (void)state;
    good(session_keep_workos(&r, "state-1", "verifier-1"));
    cookie = cookie_token(&r);
    good(session_begin(&stranger));
    good(session_take_workos(&stranger, "state-1", &verifier)); /* another browser */
    assert_null(verifier);
    r = loaded("GET", cookie);
    good(session_take_workos(&r, "state-2", &verifier));
    assert_null(verifier);
    good(session_take_workos(&r, "", &verifier));
    assert_null(verifier);
    stranger = loaded("GET", cookie); /* the same browser, two at the same time */
    good(session_take_workos(&r, "state-1", &verifier));
    assert_string_equal(verifier, "verifier-1");
    good(session_take_workos(&stranger, "state-1", &verifier));
    assert_null(verifier);
    r = loaded("GET", cookie);
    good(session_take_workos(&r, "state-1", &verifier)); /* and later */
    assert_null(verifier);
    r = asked("GET", "");
    good(session_take_workos(&r, "state-1", &verifier));
    assert_null(verifier);
}

static void test_return_path(void **state)
{
    struct request r = asked("GET", "");
    const char *cookie;

    (void)state;
    good(session_keep_return(&r, "/vms/new"));
    cookie = cookie_token(&r);
    assert_string_equal(loaded("GET", cookie).session->return_path, "/vms/new");
    r = loaded("POST", cookie);
    good(session_sign_in(&r, world->person_id, world->team_id, NULL, 0));
    assert_null(r.session->return_path); /* a signed-in session starts clean */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cookie),
        cmocka_unit_test(test_signed_out_cookie),
        cmocka_unit_test(test_cookie_is_stored_hashed),
        cmocka_unit_test(test_unknown_cookie),
        cmocka_unit_test(test_idle_and_absolute_end),
        cmocka_unit_test(test_new_session_times),
        cmocka_unit_test(test_times_with_workos),
        cmocka_unit_test(test_use_extends_the_session),
        cmocka_unit_test(test_fixation),
        cmocka_unit_test(test_planted_value),
        cmocka_unit_test(test_who),
        cmocka_unit_test(test_notice_is_shown_once),
        cmocka_unit_test(test_browser_family),
        cmocka_unit_test(test_csrf_token),
        cmocka_unit_test(test_csrf_token_over_requests),
        cmocka_unit_test(test_same_origin),
        cmocka_unit_test(test_workos_state),
        cmocka_unit_test(test_return_path),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
