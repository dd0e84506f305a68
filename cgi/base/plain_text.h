/*
 * What compiled plain text (templates/NAME.txt) calls, and mails in HTML for their times: every way
 * in which a value may reach it. No value begins a new line, so none can end a subject or look like
 * a line of ours.
 */
#pragma once

#include "base/buf.h"
#include "base/html.h"

/* Control characters and all that breaks a line become blanks. NULL writes nothing. */
void plain_text(struct buf *buf, const char *text);

/* "20 Nov 2026, 12:00 UTC": a mail is read later, so nothing in it is "just now". 0: an em dash. */
void plain_at(struct buf *buf, int64_t at);

/* Text for text, digits for whole numbers; anything else does not compile. */
#define plain_value(buf, value)                                                                    \
    _Generic((value), const char *: plain_text, char *: plain_text, int64_t: html_int,            \
             int: html_int, bool: html_int_bool_is_refused)((buf), (value))
