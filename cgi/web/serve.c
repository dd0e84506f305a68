/*
 * The life of a request; see serve.h. From request bytes to response bytes, the same for every
 * page; the handler is one step.
 */
#include "web/serve.h"

#include "adapter/crypto.h"
#include "adapter/fastcgi.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "model/confinement.h"
#include "model/outbound.h"
#include "model/policy_hold.h"
#include "model/role.h"
#include "model/state_path.h"
#include "model/worker_wakeup.h"
#include "web/announced.h"
#include "web/counted.h"
#include "web/crowd.h"
#include "web/error_page.h"
#include "web/form.h"
#include "web/live.h"
#include "web/page_cache.h"
#include "web/program.h"
#include "web/session.h"

#include "policy_version.sql.h"

#include <assert.h>
#include <ctype.h>
#include <signal.h>
#include <string.h>

enum { REQUEST_ID_BYTES = 8 };

struct server {
    const struct program *program;
    const struct config *config;
    struct db *db;
    struct arena *arena;   /* of the request, reset after each */
    int64_t policy_number; /* of the policy in force when it started */
    int64_t policy_minute; /* in which that was looked at last */
};

#ifndef DOMICILE_VERSION
#define DOMICILE_VERSION "unknown" /* see Makefile */
#endif

/* What is known of every request, even of one that could not be read. */
static void frame_begin(struct request *r)
{
    r->frame.server_name = r->config->server_name;
    r->frame.contact_url = arena_printf(r->arena, "mailto:%s", r->config->privacy_contact);
    r->frame.request_id = r->id;
    r->frame.has_billing = config_has_billing(r->config);
}

static void frame_fill(struct request *r)
{
    r->frame = (struct frame){
        .title = "Domicile",
        .now_at = r->now_at,
        .is_fragment = r->is_fragment,
    };
    frame_begin(r);
    if (!r->session)
        return;
    r->frame.notice = r->session->notice;
    if (r->session->person_id) {
        r->frame.session = r->session->handle;
        r->frame.software = "Domicile " DOMICILE_VERSION;
        r->frame.person_email = r->session->email;
        r->frame.person_name = r->session->name;
        r->frame.person_letter =
            arena_printf(r->arena, "%c", toupper((unsigned char)*r->session->email));
        r->frame.team_name = r->session->team_name;
        r->frame.role = r->session->role;
        r->frame.is_shared = r->session->is_shared;
        r->frame.is_viewer =
            role_may(r->session->role, RIGHT_SEE) && !role_may(r->session->role, RIGHT_CHANGE);
        r->frame.theme = r->session->theme;
        r->frame.is_operator = r->session->is_operator;
        if (r->session->policy_at)
            r->frame.policy_day = date_day(r->arena, r->session->policy_at);
        r->frame.is_restricted = r->session->restricted_at > 0 || r->session->suspended_reason;
        r->frame.suspended_reason = r->session->suspended_reason;
        r->frame.is_policy_new = r->session->policy_at <= r->now_at;
    }
}

/* The token of forms. A poll that finds nothing new does without: it would be a fifth of its cost.
 */
static void frame_token(struct request *r)
{
    if (!r->frame.csrf)
        r->frame.csrf = session_csrf(r);
}

static struct error *post_check(struct request *r)
{
    const char *token;
    struct error *e;

    if (strcmp(r->method, "POST") != 0 || (r->route->access & ACCESS_ONE_CLICK))
        return NULL;
    e = form_value(r, "csrf", &token);
    return e ? e : session_check_post(r, token);
}

/*
 * A POST handler runs in a write transaction; a GET handler may begin one. With a status below 400
 * it is committed and the worker is woken up; else it is rolled back, and the cookie of a session
 * that was rolled back is dropped.
 */
static struct error *handler_run(struct request *r)
{
    bool is_post = strcmp(r->method, "POST") == 0;
    const char *cookie = r->response.cookie;
    struct error *e = is_post ? db_begin(r->db, r->arena) : NULL;

