/* clock.c and date.c: how times and durations are written. */
#include "base/date.h"

#include "base/array.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    /* Times are UTC whatever the server's time zone. */
    return setenv("TZ", "Asia/Kathmandu", 1);
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void test_now(void **state)
{
    int64_t before = (int64_t)time(NULL), now = clock_now(), now_ms = clock_now_ms();
    int64_t first_us = clock_monotonic_us(), second_us = clock_monotonic_us();
    int64_t after = (int64_t)time(NULL);

    (void)state;
    assert_true(before <= now && now <= now_ms / 1000 && now_ms / 1000 <= after);
    assert_true(second_us >= first_us);
}

static void test_moments(void **state)
{
    static const struct {
        int64_t at;
        const char *iso, *plain;
    } moments[] = {
        { 0, "1970-01-01T00:00:00Z", "1 Jan 1970, 00:00 UTC" },
        { -1, "1969-12-31T23:59:59Z", "31 Dec 1969, 23:59 UTC" },
        { 951827696, "2000-02-29T12:34:56Z", "29 Feb 2000, 12:34 UTC" },
        { 1795176000, "2026-11-20T12:00:00Z", "20 Nov 2026, 12:00 UTC" },
        { 2147483648, "2038-01-19T03:14:08Z", "19 Jan 2038, 03:14 UTC" },
        { 4107542400, "2100-03-01T00:00:00Z", "1 Mar 2100, 00:00 UTC" },
        { INT64_MAX, "1970-01-01T00:00:00Z", "1 Jan 1970, 00:00 UTC" },
        { INT64_MIN, "1970-01-01T00:00:00Z", "1 Jan 1970, 00:00 UTC" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(moments); i++) {
        assert_string_equal(date_iso(arena, moments[i].at), moments[i].iso);
        assert_string_equal(date_plain(arena, moments[i].at), moments[i].plain);
    }
}

/* Every day of the years 1 to 9999, at a different second each, as the C library writes it. */
static void test_every_day(void **state)
{
    const int64_t first_at = -62135596800, last_at = 253402300799;

    (void)state;
    for (int64_t at = first_at, i = 0; at <= last_at; at += 86400, i++) {
        time_t second = at + i * 7919 % 86400;
        char expected[64], iso[64];
        struct tm parts;

        gmtime_r(&second, &parts);
        strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S +0000", &parts);
        snprintf(iso, sizeof iso, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
        assert_string_equal(date_iso(arena, second), iso);
        if (parts.tm_year >= -900) /* strftime does not fill up years before 1000 */
            assert_string_equal(date_mail(arena, second), expected);
        arena_reset(arena);
    }
    assert_string_equal(date_iso(arena, first_at - 1), "1970-01-01T00:00:00Z");
    assert_string_equal(date_iso(arena, last_at + 1), "1970-01-01T00:00:00Z");
}

static void test_short(void **state)
{
    (void)state;
    assert_string_equal(date_exact(arena, 1767225609), "1 Jan 2026, 00:00:09 UTC");
    assert_string_equal(date_clock(arena, 1767225609 + 3660), "01:01");
    assert_string_equal(date_day_short(arena, 1767225609), "1 Jan");
}

static void test_day_name(void **state)
{
    const int64_t now = 1795176000, midnight = 1795132800; /* 20 Nov 2026, 12:00 and 00:00 */

    (void)state;
    assert_string_equal(date_day_name(arena, now, now), "Today");
    assert_string_equal(date_day_name(arena, midnight, now), "Today");
    assert_string_equal(date_day_name(arena, midnight + 86399, now), "Today");
    assert_string_equal(date_day_name(arena, midnight + 86400, now), "21 Nov");
    assert_string_equal(date_day_name(arena, midnight - 1, now), "Yesterday");
    assert_string_equal(date_day_name(arena, midnight - 86400, now), "Yesterday");
    assert_string_equal(date_day_name(arena, midnight - 86401, now), "18 Nov");
    assert_string_equal(date_day_name(arena, 1767225599, now), "31 Dec 2025");
}

static void test_moment(void **state)
{
    const int64_t now = 1795176000;

    (void)state;
    assert_string_equal(date_moment(arena, 1767225609, now), "1 Jan, 00:00");
    assert_string_equal(date_moment(arena, 1767225599, now), "31 Dec 2025, 23:59");
}

static void test_relative(void **state)
{
    enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
    static const struct {
        int64_t distance;
        const char *past, *future;
    } cases[] = {
        { 0, "just now", "just now" },
        { 4, "just now", "just now" },
        { 5, "5 s ago", "in 5 s" },
        { 59, "59 s ago", "in 59 s" },
        { MINUTE, "1 min ago", "in 1 min" },
        { 2 * MINUTE - 1, "1 min ago", "in 2 min" },
        { 2 * MINUTE, "2 min ago", "in 2 min" },
        { HOUR - 31, "59 min ago", "in 59 min" },
        { HOUR - 1, "59 min ago", "in 1 h" },
        { HOUR, "1 h ago", "in 1 h" },
        { DAY - 1, "23 h ago", "in 1 d" },
        { DAY, "1 d ago", "in 1 d" },
        { 7 * DAY - 1, "6 d ago", "in 7 d" },
        { 7 * DAY, "13 Nov 2026", "27 Nov 2026" },
        { 365 * DAY, "20 Nov 2025", "20 Nov 2027" },
    };
    const int64_t now = 1795176000;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(date_relative(arena, now - cases[i].distance, now), cases[i].past);
        assert_string_equal(date_relative(arena, now + cases[i].distance, now), cases[i].future);
    }
}

static void test_span(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        { 0, "0 s" },         { 59, "59 s" },         { 60, "1 min" },          { 3599, "59 min" },
        { 3600, "1 h" },      { 3660, "1 h 1 min" },  { 86399, "23 h 59 min" }, { 86400, "1 d" },
        { 90000, "1 d 1 h" }, { 40 * 86400, "40 d" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(date_span(arena, cases[i].seconds), cases[i].text);
}

static void test_length(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        { 0, "0.00 s" },           { 9, "0.00 s" },
        { 10, "0.01 s" },          { 99, "0.09 s" },
        { 100, "0.1 s" },          { 999, "0.9 s" },
        { 1000, "1.0 s" },         { 3850, "3.8 s" },
        { 59999, "59.9 s" },       { 60000, "1 min 0 s" },
        { 125000, "2 min 5 s" },   { 3599999, "59 min 59 s" },
        { 3600000, "1 h 0 min" },  { 90000000, "25 h 0 min" },
        { 5430000, "1 h 30 min" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(date_length(arena, cases[i].ms), cases[i].text);
}

static void test_calendar(void **state)
{
    static const struct {
        int64_t at;
        const char *month, *iso;
        int64_t start_at, end_at;
    } months[] = {
        { 1795176000, "November 2026", "2026-11", 1793491200, 1796083200 },
        { 1793491200, "November 2026", "2026-11", 1793491200, 1796083200 },
        { 1793491199, "October 2026", "2026-10", 1790812800, 1793491200 },
        { 1798761599, "December 2026", "2026-12", 1796083200, 1798761600 },
        { 1709164800, "February 2024", "2024-02", 1706745600, 1709251200 },
    };
    static const char *const no_days[] = { "",           "2026-02-29", "2026-13-01", "2026-00-10",
                                           "2026-01-00", "2026-1-1",   "26-01-01",   "2026-01-011",
                                           "2026-01- 1", "1969-12-31", "2026/01/01", "--------10" };
    int64_t at;

    (void)state;
    for (size_t i = 0; i < COUNT(months); i++) {
        assert_string_equal(date_month(arena, months[i].at), months[i].month);
        assert_string_equal(date_month_iso(arena, months[i].at), months[i].iso);
        assert_int_equal(date_month_start(months[i].at), months[i].start_at);
        assert_int_equal(date_month_end(months[i].at), months[i].end_at);
        assert_true(date_month_read(months[i].iso, &at));
        assert_int_equal(at, months[i].start_at);
    }
    assert_true(date_day_read("2024-02-29", &at));
    assert_int_equal(at, 1709164800);
    assert_string_equal(date_day(arena, at), "29 Feb 2024");
    for (size_t i = 0; i < COUNT(no_days); i++)
        assert_false(date_day_read(no_days[i], &at));
    assert_false(date_month_read("2026-1", &at) || date_month_read("2026-13", &at) ||
                 date_month_read("", &at));
}

static void test_iso_read(void **state)
{
    static const struct {
        const char *text;
        int64_t at_ms;
    } right[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2026-11-20T12:00:00.123Z", 1795176000123 },
        { "2036-02-29T23:59:59.999Z", 2087942399999 },
    };
    static const char *const wrong[] = {
        "",
        "2026-11-20",
        "2026-11-20T12:00:00",
        "2026-11-20T12:00:00+01:00",
        "2026-11-20T12:00:00.1Z",
        "2026-11-20T12:00:00.1234Z",
        "2026-11-20T12:00:00.Z",
        "2026-13-20T12:00:00Z",
        "2026-11-20T12:00:00Z ",
        "yesterday",
    };
    int64_t at_ms;

    (void)state;
    for (size_t i = 0; i < COUNT(right); i++) {
        assert_true(date_iso_read(right[i].text, &at_ms));
        assert_int_equal(at_ms, right[i].at_ms);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        if (date_iso_read(wrong[i], &at_ms))
            fail_msg("taken for a time: %s", wrong[i]);
    }
    assert_false(date_iso_read(NULL, &at_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_now),       cmocka_unit_test(test_moments),
        cmocka_unit_test(test_every_day), cmocka_unit_test(test_short),
        cmocka_unit_test(test_day_name),  cmocka_unit_test(test_moment),
        cmocka_unit_test(test_relative),  cmocka_unit_test(test_length),
        cmocka_unit_test(test_span),      cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_iso_read),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
