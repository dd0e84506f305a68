/* buf.c: the content is what was written, followed by a NUL, however the buffer grew. */
#include "base/buf.h"

#include "base/array.h"
#include "child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(8 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void test_empty(void **state)
{
    struct buf buf = buf_new(arena, 0);
    struct buf bare = { .arena = arena };

    (void)state;
    assert_string_equal(buf.bytes, "");
    assert_int_equal(buf.length, 0);
    buf_text(&buf, NULL);
    buf_text(&buf, "");
    buf_bytes(&buf, "", 0);
    assert_string_equal(buf.bytes, "");
    assert_null(bare.bytes);
    buf_bytes(&bare, "", 0);
    assert_string_equal(bare.bytes, "");
}

static void test_growing(void **state)
{
    static const size_t guesses[] = { 0, 1, 15, 255, 256, 257, 4096 };

    (void)state;
    for (size_t g = 0; g < COUNT(guesses); g++) {
        struct buf buf = buf_new(arena, guesses[g]);

        for (size_t i = 0; i < 5000; i++) {
            buf_char(&buf, (char)('a' + i % 26));
            assert_int_equal(buf.length, i + 1);
            assert_int_equal(buf.bytes[i + 1], '\0');
            assert_true(buf.capacity > buf.length);
        }
        for (size_t i = 0; i < 5000; i++)
            assert_int_equal(buf.bytes[i], 'a' + i % 26);
    }
}

static void test_any_bytes(void **state)
{
    struct buf buf = buf_new(arena, 4);
    char large[2000];

    (void)state;
    buf_bytes(&buf, "a\0b", 3);
    buf_literal(&buf, "c\0d");
    assert_int_equal(buf.length, 6);
    assert_memory_equal(buf.bytes, "a\0bc\0d", 7);
    memset(large, 'x', sizeof large);
    buf_bytes(&buf, large, sizeof large);
    assert_int_equal(buf.length, 2006);
    assert_memory_equal(buf.bytes + 6, large, sizeof large);
}

static void test_int(void **state)
{
    static const int64_t numbers[] = { 0, 1, -1, 9, 10, -10, 1234567890, INT64_MAX, INT64_MIN };

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct buf buf = buf_new(arena, 0);

        buf_int(&buf, numbers[i]);
        assert_string_equal(buf.bytes, arena_printf(arena, "%lld", (long long)numbers[i]));
    }
}

static void test_printf_and_reserve(void **state)
{
    struct buf buf = buf_new(arena, 0);
    char *before;

    (void)state;
    buf_printf(&buf, "%s=%d;", "a", 1);
    buf_printf(&buf, "%s", "");
    assert_string_equal(buf.bytes, "a=1;");
    buf_reserve(&buf, 10000);
    before = buf.bytes;
    for (int i = 0; i < 10000; i++)
        buf_char(&buf, 'x');
    assert_ptr_equal(buf.bytes, before); /* the capacity sufficed */
    assert_memory_equal(buf.bytes, "a=1;xx", 6);
}

static void reserve(void *user)
{
    struct buf buf = buf_new(arena, 0);

    buf_char(&buf, 'a');
    buf_reserve(&buf, *(size_t *)user);
}

static void fill(void *user)
{
    struct buf buf = buf_new(arena, 0);

    (void)user;
    for (;;)
        buf_literal(&buf, "0123456789abcdef");
}

static void test_limits_abort(void **state)
{
    size_t sizes[] = {
        8 << 20, (size_t)1 << 40, SIZE_MAX / 4, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX
    };
    size_t fits = 1 << 20;

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++)
        assert_true(child_aborts(reserve, &sizes[i]));
    assert_true(child_aborts(fill, NULL));
    assert_false(child_aborts(reserve, &fits));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_growing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_any_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_int, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_printf_and_reserve, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits_abort, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
