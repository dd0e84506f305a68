/* base/format.c gives what vsnprintf() gives, or nothing. */
#include "base/format.h"

#include "base/array.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char got[64], want[256];

__attribute__((format(printf, 1, 2))) static int both(const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = format_simple(got, sizeof got, format, arguments);
    vsnprintf(want, sizeof want, format, arguments);
    va_end(arguments);
    return length;
}

#define same(...)                                                                                  \
    do {                                                                                           \
        int length = both(__VA_ARGS__);                                                            \
        assert_int_equal(length, strlen(want));                                                    \
        assert_string_equal(got, want);                                                            \
    } while (0)

#define left_alone(...) assert_int_equal(both(__VA_ARGS__), -1)

static void texts(void **state)
{
    const char *empty = "";

    (void)state;
    same("plain");
    same("%s", empty);
    same("a%sb%sc%%", "one", "two");
    same("%.*s|%.*s|%.*s", 3, "abcdef", 0, "abc", 9, "ab");
}

static void numbers(void **state)
{
    static const long long values[] = { 0,       1,       -1,        9,         10,     -10,
                                        INT_MAX, INT_MIN, LLONG_MAX, LLONG_MIN, 1234567 };

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        same("%lld", values[i]);
        same("%d", (int)values[i]);
        same("%zu", (size_t)values[i]);
        same("%02d %03lld", (int)values[i], values[i]);
        same("%0*lld", 12, values[i]);
        same("%0*d", 1, (int)values[i]);
    }
}

static void the_rest(void **state)
{
    char long_text[100];

    (void)state;
    left_alone("%5d", 1);
    left_alone("%-5s", "a");
    left_alone("%x", 1U);
    left_alone("%.1f", 1.5);
    left_alone("%c", 'a');
    left_alone("%.20s", "a");
    /* What does not fit with its NUL. */
    memset(long_text, 'a', sizeof long_text);
    same("%.*s", (int)sizeof got - 1, long_text);
    left_alone("%.*s", (int)sizeof got, long_text);
    left_alone("%0*d", (int)sizeof got, 1);
    same("%0*d", (int)sizeof got - 1, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(numbers),
        cmocka_unit_test(the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