    db_query_only(r->db, !is_post);
    if (!e)
        e = r->route->handler(r);
    if (!e && r->response.status < 400 && db_is_in_transaction(r->db))
        e = db_commit(r->db, r->arena);
    if (db_is_in_transaction(r->db) || (e && is_post)) {
        db_rollback(r->db);
        r->response.cookie = cookie;
    }
    db_query_only(r->db, false);
    if (!e && is_post)
        worker_wakeup_send();
    return e;
}

/* Steps 2 to 5: from a parsed request to a response. */
static struct error *request_steps(struct server *server, struct request *r)
{
    struct error *e = route_find(r, server->program->routes, server->program->route_count);
    /* Also of an unknown address: its page says who is signed in. */
    struct error *session_error = session_load(r);

    if (!e)
        e = session_error;
    if (!e && *r->shown_session && r->session && strcmp(r->shown_session, r->session->handle) != 0)
        e = error_new(r->arena, ERROR_SIGNED_OUT, "the page is of another session");
    frame_fill(r);
    if (!e) {
        const struct program *program = server->program;

        r->frame.path = route_page(r, program->routes, program->route_count);
    }
    if (!e)
        e = route_allow(r);
    if (!e)
        e = post_check(r);
    if (e)
        return e;
    r->data_version = db_data_version(r->db);
    if (live_is_current(r) || page_cache_respond(r))
        return NULL;
    frame_token(r);
    e = announced_fill(r);
    if (!e)
        e = handler_run(r);
    if (!e)
        page_cache_keep(r);
    return e;
}

/* Session and page are read in one transaction; a write waits until it is over. */
static struct error *request_run(struct server *server, struct request *r)
{
    struct error *e = strcmp(r->method, "POST") != 0 ? db_read(r->db, r->arena) : NULL;

    if (!e)
        e = request_steps(server, r);
    db_rollback(r->db);
    return e;
}

/* To sign in, and back to this page, or to that of a form whose input the browser keeps (app.js).
 */
static void signin_redirect(const struct server *server, struct request *r, bool is_again)
{
    const struct program *program = server->program;
    bool is_post = strcmp(r->method, "POST") == 0;
    const char *page = route_page(r, program->routes, program->route_count);
    size_t path = strcspn(page, "?");
    struct buf query = { .arena = r->arena };

    html_url_part(&query, page + path);
    response_redirect(&r->response,
                      arena_printf(r->arena, "/signin?return=%.*s%s%s%s", (int)path, page,
                                   query.length ? query.bytes : "", is_again ? "&again=1" : "",
                                   is_post ? "&ended=1" : ""));
}

/* Who is signed out, or signed in too long ago, signs in first; others get the error page. */
static void error_respond(const struct server *server, struct request *r, const struct error *e)
{
    const char *cookie = r->response.cookie;
    const char *allow = r->response.allow;

    response_open(&r->response, r->arena);
    r->response.cookie = cookie;
    if (e->kind == ERROR_SIGNED_OUT || e->kind == ERROR_STALE) {
        if (r->is_fragment)
            r->response.is_refresh = true;
        else
            signin_redirect(server, r, e->kind == ERROR_STALE);
        return;
    }
    r->response.status = error_status(e->kind);
    r->response.allow = e->kind == ERROR_METHOD ? allow : NULL;
    frame_begin(r);
    frame_token(r);
    error_page_write(&r->response.body, &r->frame, r->response.status,
                     e->kind == ERROR_NOT_FOUND || e->kind == ERROR_FORBIDDEN ? e->message : NULL);
}

