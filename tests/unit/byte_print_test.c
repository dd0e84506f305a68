/* Recognizing texts by their prints: every one that is there, at any place, and no other. */
#include "model/byte_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char salt[BYTE_PRINT_SALT_BYTES] = "0123456789abcdef";

static struct byte_prints *prints_of(struct arena *arena, const char *const *texts, size_t count)
{
    struct byte_print *prints = arena_array(arena, count, sizeof *prints);

    for (size_t i = 0; i < count; i++)
        prints[i] = byte_print_of(salt, texts[i], strlen(texts[i]));
    return byte_prints_new(arena, salt, prints, count);
}

static void texts_are_found_anywhere(void **state)
{
    static const char *const texts[] = { "ada@example.org", "ada@example.com", "12345678" };
    struct arena *arena = arena_new(4 * 1024 * 1024);
    const struct byte_prints *prints = prints_of(arena, texts, 3);
    char bytes[200];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(texts[i]);

        for (size_t at = 0; at + length <= sizeof bytes; at++) {
            memset(bytes, 'x', sizeof bytes);
            memcpy(bytes + at, texts[i], length);
            assert_int_equal(byte_prints_count(prints, bytes, sizeof bytes, sizeof bytes), 1);
            /* What begins behind `fresh` is counted with the next part; what is cut is not there.
             */
            assert_int_equal(byte_prints_count(prints, bytes, sizeof bytes, at), 0);
            assert_int_equal(byte_prints_count(prints, bytes, sizeof bytes, at + 1), 1);
            assert_int_equal(byte_prints_count(prints, bytes, at + length - 1, at + length - 1), 0);
        }
    }
    arena_free(arena);
}

static void others_are_not(void **state)
{
    static const char *const texts[] = { "ada@example.org" };
    static const char others[] = "ada@example.net ADA@EXAMPLE.ORG ada@example ada%40example.org";
    struct arena *arena = arena_new(4 * 1024 * 1024);
    const struct byte_prints *prints = prints_of(arena, texts, 1);
    char bytes[100000];

    (void)state;
    assert_int_equal(byte_prints_count(prints, others, sizeof others, sizeof others), 0);
    assert_int_equal(byte_prints_count(prints, "ada", 3, 3), 0);
    srandom(1);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)random();
    assert_int_equal(byte_prints_count(prints, bytes, sizeof bytes, sizeof bytes), 0);
    arena_free(arena);
}

static void those_of_others_are_taken_out(void **state)
{
    static const char *const texts[] = { "ada@example.org", "Ada Example", "12345678",
                                         "ada@example.com" };
    static const char others[] = "Ada Example <ada@example.org>, ada@example.org";
    struct arena *arena = arena_new(4 * 1024 * 1024);
    struct byte_prints *prints = prints_of(arena, texts, 4);
    size_t count;

    (void)state;
    assert_int_equal(byte_prints_drop(prints, others, strlen(others)), 2);
    assert_int_equal(byte_prints_drop(prints, others, strlen(others)), 0);
    byte_prints_list(prints, &count);
    assert_int_equal(count, 2);
    assert_int_equal(byte_prints_count(prints, others, strlen(others), strlen(others)), 0);
    assert_int_equal(byte_prints_count(prints, "12345678", 8, 8), 1);
    assert_int_equal(byte_prints_count(prints, "ada@example.com", 15, 15), 1);
    arena_free(arena);
}

/* Without the salt nothing can be compared with them. */
static void prints_differ_by_their_salt(void **state)
{
    static const unsigned char other[BYTE_PRINT_SALT_BYTES] = "fedcba9876543210";
    struct byte_print first = byte_print_of(salt, "ada@example.org", 15);
    struct byte_print second = byte_print_of(other, "ada@example.org", 15);

    (void)state;
    assert_int_equal(first.length, 15);
    assert_int_not_equal(first.head, second.head);
    assert_memory_not_equal(first.hash, second.hash, sizeof first.hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_found_anywhere),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(those_of_others_are_taken_out),
        cmocka_unit_test(prints_differ_by_their_salt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
