/* Time, and how it is written; see clock.h. UTC only: the C library's gmtime_r does the calendar.
 */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    MINUTE = 60,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
};

static int64_t clock_read_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now(void)
{
    return clock_read_us(CLOCK_REALTIME) / 1000000;
}

int64_t clock_now_ms(void)
{
    return clock_read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

enum { TEXT_BYTES = 64 };

/* The calendar of a moment; one far outside the calendar reads as 1970. */
static struct tm clock_parts(int64_t at)
{
    time_t seconds = (time_t)at;
    struct tm parts;

    if (!gmtime_r(&seconds, &parts))
        parts = (struct tm){ .tm_mday = 1, .tm_year = 70 }; /* it had begun to fill them */
    return parts;
}

const char *clock_iso(struct arena *arena, int64_t at)
{
    const struct tm parts = clock_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

bool clock_iso_read(const char *text, int64_t *out_ms)
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

const char *clock_mail(struct arena *arena, int64_t at)
{
    const struct tm parts = clock_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%a, %d %b %Y %H:%M:%S +0000", &parts);
    return text;
}

const char *clock_plain(struct arena *arena, int64_t at)
{
    const struct tm parts = clock_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%-d %b %Y, %H:%M UTC", &parts);
    return text;
}

const char *clock_day(struct arena *arena, int64_t at)
{
    const struct tm parts = clock_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%-d %b %Y", &parts);
    return text;
}

const char *clock_month(struct arena *arena, int64_t at)
{
    const struct tm parts = clock_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%B %Y", &parts);
    return text;
}

const char *clock_month_iso(struct arena *arena, int64_t at)
{
    const struct tm parts = clock_parts(at);
    char *text = arena_alloc(arena, TEXT_BYTES);

    strftime(text, TEXT_BYTES, "%Y-%m", &parts);
    return text;
}

static int64_t month_begin(int64_t at, int months)
{
    const struct tm parts = clock_parts(at);
    struct tm first = { .tm_mday = 1, .tm_mon = parts.tm_mon + months, .tm_year = parts.tm_year };

    return timegm(&first);
}

int64_t clock_month_start(int64_t at)
{
    return month_begin(at, 0);
}

int64_t clock_month_end(int64_t at)
{
    return month_begin(at, 1);
}

bool clock_day_read(const char *text, int64_t *out)
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
    /* The C library turns 30 February into 1 March; what it made must read as what was written. */
    return parts.tm_year == year - 1900 && parts.tm_mon == month - 1 && parts.tm_mday == day;
}

bool clock_month_read(const char *text, int64_t *out)
{
    char day[sizeof "2027-01-01"];

    if (strlen(text) != 7)
        return false;
    snprintf(day, sizeof day, "%s-01", text);
    return clock_day_read(day, out);
}

static const char *clock_count(struct arena *arena, int64_t count, const char *unit, int is_past)
{
    const char *plural = count == 1 ? "" : "s";

    return is_past ? arena_printf(arena, "%lld %s%s ago", (long long)count, unit, plural)
                   : arena_printf(arena, "in %lld %s%s", (long long)count, unit, plural);
}

const char *clock_relative(struct arena *arena, int64_t at, int64_t now)
{
    int64_t distance = at > now ? at - now : now - at;
    int is_past = at <= now;

    if (distance < 5)
        return "just now";
    if (distance < MINUTE)
        return clock_count(arena, distance, "second", is_past);
    if (distance < HOUR)
        return clock_count(arena, distance / MINUTE, "minute", is_past);
    if (distance < DAY)
        return clock_count(arena, distance / HOUR, "hour", is_past);
    if (distance < 7 * DAY)
        return clock_count(arena, distance / DAY, "day", is_past);
    return clock_day(arena, at);
}

const char *clock_length(struct arena *arena, int64_t length_ms)
{
    int64_t seconds = length_ms / 1000;

    if (length_ms < 100)
        return arena_printf(arena, "0.%02d s", (int)(length_ms / 10));
    if (seconds < MINUTE)
        return arena_printf(arena, "%d.%d s", (int)seconds, (int)(length_ms % 1000 / 100));
    if (seconds < HOUR)
        return arena_printf(arena, "%d min %d s", (int)(seconds / MINUTE), (int)(seconds % MINUTE));
    return arena_printf(arena, "%lld h %d min", (long long)(seconds / HOUR),
                        (int)(seconds % HOUR / MINUTE));
}
