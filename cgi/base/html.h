/*
 * The functions by which compiled templates write values into a page.
 *
 * tmplc picks the function by the context of the value. Each one escapes for its context; there is
 * no "raw".
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Fields common to all pages, filled by serve() from the session and by the handler (title,
 * section, notice). Templates refer to them as `frame.title`.
 */
struct frame {
    const char *title;        /* of this page, without the server's name */
    const char *section;      /* the current menu entry: "vms", "keys", ... or NULL */
    const char *server_name;  /* from domicile.conf */
    const char *person_email; /* NULL: signed out */
    const char *person_name;
    const char *person_letter; /* the first of the email, as a picture of the person */
    const char *team_name;     /* whose resources the pages show; NULL: of none */
    const char *role;          /* in that team: "owner", "member" or "viewer" */
    const char *session;       /* handle of the session, for its live parts; NULL: signed out */
    const char *theme;         /* "light" or "dark"; NULL: the system's */
    const char *path;          /* of this page, for forms that lead back to it */
    const char *csrf;          /* token for the forms of this page; NULL before any session */
    const char *notice;        /* one line about what was just done, or NULL */
    const char *request_id;
    const char *contact;     /* in mails: the address of the operator */
    const char *authority;   /* in mails: the supervisory authority, with its website, or NULL */
    const char *policy_url;  /* in mails: the address of the privacy policy */
    const char *contact_url; /* in pages: "mailto:" that address, or NULL */
    const char *software;    /* "Domicile 1.2", its version; NULL: not for this visitor */
    const char *version;     /* of a live part; the browser sends it back to learn of changes */
    int64_t now_at;          /* what relative times refer to */
    bool is_operator;
    /* A change of the policy that the person has not acknowledged: its day; NULL: none. */
    const char *policy_day;
    bool is_policy_new; /* it is in force by now */
    /* What the admin tells everybody: the one to show; NULL: none, or nobody is signed in. */
    const char *announcement;
    int64_t announcement_id;
    bool is_announcement_warning;
    const char *suspended_reason; /* why the admin suspended the team; NULL: it is not */
    bool is_restricted; /* the person's account is, or the team is suspended: nothing is begun */
    bool is_shared;     /* the team is nobody's personal one, so pages say which it is */
    bool is_viewer;     /* the person may see what the team has, and change nothing */
    bool has_billing;   /* billing is on */
    bool is_changing;   /* what it shows changes soon: loaded again where no script does that */
    bool is_fragment;   /* requested by htmx: only the changing part, without the frame */
};

/* & < > " ' escaped: between elements and in quoted attributes. NULL writes nothing. */
void html_text(struct buf *buf, const char *text);

/*
 * A whole URL attribute: https:, http:, mailto:, vscode:, ssh:, a path that begins with one '/'
 * (not followed by '/' or '\') or a place on the same page ("#logs"); else "#". Also escaped.
 */
void html_url(struct buf *buf, const char *url);

/* A part of a URL after literal text: percent-encodes all but A-Z a-z 0-9 - . _ ~, so '/' too. */
void html_url_part(struct buf *buf, const char *text);

void html_int(struct buf *buf, int64_t value);

/* Text or a whole number; other types do not compile. */
#define html_value(buf, value)                                                                     \
    _Generic((value), const char *: html_text, char *: html_text, int64_t: html_int,              \
             int: html_int, bool: html_int_bool_is_refused)((buf), (value))
void html_int_bool_is_refused(void); /* never defined: a bool has no text */

/* The same between elements, where a number is read by people: "1,234". */
void html_count(struct buf *buf, int64_t value);
#define html_shown(buf, value)                                                                     \
    _Generic((value), const char *: html_text, char *: html_text, int64_t: html_count,             \
             int: html_count, bool: html_int_bool_is_refused)((buf), (value))

/* "1 VM", "1,234 VMs": of `thing`, one word of literal text. */
void html_things(struct buf *buf, int64_t count, const char *thing);

/* The same for a part of a URL. */
#define html_url_value(buf, value)                                                                 \
    _Generic((value), const char *: html_url_part, char *: html_url_part, int64_t: html_int,      \
             int: html_int)((buf), (value))

/*
 * Between elements, the unit in a field's name decides how its number is shown:
 *   ..._at     <time datetime="2026-11-20T12:00:00Z" title="20 Nov 2026, 12:00 UTC">3 min
 * ago</time>
 *   ..._since  the same for a time in the past, as the span since then: 3 d 4 h
 *   ..._ms     0.02 s, 3.8 s, 2 min 5 s
 *   ..._mb     512 MB, 4 GB
 *   ...typical_ms  1.4 s, 8 s, 2 min: an estimate
 *   ..._bytes  375 KB, 1.2 GB
 * In an attribute, ..._at and ..._since are the ISO text and the others are plain numbers.
 * An ..._at or ..._since of 0 writes an em dash ("never").
 */
void html_at(struct buf *buf, int64_t at, int64_t now_at);
void html_since(struct buf *buf, int64_t at, int64_t now_at);
void html_at_iso(struct buf *buf, int64_t at);
void html_ms(struct buf *buf, int64_t length_ms);
void html_typical_ms(struct buf *buf, int64_t length_ms);
void html_mb(struct buf *buf, int64_t size_mb);
void html_bytes(struct buf *buf, int64_t size_bytes);

/* {{ if x }}: text that is not NULL or empty, a number other than 0, a true bool. */
static inline bool html_true_text(const char *text)
{
    return text && *text;
}
static inline bool html_true_int(int64_t value)
{
    return value != 0;
}
#define html_true(value)                                                                           \
    _Generic((value),                                                                              \
        const char *: html_true_text,                                                              \
        char *: html_true_text,                                                                    \
        int64_t: html_true_int,                                                                    \
        int: html_true_int,                                                                        \
        size_t: html_true_int,                                                                     \
        bool: html_true_int)((value))

/* {{ if x is "text" }}; NULL equals nothing. */
bool html_is(const char *value, const char *text);

/* The hidden field that {{ form }} writes. Asserts that there is a token. */
void html_csrf_field(struct buf *buf, const struct frame *frame);
