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
    assert_string_equal(chart_path_line(arena, &box, values, 5), "M0 18l20-9M60 0l20 0");
    assert_string_equal(chart_path_line(arena, &box, values, 2), "M0 18l80-9");
    assert_string_equal(chart_path_line(arena, &box, values + 1, 1), "M0 9h.1");
    assert_string_equal(chart_path_line(arena, &box, none, 2), "");
    assert_string_equal(chart_path_line(arena, &box, none, 0), "");
    arena_free(arena);
}

static void a_line_is_relative(void **state)
{
    static const int64_t values[] = { 50, 51, 49, 49 };
    static const struct chart_path small = { .width = 10, .height = 10, .top = 100 };
    struct arena *arena = arena_new(4096);

    (void)state;
    assert_string_equal(chart_path_line(arena, &small, values, 4), "M0 5l3.3-.1 3.3 .2 3.4 0");
    arena_free(arena);
}

static void a_lone_number_is_a_dot(void **state)
{
    static const int64_t values[] = { 0, -1, 50, 50, -1, 100 };
    struct arena *arena = arena_new(4096);

    (void)state;
    assert_string_equal(chart_path_dots(arena, &box, values, 6), "M0 18h.1M80 0h.1");
    assert_string_equal(chart_path_dots(arena, &box, values + 2, 2), "");
    arena_free(arena);
}

static void an_area_is_closed_below(void **state)
{
    static const int64_t values[] = { 0, 55, -1, 100, 25 };
    struct arena *arena = arena_new(4096);

    (void)state;
    assert_string_equal(chart_path_below(arena, &box, chart_path_line(arena, &box, values, 5)),
                        "M0 18l20-9.9V18H0zM60 0l20 13.5V18H60z");
    assert_string_equal(chart_path_below(arena, &box, ""), "");
    arena_free(arena);
}

static void words_stay_within_the_chart(void **state)
{
    int64_t free_x = 600;
    struct chart_words words = chart_words_place("Snapshot created 16:24", 599, 600, &free_x);

    (void)state;
    assert_true(words.has_room && words.is_left && !words.is_wide);
    words = chart_words_place("Stopped 16:23", 590, 600, &free_x); /* where the words before are */
    assert_false(words.has_room);
    words = chart_words_place("Snapshot created 16:20", 300, 600, &free_x);
    assert_true(words.has_room && words.is_left && words.is_wide);
    words = chart_words_place("Started 16:18", 0, 600, &free_x);
    assert_false(words.has_room); /* on neither side */
    free_x = 600;
    words = chart_words_place("Started 16:18", 0, 600, &free_x);
    assert_true(words.has_room && !words.is_left && !words.is_wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_gaps),
        cmocka_unit_test(a_line_is_relative),
        cmocka_unit_test(a_lone_number_is_a_dot),
        cmocka_unit_test(an_area_is_closed_below),
        cmocka_unit_test(words_stay_within_the_chart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
