/*
 * What compiled templates call: every way in which a value may reach a page.
 *
 * tmplc picks the function by the place where the value stands. Nothing here writes a value without
 * making it safe for that place, and there is no "raw".
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What every page knows beside its own fields: filled by serve() from the session, and by the
 * handler (title, section, notice). Templates reach it as `frame.title`.
 */
struct frame {
    const char *title;        /* of this page, without the server's name */
    const char *section;      /* which entry of the menu is current: "vms", "keys", ... or NULL */
    const char *server_name;  /* from domicile.conf */
    const char *person_email; /* NULL: signed out */
    const char *person_name;
    const char *csrf;   /* token for the forms of this page; NULL before any session */
    const char *notice; /* one line about what was just done, or NULL */
    const char *request_id;
    const char *version; /* of a live part: what the browser sends back to hear "unchanged" */
    int64_t now_at;      /* the moment that relative times count from */
    bool is_operator;
    bool has_billing; /* teams pay here */
    bool is_fragment; /* asked for by htmx: the changing part alone, without the frame */
};

/* & < > " ' escaped: between elements and in quoted attributes. NULL writes nothing. */
void html_text(struct buf *buf, const char *text);

/*
 * A whole URL attribute: https:, http:, mailto:, vscode:, ssh: or a path that begins with one '/'
 * (no second '/' or '\' behind it); else "#". Also escaped.
 */
void html_url(struct buf *buf, const char *url);

/* A part of a URL behind literal text: all but A-Z a-z 0-9 - . _ ~ percent-encoded, %2F included.
 */
void html_url_part(struct buf *buf, const char *text);

void html_int(struct buf *buf, int64_t value);

/* Text for text, digits for whole numbers; anything else does not compile. */
#define html_value(buf, value)                                                                     \
    _Generic((value), const char *: html_text, char *: html_text, int64_t: html_int,              \
             int: html_int, bool: html_int_bool_is_refused)((buf), (value))
void html_int_bool_is_refused(void); /* never defined: a bool has no text */

/* The same for a part of a URL. */
#define html_url_value(buf, value)                                                                 \
    _Generic((value), const char *: html_url_part, char *: html_url_part, int64_t: html_int,      \
             int: html_int)((buf), (value))

/*
 * Between elements, the unit in a field's name decides how its number is shown:
 *   ..._at     <time datetime="2026-11-20T12:00:00Z" title="20 Nov 2026, 12:00 UTC">3 minutes
 * ago</time>
 *   ..._ms     0.02 s, 3.8 s, 2 min 5 s
 *   ..._mb     512 MB, 4 GB
 *   ..._bytes  375 KB, 1.2 GB
 * In an attribute, ..._at is the ISO text and the others are plain numbers.
 * An ..._at of 0 writes an em dash ("never").
 */
void html_at(struct buf *buf, int64_t at, int64_t now_at);
void html_at_iso(struct buf *buf, int64_t at);
void html_ms(struct buf *buf, int64_t length_ms);
void html_mb(struct buf *buf, int64_t size_mb);
void html_bytes(struct buf *buf, int64_t size_bytes);

/* {{ if x }}: text that is there and not empty, a number that is not 0, a true bool. */
bool html_true_text(const char *text);
bool html_true_int(int64_t value);
#define html_true(value)                                                                           \
    _Generic((value),                                                                              \
        const char *: html_true_text,                                                              \
        char *: html_true_text,                                                                    \
        int64_t: html_true_int,                                                                    \
        int: html_true_int,                                                                        \
        size_t: html_true_int,                                                                     \
        bool: html_true_int)((value))

/* {{ if x is "text" }}; NULL is equal to nothing. */
bool html_is(const char *value, const char *text);

/* The hidden field that {{ form }} writes. Asserts that there is a token. */
void html_csrf_field(struct buf *buf, const struct frame *frame);
