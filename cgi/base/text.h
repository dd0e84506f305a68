/* Small questions about text from outside. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* A whole decimal number with an optional '-' and nothing else around it. */
bool text_int(const char *text, int64_t *out);

/* An amount of money as people write it, "12", "12.5" or "12,50", in 1/100: 1200, 1250, 1250. */
bool text_cents(const char *text, int64_t *out);

/* ASCII from `least` (' ' or '!') to '~' and nothing else. */
bool text_is_printable(const char *text, char least);

/* Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
bool text_is_utf8(const char *text, size_t length);

/*
 * How many bytes at `at` are a control character or break a line: C0 and DEL; C1, with U+0085, as
 * two bytes of UTF-8; U+2028 and U+2029 as three. 0: none begins here.
 */
size_t text_control_length(const char *at);

/* Nothing of that in all of the text. Needs UTF-8. */
bool text_is_line(const char *text);

/* One label of a host name (RFC 1123): [a-z0-9] and inner '-', 1 to 63 characters. */
bool text_is_host_name(const char *text);

/* An address as people write it: one '@', something before it, a name behind it, no blanks. */
bool text_is_email(const char *text);

/* A local path to go to: one '/' first, no second '/' or '\', and only [A-Za-z0-9._~/?=&%-]. */
bool text_is_local_path(const char *text);

/* In small letters (ASCII), in the arena. */
const char *text_lower(struct arena *arena, const char *text);

bool text_starts(const char *text, const char *start);

/* An amount of memory for people: "512 MB", "4 GB", "1.5 GB". */
const char *text_memory(struct arena *arena, int64_t memory_mb);
