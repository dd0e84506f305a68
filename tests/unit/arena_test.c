/* arena.c: memory is zeroed and aligned when allocated, wiped when released, and limited. */
#include "base/arena.h"

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
    arena = arena_new(1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void test_zeroed_and_aligned(void **state)
{
    unsigned char *last = NULL;

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 1000; size += 7) {
            unsigned char *bytes = arena_alloc(arena, size);

            assert_int_equal((uintptr_t)bytes % 16, 0);
            assert_ptr_not_equal(bytes, last);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(bytes[i], 0);
            memset(bytes, 0xee, size);
            last = bytes;
        }
        arena_reset(arena);
    }
}

static void test_no_overlap(void **state)
{
    enum { COUNT = 200 };
    unsigned char *bytes[COUNT];
    size_t sizes[COUNT];

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        sizes[i] = i % 20 == 19 ? 70000 % (i * 977) + 1 : i * 13 % 300 + 1;
        bytes[i] = arena_alloc(arena, sizes[i]);
        memset(bytes[i], (int)i, sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(bytes[i][k], (unsigned char)i);
    }
}

static void test_used(void **state)
{
    (void)state;
    assert_int_equal(arena_used(arena), 0);
    arena_alloc(arena, 1);
    assert_int_equal(arena_used(arena), 16);
    arena_alloc(arena, 100000); /* a block of its own */
    assert_int_equal(arena_used(arena), 100016);
    arena_alloc(arena, 0);
    assert_int_equal(arena_used(arena), 100016);
    arena_reset(arena);
    assert_int_equal(arena_used(arena), 0);
}

/* Data of one request must not be visible to the next. */
static void test_reset_wipes(void **state)
{
    char *secret = arena_copy(arena, "canary");

    (void)state;
    arena_reset(arena); /* the first block is kept, so it can be inspected */
    for (int i = 0; i < 6; i++)
        assert_int_equal(secret[i], 0);
}

static void test_limit_is_kept_over_resets(void **state)
{
    (void)state;
    for (int round = 0; round < 100; round++) {
        arena_alloc(arena, 1 << 20);
        arena_reset(arena);
    }
}

static void test_copies(void **state)
{
    (void)state;
    assert_null(arena_copy(arena, NULL));
    assert_string_equal(arena_copy(arena, ""), "");
    assert_string_equal(arena_copy(arena, "abc"), "abc");
    assert_memory_equal(arena_copy_bytes(arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_copy_bytes(arena, NULL, 0), "");
    assert_string_equal(arena_copy_bytes(arena, "abc", 2), "ab");
    assert_string_equal(arena_printf(arena, "%s-%d", "x", 7), "x-7");
    assert_string_equal(arena_printf(arena, "%s", ""), "");
    assert_int_equal(strlen(arena_printf(arena, "%0100000d", 1)), 100000);
}

static void test_array(void **state)
{
    int64_t *numbers = arena_array(arena, 1000, sizeof *numbers);

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        assert_true(numbers[i] == 0);
    assert_non_null(arena_array(arena, 0, 8));
    assert_non_null(arena_array(arena, SIZE_MAX, 0));
}

/* ---- what aborts ---- */

static void take(void *user)
{
    arena_alloc(arena, *(size_t *)user);
}

static void take_array(void *user)
{
    size_t *numbers = user;

    arena_array(arena, numbers[0], numbers[1]);
}

static void take_many(void *user)
{
    (void)user;
    for (int i = 0; i < 70000; i++)
        arena_alloc(arena, 16);
}

static void print_much(void *user)
{
    (void)user;
    arena_printf(arena, "%01048577d", 1);
}

static void test_limits_abort(void **state)
{
    size_t sizes[] = { (1 << 20) + 1, SIZE_MAX, SIZE_MAX - 14, SIZE_MAX - 15, SIZE_MAX / 2 };
    size_t products[][2] = { { SIZE_MAX, 2 },
                             { SIZE_MAX / 2 + 1, 2 },
                             { (size_t)1 << 32, (size_t)1 << 32 },
                             { 1 << 17, 9 } };
    size_t fits = 1 << 20;

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++)
        assert_true(child_aborts(take, &sizes[i]));
    for (size_t i = 0; i < COUNT(products); i++)
        assert_true(child_aborts(take_array, products[i]));
    assert_true(child_aborts(take_many, NULL));
    assert_true(child_aborts(print_much, NULL));
    assert_false(child_aborts(take, &fits));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_zeroed_and_aligned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_overlap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset_wipes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limit_is_kept_over_resets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_array, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits_abort, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
