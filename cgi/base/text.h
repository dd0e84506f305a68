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
 * Length of the control character or line break at `at`: C0 and DEL; C1, with U+0085, two bytes of
 * UTF-8; U+2028 and U+2029, three. 0: none starts here.
 */
size_t text_control_length(const char *at);

/* The text contains none of these. Requires UTF-8. */
bool text_is_line(const char *text);

/* One label of a host name (RFC 1123): [a-z0-9] and inner '-', 1 to 63 characters. */
bool text_is_host_name(const char *text);

/* An email address: one '@' with something before it and a name after it, no spaces. */
bool text_is_email(const char *text);

/* A local path to redirect to: starts with one '/', not "//", only [A-Za-z0-9._~/?=&%-]. */
bool text_is_local_path(const char *text);

/* In lowercase (ASCII), in the arena. */
const char *text_lower(struct arena *arena, const char *text);

bool text_starts(const char *text, const char *start);

/* A human-readable amount of memory: "512 MB", "4 GB", "1.5 GB". */
const char *text_memory(struct arena *arena, int64_t memory_mb);