/* Logs no address, query string or content, and the route's pattern instead of the path. */
static void request_log(const struct request *r, const struct error *e, int64_t started_us)
{
    const char *pattern = r->route ? r->route->pattern : "-";
    int64_t took_us = clock_monotonic_us() - started_us;
    bool is_failure = r->response.status >= 500;
    const char *why = e && is_failure ? e->text : r->response.why;
    const char *source = counted_source(r);
    /* A field without a key terminates the list. */
    struct log_field fields[] = {
        log_text("id", r->id),
        log_text("method", r->method),
        log_text("route", pattern),
        log_number("status", r->response.status),
        log_number("us", took_us),
        log_number("bytes", (int64_t)r->response.body.length),
        log_text("counted", counted_name(counted_as(r))),
        { .key = NULL },
        { .key = NULL },
        { .key = NULL },
    };
    size_t count = COUNT(fields) - 3;

    if (source)
        fields[count++] = log_text("from", source);
    if (why)
        fields[count++] = log_text("error", why);
    log_write(is_failure ? "error" : "info", "request", fields);
}

static const char *request_id(struct arena *arena)
{
    unsigned char bytes[REQUEST_ID_BYTES];

    crypto_random(bytes, sizeof bytes);
    return crypto_hex(arena, bytes, sizeof bytes);
}

/*
 * Once a minute: if another version of the policy has come into force, this process ends when it is
 * idle, and the next one starts with the new values (model/policy_hold.h).
 */
static void policy_look(struct server *server, const struct request *r)
{
    struct policy_version_now_row now;

    if (server->policy_minute == r->now_at / A_MINUTE_S)
        return;
    server->policy_minute = r->now_at / A_MINUTE_S;
    if (!sql_policy_version_now(r->db, r->arena, r->now_at, &now) &&
        now.number != server->policy_number)
        raise(SIGTERM);
}

/* One request at a time: a response is sent before the next request is read. */
static void request_respond(void *context, struct exchange *exchange, size_t count)
{
    struct server *server = context;
    struct request *r = arena_alloc(server->arena, sizeof *r);
    int64_t started_us = clock_monotonic_us();
    struct context now;
    struct error *e;

    assert(count == 1);
    r->arena = server->arena;
    r->db = server->db;
    r->config = server->config;
    r->now_ms = clock_now_ms();
    r->now_at = r->now_ms / 1000;
    r->is_read_only = server->program->db_mode == DB_READ_ONLY;
    r->id = request_id(r->arena);
    now = request_context(r);
    response_open(&r->response, r->arena);
    e = request_read(r, exchange->environment, exchange->body, exchange->body_length);
    if (!e)
        e = exchange->body_error;
    if (!e)
        e = request_run(server, r);
    outbound_write(&now, 0);
    if (e)
        error_respond(server, r, e);
    session_notice_shown(r);
    exchange->response = response_bytes(&r->response, r->arena, strcmp(r->method, "HEAD") == 0);
    request_log(r, e, started_us);
    crowd_note(r);
    policy_look(server, r);
}

/* ---- start ---- */

static struct error *server_start(struct server *server, struct arena *arena, const char *state_dir)
{
    struct config *config;
    struct error *e = config_load(arena, state_dir, &config);

    if (!e)
        e = db_open(arena, &DB_MAIN, main_db_path(arena, state_dir), server->program->db_mode,
                    &server->db);
    if (!e)
        e = policy_apply(server->db, arena, config, clock_now(), &server->policy_number);
    if (!e && server->program->start)
        e = server->program->start(arena, config);
    if (!e)
        server->config = config;
    return e;
}

int serve(int argc, char **argv, const struct program *program)
{
    struct server server = { .program = program };
    struct arena *arena = arena_new(LIMIT_REQUEST_ARENA_BYTES); /* lives as long as the process */
    const char *state_dir = start_program(argc, argv, program->name);
    struct error *e;

    if (!state_dir)
        return 2;
    e = server_start(&server, arena, state_dir);
    if (e)
        return start_failed(e);
    server.arena = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    confinement_enter(arena, state_dir, program->confinement ? program->confinement : program->name,
                      NULL);
    return fastcgi_serve(&(struct fastcgi_service){
        .batch_max = 1,
        .body_max = program->body_max ? program->body_max : LIMIT_BODY_BYTES,
        .arena = server.arena,
        .respond = request_respond,
        .context = &server,
    });
}
