/*
 * One request, parsed, as handlers see it.
 *
 * The environment is read once; handlers use the fields of struct request, never a string key. All
 * text is in the request's arena and is untrusted: check before use (form.h does that for fields).
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
    int64_t now_at;     /* time of the request, UTC seconds */
    int64_t now_ms;     /* the same in milliseconds */
    const char *id;     /* request id: 16 hex digits, in the log and on error pages */
    const char *method; /* as sent; only GET, HEAD and POST have routes */
    const char *path;   /* begins with '/'; no blanks or control bytes, ASCII only */
    const char *query;  /* without '?'; "" if absent */
    const char *body;   /* NUL-terminated */
    size_t body_length;
    const char *content_type;  /* "" if absent, like all that follow */
    const char *session_token; /* value of the cookie if well-formed; else "" */
    const char *origin;
    const char *referer;
    const char *fetch_site; /* Sec-Fetch-Site */
    const char *gpc;        /* Sec-GPC, Global Privacy Control: "1" */
    const char *user_agent;
    const char *if_none_match;
    const char *shown_session;    /* handle of the session whose page polls */
    const char *stripe_signature; /* of a webhook, like the next */
    const char *workos_signature;
    bool is_read_only;    /* the program may only read the database */
    bool is_fragment;     /* requested by htmx: respond with the live part only */
    bool is_changing;     /* set by a handler: its page changes without the database */
    int64_t data_version; /* of the database before the handler ran; see db_data_version() */
    const struct route *route;
    const char *parameters[ROUTE_PARAMETERS]; /* values of each ":name" of the route */
    struct session *session;                  /* NULL: no valid cookie */
    struct frame frame;
    struct response response;
};

/* The context of this request for the model. */
struct context request_context(const struct request *request);

/*
 * Fill the request from NAME=VALUE `environment` and `body`. MALFORMED for a repeated security
 * header or an invalid path or header, MEDIA for a Content-Encoding. After an error, the fields
 * read so far can be used for the response.
 */
struct error *request_read(struct request *request, char *const *environment, const char *body,
                           size_t body_length);
