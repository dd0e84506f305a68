/*
 * The log: a line that repeats is held back and counted, whatever else is said meanwhile. The time
 * is set explicitly.
 */
#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t now_ms = 1;
static int output[2];
static int terminal;

int64_t __wrap_clock_now_ms(void);
int64_t __wrap_clock_now_ms(void)
{
    return now_ms;
}

static void tell(const char *text)
{
    log_error("inbox", log_text("error", text));
}

/* What was written since the last call, without the time at the beginning of lines. */
static const char *written(void)
{
    static char text[65536];
    char bytes[65536];
    ssize_t length = read(output[0], bytes, sizeof bytes - 1);
    const char *at = bytes;

    bytes[length > 0 ? length : 0] = '\0';
    text[0] = '\0';
    while (*at) {
        const char *level = strstr(at, " level="), *newline = strchr(at, '\n');

        strncat(text, level + 1, (size_t)(newline - level));
        at = newline + 1;
    }
    return text;
}

#define LINE(error) "level=error program=domicile event=inbox error=" error

static void test_repeats(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        tell("full");
    assert_string_equal(written(), LINE("full\n"));
    now_ms += 1000;
    tell("other");
    assert_string_equal(written(), LINE("full repeated=999\n") LINE("other\n"));
    tell("full");
    assert_string_equal(written(), "");
    now_ms += 1000;
    log_flush();
    assert_string_equal(written(), LINE("full repeated=1\n"));
    now_ms += 1000;
    tell("full");
    assert_string_equal(written(), LINE("full\n"));
    now_ms -= 5000;
    tell("full");
    assert_string_equal(written(), LINE("full\n"));
    log_flush();
    assert_string_equal(written(), "");
}

static void test_others_meanwhile(void **state)
{
    char text[32];
    int lines = 0;

    (void)state;
    tell("steady");
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "once%d", i);
        tell(text);
        tell("steady");
    }
    for (const char *at = written(); (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 101);
    now_ms += 1000;
    log_flush();
    assert_string_equal(written(), LINE("steady repeated=100\n"));
}

/* A line that has to make room for others takes its count with it. */
static void test_forgotten(void **state)
{
    char text[32];

    (void)state;
    tell("first");
    tell("first");
    written();
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "next%d", i);
        tell(text);
    }
    assert_non_null(strstr(written(), LINE("first repeated=1\n")));
}

static void test_often(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++)
        log_often("refused", (const struct log_field[]){ log_number("status", i), { NULL } });
    assert_string_equal(written(), "level=info program=domicile event=refused status=0\n");
    now_ms += 1000;
    log_flush();
    assert_string_equal(written(),
                        "level=info program=domicile event=refused status=49 repeated=49\n");
}

static int output_take(void **state)
{
    (void)state;
    terminal = dup(STDERR_FILENO);
    return pipe2(output, O_NONBLOCK) || dup2(output[1], STDERR_FILENO) < 0;
}

static int output_give(void **state)
{
    (void)state;
    return dup2(terminal, STDERR_FILENO) < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_repeats, output_take, output_give),
        cmocka_unit_test_setup_teardown(test_others_meanwhile, output_take, output_give),
        cmocka_unit_test_setup_teardown(test_forgotten, output_take, output_give),
        cmocka_unit_test_setup_teardown(test_often, output_take, output_give),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
