/* Checks and conversions of untrusted text. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* A decimal integer with an optional '-' and nothing around it. */
bool text_int(const char *text, int64_t *out);

/* An amount of money, "12", "12.5" or "12,50", in 1/100: 1200, 1250, 1250. */
bool text_cents(const char *text, int64_t *out);

/* Only ASCII characters from `min` (' ' or '!') to '~'. */
bool text_is_printable(const char *text, char min);

/* Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
bool text_is_utf8(const char *text, size_t length);

/*
 * Text that people see: what may stand in it is decided here alone, for fields, keys, mails and
 * seeds alike.
 *
 * Hidden are control characters, all that breaks a line but ' ', byte order marks and what is no
 * character, marks of direction, and characters without a form: with them, two names would look the
 * same, or a name would change the line around it.
 */

/* How many bytes at `at`, where a character begins, are hidden or not UTF-8. 0: a visible one. */
size_t text_hidden_length(const char *at);

/*
 * UTF-8 without hidden characters; text_is_lines allows line feeds. Joiners (U+200C, U+200D) may
 * stand between characters that are not ASCII: some scripts and emoji need them.
 */
bool text_is_line(const char *text);
bool text_is_lines(const char *text);

/* Characters, not bytes. */
size_t text_length(const char *text);

/*
 * What was typed into a field of several lines: browsers end them with carriage return and line
 * feed; here is the line feed alone, and nothing blank at the beginning and end. In the arena.
 */
const char *text_lines(struct arena *arena, const char *typed);

/* Without blanks and line ends, of any kind, at its beginning and end. In the arena. */
const char *text_trim(struct arena *arena, const char *text);

/*
 * As it was meant before it went through a web page, a word processor or a chat: hidden characters
 * above U+009F and joiners dropped, blanks of any kind as ' ', line ends of any kind as '\n'. In
 * the arena.
 */
const char *text_clean(struct arena *arena, const char *text);

/* One label of a host name (RFC 1123): [a-z0-9] and inner '-', 1 to 63 characters. */
bool text_is_host_name(const char *text);

/* A mail address in ASCII: one '@', something before it, names with dots behind it, no blanks. */
bool text_is_email(const char *text);

/* A local path to redirect to: starts with one '/', not "//", only [A-Za-z0-9._~/?=&%+*-]. */
bool text_is_local_path(const char *text);

/* The first characters of UTF-8 text, and "…" if there are more. */
const char *text_cut(struct arena *arena, const char *text, size_t characters);

/* In lowercase (ASCII), in the arena. */
const char *text_lower(struct arena *arena, const char *text);

bool text_starts(const char *text, const char *start);

/* A number of at least 0: "1,234,567". */
const char *text_count(struct arena *arena, int64_t count);

/* The same with a noun: "1 row", "1,234 rows". */
const char *text_counted(struct arena *arena, int64_t count, const char *noun);

/* An amount of memory or disk: "512 MB", "4 GB", "1.5 GB", "1 TB". */
const char *text_memory(struct arena *arena, int64_t size_mb);
/* A disk, of whole GB: "10 GB", "1.5 TB". */
const char *text_disk(struct arena *arena, int64_t size_gb);
enum { BYTES_PER_GB = 1 << 30 };

/* A size of data: "375 KB", "1.2 GB". */
const char *text_bytes(struct arena *arena, int64_t size_bytes);
