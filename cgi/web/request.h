/*
 * One request, from its bytes to the point where a handler takes over.
 *
 * The environment is walked once; what a handler may look at are the fields of struct request,
 * never a string key. All text lives in the request's arena and is plain bytes from outside: check
 * before use (form.h does that for fields).
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/html.h"
#include "model/context.h"
#include "web/response.h"

#include <stdbool.h>

enum { ROUTE_PARAMETERS = 3 };

struct session;
struct route;

struct request {
    struct arena *arena;
    struct db *db;
    const struct config *config;
    int64_t now_at;     /* when it was read, UTC seconds: the moment that counts for it */
    int64_t now_ms;     /* the same in milliseconds */
    const char *id;     /* request id: 16 hex digits, in the log and on error pages */
    const char *method; /* as sent; only GET, HEAD and POST have routes */
    const char *path;   /* begins with '/'; no blanks or control bytes, ASCII only */
    const char *query;  /* without '?'; "" when there is none */
    const char *body;   /* NUL behind it */
    size_t body_length;
    const char *content_type;  /* "" when there is none, like all that follow */
    const char *session_token; /* the cookie's value, if it has the right form; else "" */
    const char *origin;
    const char *referer;
    const char *fetch_site; /* Sec-Fetch-Site */
    const char *user_agent;
    const char *if_none_match;
    const char *stripe_signature; /* of a webhook, like the next */
    const char *workos_signature;
    bool is_read_only; /* the program may only read the database */
    bool is_fragment;  /* asked for by htmx: answer with the changing part alone */
    const struct route *route;
    const char *parameters[ROUTE_PARAMETERS]; /* what stood for each ":name" of the route */
    struct session *session;                  /* NULL: no valid cookie */
    struct frame frame;
    struct response response;
};

/* What the rules of the model get of a request. */
struct context request_context(const struct request *request);

/*
 * Fill the request from NAME=VALUE `environment` and `body`. MALFORMED for a repeated security
 * header, a path or header that is none, MEDIA for a content coding. After an error the fields read
 * so far can be used to answer.
 */
struct error *request_read(struct request *request, char *const *environment, const char *body,
                           size_t body_length);
