/*
 * Time. All times are UTC; seconds since 1970 in names that end in `_at`, milliseconds since 1970
 * in names that end in `_at_ms`, lengths of time in `_ms`.
 */
#pragma once

#include "arena.h"

#include <stdbool.h>
#include <stdint.h>

int64_t clock_now(void);          /* seconds since 1970 */
int64_t clock_now_ms(void);       /* milliseconds since 1970 */
int64_t clock_monotonic_us(void); /* for measuring only */

/* "2026-11-20T12:00:00Z", in the arena. */
const char *clock_iso(struct arena *arena, int64_t at);

/* "2026-11-20T12:00:00Z" or "2026-11-20T12:00:00.123Z", in milliseconds. False: it is neither. */
bool clock_iso_read(const char *text, int64_t *out_ms);

/* "20 Nov 2026, 12:00 UTC", in the arena. */
const char *clock_plain(struct arena *arena, int64_t at);

/* "Fri, 20 Nov 2026 12:00:00 +0000" (RFC 5322), in the arena. */
const char *clock_mail(struct arena *arena, int64_t at);

/* "just now", "3 minutes ago", "in 2 hours", "12 Nov 2026"; in the arena. */
const char *clock_relative(struct arena *arena, int64_t at, int64_t now);

/* "0.02 s", "3.8 s", "2 min 5 s"; in the arena. */
const char *clock_length(struct arena *arena, int64_t length_ms);
