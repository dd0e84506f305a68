/* Tags and notes as people type them, and what a search finds. */
#include "base/array.h"
#include "base/limit.h"
#include "model/vm_labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(16 * 1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void tags_are_read_as_typed(void **state)
{
    static const struct {
        const char *typed, *tags;
    } rows[] = {
        { "", NULL },
        { " ,, \t", NULL },
        { "web", "web" },
        { "web prod", "prod web" },
        { "Web,PROD web #web", "prod web" },
        { " v1.2_b-c ", "v1.2_b-c" },
        { "a b c d e f g h i j", "a b c d e f g h i j" },
        { "a/b", "?" },
        { "#", "?" },
        { "##a", "?" },
        { "\xc3\xa4", "?" },
        { "a b c d e f g h i j k", "?" },
        { "1234567890123456789012345678901", "?" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *tags, *problem = vm_tags_read(arena, rows[i].typed, &tags);
        bool is_wrong = rows[i].tags && strcmp(rows[i].tags, "?") == 0;

        assert_int_equal(problem != NULL, is_wrong);
        if (is_wrong || !rows[i].tags)
            assert_null(tags);
        else
            assert_string_equal(tags, rows[i].tags);
    }
}

/* Whatever is typed, what is stored is read again as the same, and is found by each of its tags. */
static void random_tags_stay_as_they_are(void **state)
{
    static const char letters[] = "abAB01-_. ,#/";
    uint32_t seed = 7;
    int good = 0;

    (void)state;
    for (int round = 0; round < 5000; round++) {
        char typed[24];
        const char *tags, *again;
        size_t length = (seed >> 8) % (sizeof typed - 1);

        for (size_t i = 0; i < length; i++) {
            seed = seed * 1664525 + 1013904223;
            typed[i] = letters[(seed >> 8) % (sizeof letters - 1)];
        }
        typed[length] = 0;
        seed = seed * 1664525 + 1013904223;
        if (vm_tags_read(arena, typed, &tags) || !tags)
            continue;
        good++;
        assert_null(vm_tags_read(arena, tags, &again));
        assert_string_equal(again, tags);
        for (const char *at = tags; *at; at += strcspn(at, " "), at += *at == ' ') {
            const char *tag = arena_printf(arena, "#%.*s", (int)strcspn(at, " "), at);

            assert_true(vm_labels_match(arena, NULL, tags, tag));
            assert_false(vm_labels_match(arena, NULL, tags, arena_printf(arena, "%sx", tag)));
        }
        arena_reset(arena);
    }
    assert_true(good > 500);
}

static void a_search_finds_tags_and_projects(void **state)
{
    (void)state;
    assert_true(vm_labels_match(arena, "Web Shop", NULL, "shop"));
    assert_true(vm_labels_match(arena, NULL, "prod web", "ro"));
    assert_true(vm_labels_match(arena, NULL, "prod web", "#web"));
    assert_false(vm_labels_match(arena, NULL, "prod web", "#we"));
    assert_false(vm_labels_match(arena, NULL, "prod-web web2", "#web"));
    assert_false(vm_labels_match(arena, NULL, "prod", "#"));
    assert_false(vm_labels_match(arena, "web", NULL, "#web"));
    assert_false(vm_labels_match(arena, NULL, NULL, "x"));
}

static void notes_are_lines_of_plain_text(void **state)
{
    const char *note, *longest;

    (void)state;
    assert_null(vm_note_read(arena, " \r\n a\r\nb \n\n", &note));
    assert_string_equal(note, "a\nb");
    assert_null(vm_note_read(arena, " \r\n", &note));
    assert_null(note);
    assert_non_null(vm_note_read(arena, "a\x01", &note));
    assert_non_null(vm_note_read(arena,
                                 "a\xe2\x80\xae"
                                 "b",
                                 &note));
    assert_non_null(vm_note_read(arena, "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn", &note));
    longest = arena_printf(arena, "%0*d", LIMIT_NOTE_CHARACTERS, 0);
    assert_null(vm_note_read(arena, longest, &note));
    assert_non_null(vm_note_read(arena, arena_printf(arena, "%s1", longest), &note));
    assert_null(note);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tags_are_read_as_typed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_tags_stay_as_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_search_finds_tags_and_projects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notes_are_lines_of_plain_text, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
