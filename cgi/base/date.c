/* Times as text, and the calendar; see date.h. */
#include "base/date.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/format.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEXT_BYTES = 64, DAYS_PER_ERA = 146097, YEARS_PER_ERA = 400 };

static const char months[][10] = { "January",   "February", "March",    "April",
                                   "May",       "June",     "July",     "August",
                                   "September", "October",  "November", "December" };
static const char weekdays[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

/* ---- writing ---- */

/* Broken-down time in UTC. */
struct parts {
    int year, month, day; /* from 1 */
    int weekday;          /* 0: Sunday */
    int hour, minute, second;
};

/*
 * Without gmtime_r and strftime, which cost 3,000 instructions for each time on a page and look at
 * the time zone. Years begin in March here, so that a leap day is the last day of its year, and
 * repeat every 400 years. A time outside the years 1 to 9999 becomes 1970.
 */
static struct parts parts_of(int64_t at)
{
    static const int64_t first_at = -62135596800, last_at = 253402300799;
    int64_t seconds = at < first_at || at > last_at ? 0 : at;
    int64_t days = (seconds - first_at) / A_DAY_S + 306; /* since 1 March of the year 0 */
    int era = (int)(days / DAYS_PER_ERA), day = (int)(days % DAYS_PER_ERA);
    int year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int day_of_year = day - (365 * year + year / 4 - year / 100);
    int month = (5 * day_of_year + 2) / 153; /* 0: March; 153 days are five months */
    int clock = (int)((seconds - first_at) % A_DAY_S);

    return (struct parts){
        .year = era * YEARS_PER_ERA + year + (month >= 10),
        .month = month >= 10 ? month - 9 : month + 3,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
        .weekday = (int)((days + 3) % 7),
        .hour = clock / 3600,
        .minute = clock / 60 % 60,
        .second = clock % 60,
    };
}

static inline char *two_put(char *out, int number)
{
    out[0] = (char)('0' + number / 10);
    out[1] = (char)('0' + number % 10);
    return out + 2;
}

static char *text_put(char *out, const char *text)
{
    size_t length = strlen(text);

    memcpy(out, text, length);
    return out + length;
}

static inline char *year_put(char *out, int year)
{
    return two_put(two_put(out, year / 100), year % 100);
}

/* Without a leading zero or blank. */
static inline char *day_put(char *out, int day)
{
    if (day >= 10)
        return two_put(out, day);
    *out = (char)('0' + day);
    return out + 1;
}

/* The letters of a pattern mean what they mean to strftime; e without a leading zero or blank. */
static char *part_put(char *out, char letter, const struct parts *parts)
{
    switch (letter) {
    case 'Y':
        return year_put(out, parts->year);
    case 'm':
        return two_put(out, parts->month);
    case 'd':
        return two_put(out, parts->day);
    case 'e':
        return day_put(out, parts->day);
    case 'H':
        return two_put(out, parts->hour);
    case 'M':
        return two_put(out, parts->minute);
    case 'S':
        return two_put(out, parts->second);
    case 'a':
        return text_put(out, weekdays[parts->weekday]);
    case 'B':
        return text_put(out, months[parts->month - 1]);
    default:
        assert(letter == 'b');
        memcpy(out, months[parts->month - 1], 3);
        return out + 3;
    }
}

static char *pattern_put(char *out, const char *pattern, const struct parts *parts)
{
    for (; *pattern; pattern++)
        out = *pattern == '%' ? part_put(out, *++pattern, parts) : (*out = *pattern, out + 1);
    return out;
}

static const char *date_text(struct arena *arena, int64_t at, const char *pattern)
{
    const struct parts parts = parts_of(at);
    char text[TEXT_BYTES], *end = pattern_put(text, pattern, &parts);

    return arena_copy_bytes(arena, text, (size_t)(end - text));
}

#define ISO   "%Y-%m-%dT%H:%M:%SZ"
#define PLAIN "%e %b %Y, %H:%M UTC"

/* ISO and PLAIN without reading patterns: a list has a pair of them in each row. */
struct date_texts date_texts_of(int64_t at)
{
    const struct parts parts = parts_of(at);
    struct date_texts texts = { .iso = "0000-00-00T00:00:00Z" };
    char *out = texts.plain;

    year_put(texts.iso, parts.year);
    two_put(texts.iso + 5, parts.month);
    two_put(texts.iso + 8, parts.day);
    two_put(texts.iso + 11, parts.hour);
    two_put(texts.iso + 14, parts.minute);
    two_put(texts.iso + 17, parts.second);
    out = day_put(out, parts.day);
    *out++ = ' ';
    memcpy(out, months[parts.month - 1], 3);
    out[3] = ' ';
    out = year_put(out + 4, parts.year);
    *out++ = ',';
    *out++ = ' ';
    out = two_put(out, parts.hour);
    *out++ = ':';
    out = two_put(out, parts.minute);
    memcpy(out, " UTC", sizeof " UTC");
    return texts;
}

const char *date_iso(struct arena *arena, int64_t at)
{
    return date_text(arena, at, ISO);
}

const char *date_mail(struct arena *arena, int64_t at)
{
    return date_text(arena, at, "%a, %d %b %Y %H:%M:%S +0000");
}

const char *date_plain(struct arena *arena, int64_t at)
{
    return date_text(arena, at, PLAIN);
}

const char *date_exact(struct arena *arena, int64_t at)
{
    return date_text(arena, at, "%e %b %Y, %H:%M:%S UTC");
}

const char *date_clock(struct arena *arena, int64_t at)
{
    return date_text(arena, at, "%H:%M");
}

const char *date_day_short(struct arena *arena, int64_t at)
{
    return date_text(arena, at, "%e %b");
}

static bool is_same_year(int64_t a, int64_t b)
{
    return parts_of(a).year == parts_of(b).year;
}

const char *date_minute(struct arena *arena, int64_t at)
{
    return date_text(arena, at, "%e %b, %H:%M");
}

const char *date_moment(struct arena *arena, int64_t at, int64_t now)
{
    return is_same_year(at, now) ? date_minute(arena, at) : date_text(arena, at, "%e %b %Y, %H:%M");
}

const char *date_day(struct arena *arena, int64_t at)
{
    return date_text(arena, at, "%e %b %Y");
}

const char *date_day_name(struct arena *arena, int64_t at, int64_t now)
{
    int64_t today_at = now - now % A_DAY_S;

    if (at >= today_at + A_DAY_S || at < today_at - A_DAY_S)
        return is_same_year(at, now) ? date_day_short(arena, at) : date_day(arena, at);
    return at >= today_at ? "Today" : "Yesterday";
}

const char *date_month(struct arena *arena, int64_t at)
{
    return date_text(arena, at, "%B %Y");
}

const char *date_day_iso(struct arena *arena, int64_t at)
{
    return date_text(arena, at, "%Y-%m-%d");
}

const char *date_month_iso(struct arena *arena, int64_t at)
{
    return date_text(arena, at, "%Y-%m");
}

const char *date_hour_digits(struct arena *arena, int64_t at)
{
    return date_text(arena, at, "%Y%m%d%H");
}

static const char *date_count(struct arena *arena, int64_t count, const char *unit, int is_past)
{
    return is_past ? arena_printf(arena, "%lld %s ago", (long long)count, unit)
                   : arena_printf(arena, "in %lld %s", (long long)count, unit);
}

/* In whole units: rounded down for the past, to the nearest for the future. */
static int64_t units(int64_t distance, int64_t unit, int is_past)
{
    return (is_past ? distance : distance + unit / 2) / unit;
}

const char *date_relative(struct arena *arena, int64_t at, int64_t now)
{
    int64_t distance = at > now ? at - now : now - at;
    int is_past = at <= now;
    int64_t minutes = units(distance, A_MINUTE_S, is_past);
    int64_t hours = units(distance, AN_HOUR_S, is_past);

    if (distance < 5)
        return "just now";
    if (distance < A_MINUTE_S)
        return date_count(arena, distance, "s", is_past);
    if (minutes < 60)
        return date_count(arena, minutes, "min", is_past);
    if (hours < 24)
        return date_count(arena, hours, "h", is_past);
    if (distance < 7 * A_DAY_S)
        return date_count(arena, units(distance, A_DAY_S, is_past), "d", is_past);
    return date_day(arena, at);
}

/* "3 d" */
static char *count_put(char *out, int64_t count, const char *unit)
{
    char digits[FORMAT_INT_BYTES];

    out = stpcpy(out, format_int(digits, count));
    *out++ = ' ';
    return stpcpy(out, unit);
}

const char *date_span(struct arena *arena, int64_t seconds)
{
    const int64_t counts[] = { seconds / A_DAY_S, seconds % A_DAY_S / AN_HOUR_S,
                               seconds % AN_HOUR_S / A_MINUTE_S };
    static const char *const units[] = { "d", "h", "min" };
    char text[TEXT_BYTES], *end = text;
    size_t first = 0;

    if (seconds < A_MINUTE_S)
        return arena_printf(arena, "%lld s", (long long)seconds);
    while (!counts[first])
        first++;
    end = count_put(end, counts[first], units[first]);
    if (first + 1 < COUNT(counts) && counts[first + 1]) {
        *end++ = ' ';
        end = count_put(end, counts[first + 1], units[first + 1]);
    }
    return arena_copy_bytes(arena, text, (size_t)(end - text));
}

const char *date_length(struct arena *arena, int64_t length_ms)
{
    int64_t seconds = length_ms / 1000;

    if (length_ms < 100)
        return arena_printf(arena, "0.%02d s", (int)(length_ms / 10));
    if (seconds < A_MINUTE_S)
        return arena_printf(arena, "%d.%d s", (int)seconds, (int)(length_ms % 1000 / 100));
    if (seconds < AN_HOUR_S)
        return arena_printf(arena, "%d min %d s", (int)(seconds / A_MINUTE_S),
                            (int)(seconds % A_MINUTE_S));
    return arena_printf(arena, "%lld h %d min", (long long)(seconds / AN_HOUR_S),
                        (int)(seconds % AN_HOUR_S / A_MINUTE_S));
}

/* ---- the calendar ---- */

static int64_t month_begin(int64_t at, int later)
{
    const struct parts parts = parts_of(at);
    struct tm first = { .tm_mday = 1,
                        .tm_mon = parts.month - 1 + later,
                        .tm_year = parts.year - 1900 };

    return timegm(&first);
}

int64_t date_month_start(int64_t at)
{
    return month_begin(at, 0);
}

int64_t date_month_end(int64_t at)
{
    return month_begin(at, 1);
}

int64_t date_months_later(int64_t at, int count)
{
    int64_t begin_at = month_begin(at, count), end_at = month_begin(at, count + 1);
    int64_t day_at = begin_at + (parts_of(at).day - 1) * A_DAY_S;

    return day_at < end_at ? day_at : end_at - A_DAY_S;
}

/* 1 January 1970 was a Thursday. */
int64_t date_week_start(int64_t at)
{
    int64_t day = at / A_DAY_S;

    return (day - (day + 3) % 7) * A_DAY_S;
}

/* ---- reading ---- */

bool date_iso_read(const char *text, int64_t *out_ms)
{
    struct tm parts = { .tm_isdst = 0 };
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
    int fraction_ms = 0, length = 0;

    if (!rest)
        return false;
    if (*rest == '.' && (sscanf(rest, ".%3d%n", &fraction_ms, &length) != 1 || length != 4))
        return false;
    *out_ms = (int64_t)timegm(&parts) * 1000 + fraction_ms;
    return strcmp(rest + length, "Z") == 0 && fraction_ms >= 0;
}

bool date_day_read(const char *text, int64_t *out)
{
    int year, month, day, used = 0;
    struct tm parts = { 0 };

    if (strlen(text) != 10 || strspn(text, "0123456789-") != 10 ||
        sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10 || year < 1970)
        return false;
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    *out = timegm(&parts);
    /* timegm() normalizes 30 February to 1 March; the result must match the input. */
    return parts.tm_year == year - 1900 && parts.tm_mon == month - 1 && parts.tm_mday == day;
}

bool date_month_read(const char *text, int64_t *out)
{
    char day[sizeof "2027-01-01"];

    if (strlen(text) != 7)
        return false;
    snprintf(day, sizeof day, "%s-01", text);
    return date_day_read(day, out);
}
