/*
 * The response to one request: filled by the handler, sent in one write once it has succeeded.
 * Security headers are not set here: nginx.conf sets them on every response.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct response {
    int status;               /* default 200 */
    const char *content_type; /* default "text/html; charset=utf-8" */
    const char *location;     /* of a redirect: a local path or one of our URLs */
    const char *cookie;       /* full Set-Cookie value, or NULL */
    const char *allow;        /* of 405 */
    const char *etag;        /* quoted; the browser may then cache the response and revalidate it */
    const char *file;        /* nginx sends the file at this internal path instead of the body */
    const char *download;    /* saved by the browser under this file name, [a-z0-9.-] */
    bool is_refresh;         /* htmx: reload the full page (the session has ended) */
    const char *refresh_url; /* header Refresh: a URL of a configured service, or our own */
    int refresh_s;           /* delay in seconds */
    bool clear_site_data;    /* the browser clears its storage for this site */
    const char *why;         /* cause for the log that the page does not show; or NULL */
    struct buf body;
};

void response_open(struct response *response, struct arena *arena);

/* Redirect (303: the browser follows with GET). `path` begins with one '/' or is from the config.
 */
void response_redirect(struct response *response, const char *path);

/*
 * The CGI response (RFC 3875): headers, blank line and, unless `is_head`, the body. Asserts that no
 * header value contains a control byte.
 */
struct buf response_bytes(struct response *response, struct arena *arena, bool is_head);
