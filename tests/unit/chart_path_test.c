/* Tests of base/chart_path.c. */
#include "base/chart_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct chart_path box = { .width = 80, .height = 18, .top = 100 };

static void a_line_has_gaps(void **state)
{
    static const int64_t values[] = { 0, 50, -1, 100, 250 };
    static const int64_t none[] = { -1, -1 };
    struct arena *arena = arena_new(4096);

    (void)state;
    assert_string_equal(chart_path_line(arena, &box, values, 5), "M0 18L20 9M60 0L80 0");
    assert_string_equal(chart_path_line(arena, &box, values, 2), "M0 18L80 9");
    assert_string_equal(chart_path_line(arena, &box, values + 1, 1), "M0 9h.1");
    assert_string_equal(chart_path_line(arena, &box, none, 2), "");
    assert_string_equal(chart_path_line(arena, &box, none, 0), "");
    arena_free(arena);
}

static void an_area_is_closed_below(void **state)
{
    static const int64_t values[] = { 0, 55, -1, 100, 25 };
    struct arena *arena = arena_new(4096);

    (void)state;
    assert_string_equal(chart_path_area(arena, &box, values, 5),
                        "M0 18L20 8.1L20 18L0 18zM60 0L80 13.5L80 18L60 18z");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_gaps),
        cmocka_unit_test(an_area_is_closed_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
