/*
 * The answer to one request: collected by the handler, sent as one write after it has succeeded.
 * Security headers are not here: nginx.conf sets them on every answer.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct response {
    int status;               /* 200 unless said otherwise */
    const char *content_type; /* "text/html; charset=utf-8" unless said otherwise */
    const char *location;     /* of a redirect: a local path, or a URL of ours */
    const char *cookie;       /* whole Set-Cookie value, or NULL */
    const char *allow;        /* of 405 */
    const char *etag;     /* quoted; the answer may then be kept by the browser and asked again */
    const char *download; /* the browser keeps it as a file of this name, [a-z0-9.-] */
    bool is_refresh;      /* htmx: load the whole page anew (the session has ended) */
    const char *go_on;    /* where the browser goes on by itself: a URL of a service in the config,
                             or a page of ours */
    int go_on_s;          /* after so many seconds */
    bool clear_site_data; /* the browser forgets what it stored for us */
    const char *why;      /* for the log, beside the status: what the page does not say; or NULL */
    struct buf body;
};

void response_open(struct response *response, struct arena *arena);

/* Redirect (303: the browser follows with GET). `path` begins with one '/' or is from the config.
 */
void response_redirect(struct response *response, const char *path);

/*
 * The CGI answer (RFC 3875): headers, blank line and, unless `is_head`, the body. Asserts that no
 * header value holds a control byte.
 */
struct buf response_bytes(struct response *response, struct arena *arena, bool is_head);
