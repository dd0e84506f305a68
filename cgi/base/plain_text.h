/*
 * The functions by which compiled plain text (templates/NAME.txt) writes values, and HTML mails
 * their times. No value contains a line break, so none can end a subject or fake a line of ours.
 */
#pragma once

#include "base/buf.h"
#include "base/html.h"

/* Hidden characters, and with them all that breaks a line, become blanks. NULL writes nothing. */
void plain_text(struct buf *buf, const char *text);

/* "20 Nov 2026, 12:00 UTC": absolute, since a mail is read later. 0: an em dash. */
void plain_at(struct buf *buf, int64_t at);

/* The same of a whole day: "20 Nov 2026". */
void plain_day_at(struct buf *buf, int64_t at);

/* Text or a whole number; other types do not compile. */
#define plain_value(buf, value)                                                                    \
    _Generic((value), const char *: plain_text, char *: plain_text, int64_t: html_int,            \
             int: html_int, bool: html_int_bool_is_refused)((buf), (value))
