/* Formatting and parsing of times and durations, and the start of months. All in UTC. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* "2026-11-20T12:00:00Z", in the arena. */
const char *date_iso(struct arena *arena, int64_t at);

/* "2026-11-20T12:00:00Z" or "2026-11-20T12:00:00.123Z", in milliseconds. False if it is neither. */
bool date_iso_read(const char *text, int64_t *out_ms);

/* "20 Nov 2026, 12:00 UTC", in the arena. */
const char *date_plain(struct arena *arena, int64_t at);

/* The two together, which every time on a page has. */
struct date_texts {
    char iso[sizeof "2026-11-20T12:00:00Z"];
    char plain[sizeof "20 Nov 2026, 12:00 UTC"];
};
struct date_texts date_texts_of(int64_t at);

/* "20 Nov 2026, 12:00:09 UTC", "12:00" and "20 Nov"; in the arena. */
const char *date_exact(struct arena *arena, int64_t at);
const char *date_clock(struct arena *arena, int64_t at);
const char *date_day_short(struct arena *arena, int64_t at);
/* "20 Nov, 12:00" */
const char *date_minute(struct arena *arena, int64_t at);
/* The same, in another year than `now` "20 Nov 2025, 12:00". */
const char *date_moment(struct arena *arena, int64_t at, int64_t now);

/* "Fri, 20 Nov 2026 12:00:00 +0000" (RFC 5322), in the arena. */
const char *date_mail(struct arena *arena, int64_t at);

/* "just now", "3 min ago", "in 2 h", "12 Nov 2026"; in the arena. */
const char *date_relative(struct arena *arena, int64_t at, int64_t now);

/* "33 s", "12 min", "4 h 5 min", "3 d 4 h"; in the arena. */
const char *date_span(struct arena *arena, int64_t seconds);

/* "0.02 s", "3.8 s", "2 min 5 s"; in the arena. */
const char *date_length(struct arena *arena, int64_t length_ms);

/* "Today", "Yesterday", "24 Nov", in another year "24 Nov 2025"; in the arena. */
const char *date_day_name(struct arena *arena, int64_t at, int64_t now);

/* "1 Jan 2027", and "January 2027"; in the arena. */
const char *date_day(struct arena *arena, int64_t at);
const char *date_month(struct arena *arena, int64_t at);

/* Start of the calendar month that contains `at`, and of the next one. */
int64_t date_month_start(int64_t at);
int64_t date_month_end(int64_t at);

/* Start of the same date so many months later, or of that month's last day when it has no such
 * date. */
int64_t date_months_later(int64_t at, int count);

/* Start of the day "2027-01-01" or of the month "2027-01". False if it is not valid. */
bool date_day_read(const char *text, int64_t *out);
bool date_month_read(const char *text, int64_t *out);

/* Start of the week (Monday) that contains `at`. */
int64_t date_week_start(int64_t at);

/* "2027-01-31", in the arena. */
const char *date_day_iso(struct arena *arena, int64_t at);

/* "2027-01", in the arena. */
const char *date_month_iso(struct arena *arena, int64_t at);

/* "2027010113": year, month, day and hour; in the arena. */
const char *date_hour_digits(struct arena *arena, int64_t at);
