/* Times as text, and the calendar; see date.h. */
#include "base/date.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TEXT_BYTES = 64 };

/* Broken-down time in UTC; a time that gmtime_r cannot represent becomes 1970. */
static struct tm date_parts(int64_t at)
{
    time_t seconds = (time_t)at;
    struct tm parts;

    if (!gmtime_r(&seconds, &parts))
        parts = (struct tm){ .tm_mday = 1, .tm_year = 70 }; /* may be partly filled */
    return parts;
}

const char *date_iso(struct arena *arena, int64_t at)
{
    const struct tm parts = date_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

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

const char *date_mail(struct arena *arena, int64_t at)
{
    const struct tm parts = date_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%a, %d %b %Y %H:%M:%S +0000", &parts);
    return text;
}

const char *date_plain(struct arena *arena, int64_t at)
{
    const struct tm parts = date_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%-d %b %Y, %H:%M UTC", &parts);
    return text;
}

const char *date_exact(struct arena *arena, int64_t at)
{
    const struct tm parts = date_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%-d %b %Y, %H:%M:%S UTC", &parts);
    return text;
}

const char *date_clock(struct arena *arena, int64_t at)
{
    const struct tm parts = date_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%H:%M", &parts);
    return text;
}

const char *date_day_short(struct arena *arena, int64_t at)
{
    const struct tm parts = date_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%-d %b", &parts);
    return text;
}

const char *date_day(struct arena *arena, int64_t at)
{
    const struct tm parts = date_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%-d %b %Y", &parts);
    return text;
}

const char *date_month(struct arena *arena, int64_t at)
{
    const struct tm parts = date_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%B %Y", &parts);
    return text;
}

const char *date_month_iso(struct arena *arena, int64_t at)
{
    const struct tm parts = date_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%Y-%m", &parts);
    return text;
}

const char *date_hour_digits(struct arena *arena, int64_t at)
{
    const struct tm parts = date_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%Y%m%d%H", &parts);
    return text;
}

static int64_t month_begin(int64_t at, int months)
{
    const struct tm parts = date_parts(at);
    struct tm first = { .tm_mday = 1, .tm_mon = parts.tm_mon + months, .tm_year = parts.tm_year };

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

static const char *date_count(struct arena *arena, int64_t count, const char *unit, int is_past)
{
    return is_past ? arena_printf(arena, "%lld %s ago", (long long)count, unit)
                   : arena_printf(arena, "in %lld %s", (long long)count, unit);
}

const char *date_relative(struct arena *arena, int64_t at, int64_t now)
{
    int64_t distance = at > now ? at - now : now - at;
    int is_past = at <= now;

    if (distance < 5)
        return "just now";
    if (distance < A_MINUTE_S)
        return date_count(arena, distance, "s", is_past);
    if (distance < AN_HOUR_S)
        return date_count(arena, distance / A_MINUTE_S, "min", is_past);
    if (distance < A_DAY_S)
        return date_count(arena, distance / AN_HOUR_S, "h", is_past);
    if (distance < 7 * A_DAY_S)
        return date_count(arena, distance / A_DAY_S, "d", is_past);
    return date_day(arena, at);
}

const char *date_span(struct arena *arena, int64_t seconds)
{
    long long days = seconds / A_DAY_S, hours = seconds % A_DAY_S / AN_HOUR_S;
    long long minutes = seconds % AN_HOUR_S / A_MINUTE_S;

    if (seconds < A_MINUTE_S)
        return arena_printf(arena, "%lld s", (long long)seconds);
    if (days)
        return arena_printf(arena, hours ? "%lld d %lld h" : "%lld d", days, hours);
    if (hours)
        return arena_printf(arena, minutes ? "%lld h %lld min" : "%lld h", hours, minutes);
    return arena_printf(arena, "%lld min", minutes);
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
