/* text.c: numbers, UTF-8 against an independent decoder, lines, host names, e-mail, paths. */
#include "base/array.h"
#include "base/terminal_text.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
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

static void test_int(void **state)
{
    static const struct {
        const char *text;
        int64_t number;
    } good[] = {
        { "0", 0 },
        { "-0", 0 },
        { "7", 7 },
        { "007", 7 },
        { "-12", -12 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
    };
    static const char *const bad[] = {
        "",
        " ",
        "-",
        "--1",
        "+1",
        " 1",
        "1 ",
        "1\n",
        "1.0",
        "1e3",
        "0x10",
        "1a",
        "a1",
        "1,000",
        "- 1",
        "-+1",
        "\t1",
        "1-",
        "٣",
        "\xc2\xa0"
        "1",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999999999999",
    };
    int64_t number;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        number = 99;
        assert_true(text_int(good[i].text, &number));
        assert_true(number == good[i].number);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (text_int(bad[i], &number))
            fail_msg("a number: \"%s\"", bad[i]);
    }
}

/* RFC 3629 by its bits: decode, then check whether this was the shortest form of a character. */
static bool is_character(const unsigned char *bytes, size_t length)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t size = bytes[0] < 0x80             ? 1
                  : (bytes[0] & 0xe0) == 0xc0 ? 2
                  : (bytes[0] & 0xf0) == 0xe0 ? 3
                  : (bytes[0] & 0xf8) == 0xf0 ? 4
                                              : 0;
    uint32_t point;

    if (!size || size != length)
        return false;
    point = size == 1 ? bytes[0] : bytes[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
        point = point << 6 | (bytes[i] & 0x3f);
    }
    return point >= least[size] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

static void check(const unsigned char *bytes, size_t length)
{
    bool expected = false;

    /* A run is well formed when it is one character, or one followed by a well-formed rest. */
    if (length == 1)
        expected = is_character(bytes, 1);
    else if (is_character(bytes, length))
        expected = true;
    else {
        for (size_t first = 1; first < length && !expected; first++)
            expected = is_character(bytes, first) &&
                       text_is_utf8((const char *)bytes + first, length - first);
    }
    if (text_is_utf8((const char *)bytes, length) != expected)
        fail_msg("%zu bytes: %02x %02x %02x %02x", length, bytes[0], bytes[1], bytes[2], bytes[3]);
}

static void test_utf8(void **state)
{
    unsigned char bytes[4] = { 0 };

    (void)state;
    assert_true(text_is_utf8("", 0));
    for (unsigned a = 0; a < 256; a++) {
        bytes[0] = (unsigned char)a;
        check(bytes, 1);
        for (unsigned b = 0; b < 256; b++) {
            bytes[1] = (unsigned char)b;
            check(bytes, 2);
            for (unsigned c = 0; c < 256 && a >= 0xc0; c++) {
                bytes[2] = (unsigned char)c;
                check(bytes, 3);
                for (unsigned d = 0x7e; d < 0xc2 && a >= 0xf0; d++) {
                    bytes[3] = (unsigned char)d;
                    check(bytes, 4);
                }
            }
            bytes[2] = bytes[3] = 0;
        }
        bytes[1] = 0;
    }
}

static void test_line(void **state)
{
    static const char *const good[] = { "",
                                        " ",
                                        "a b",
                                        "Zoë",
                                        "\xc2\xa0",
                                        "\xe2\x80\xa7",
                                        "\xe2\x80\xa6",
                                        "\xd9\x86\xe2\x80\x8c\xd9\x87",
                                        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
                                        "\xe2\x9d\xa4\xef\xb8\x8f",
                                        "~",
                                        "\xf0\x9f\x92\xbb" };
    /* One of each range of characters that have no form or change the direction. */
    static const char *const hidden[] = {
        "\xc2\xad",         "\xcd\x8f",         "\xd8\x9c",     "\xe1\x85\x9f", "\xe1\xa0\x8e",
        "\xe2\x80\x8b",     "\xe2\x80\x8e",     "\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x81\xa0",
        "\xe2\x81\xa6",     "\xe2\x81\xa9",     "\xe2\xa0\x80", "\xe3\x85\xa4", "\xef\xb7\x90",
        "\xef\xbb\xbf",     "\xef\xbf\xb9",     "\xef\xbf\xbe", "\xef\xbf\xbf", "\xf0\x9f\xbf\xbe",
        "\xf3\xa0\x81\xa1", "\xf4\x8f\xbf\xbf", "\xe2\x80\x8d", "\xe2\x80\x8c",
    };
    char one[] = "a?b";

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(text_is_line(good[i]));
    for (int c = 1; c < 0x20; c++) {
        one[1] = (char)c;
        assert_false(text_is_line(one));
    }
    one[1] = 0x7f;
    assert_false(text_is_line(one));
    for (int c = 0x80; c < 0xa0; c++) /* C1, U+0085 among them */
        assert_false(text_is_line(arena_printf(arena, "a\xc2%c", c)));
    assert_false(text_is_line("a\xe2\x80\xa8"));
    assert_false(text_is_line("\xe2\x80\xa9"));
    for (size_t i = 0; i < COUNT(hidden); i++) {
        if (text_is_line(arena_printf(arena, "a%sb", hidden[i])) || text_is_line(hidden[i]))
            fail_msg("hidden character %zu", i);
    }
    assert_false(text_is_line("a\xff"));
    assert_false(text_is_line("a\xe2\x80"));
    assert_true(text_is_lines("a\nb"));
    assert_false(text_is_lines("a\r\nb"));
    assert_false(text_is_lines("a\n\xef\xbb\xbf"));
}

static void test_cleaning(void **state)
{
    (void)state;
    assert_string_equal(text_trim(arena, " \t\xc2\xa0 a b\xe3\x80\x80\r\n"), "a b");
    assert_string_equal(text_trim(arena, "\xc2\xa0\xe2\x80\x83"), "");
    assert_string_equal(text_trim(arena, ""), "");
    assert_string_equal(text_clean(arena, "\xef\xbb\xbf"
                                          "a\r\nb\rc\xe2\x80\xa8"
                                          "d\xc2\xa0"
                                          "e\xe2\x80\x8b"
                                          "f\tg\xe2\x80\xae"),
                        "a\nb\nc\nd ef g");
    assert_string_equal(text_clean(arena, "\x01\x1b"), "\x01\x1b");
    assert_int_equal(text_length("Zo\xc3\xab \xf0\x9f\x92\xbb"), 5);
    assert_int_equal(text_length(""), 0);
}

static void test_host_name(void **state)
{
    static const char *const good[] = { "a", "0", "a-b", "a--b", "web1", "1web", "xn--zoe-jma" };
    static const char *const bad[] = { "",    "-",   "-a",  "a-", "A",      "a.b",
                                       "a_b", "a b", "a\n", "ë",  "a/../b", "a:" };
    char name[65] = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(text_is_host_name(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_is_host_name(bad[i]));
    memset(name, 'a', 63);
    assert_true(text_is_host_name(name));
    name[63] = 'a';
    assert_false(text_is_host_name(name));
}

static void test_email(void **state)
{
    static const char *const good[] = { "a@b", "you@example.org", "you+tag@example.org",
                                        "o'hara@x.y", "a.b-c_d@sub.example.org" };
    static const char *const bad[] = {
        "",       "@",           "a@",    "@b",    "a",       "a@b@c", "a b@c",       "a@b c",
        "a@b\n",  "a@b\r\nBcc:", "<a@b>", "a@b>",  "a,b@c",   "a;b@c", "a@[1.2.3.4]", "\"a\"@b",
        "a\\b@c", "a:b@c",       "(a)@b", "zoë@b", "a@b\x7f", "\ta@b", "a@.b",        "a@b.",
        "a@b..c", "a@.",
    };
    char *longest = arena_alloc(arena, 300);

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(text_is_email(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_is_email(bad[i]));
    memset(longest, 'a', 252);
    memcpy(longest + 252, "@b", 2);
    assert_true(text_is_email(longest));
    memcpy(longest + 252, "@bc", 3);
    assert_false(text_is_email(longest));
}

static void test_local_path(void **state)
{
    static const char *const good[] = { "/",      "/vms",  "/vms/abc?x=1&y=2", "/a%2Fb",
                                        "/~you/", "/a//b", "/a?q=b+*" };
    static const char *const bad[] = {
        "",
        "vms",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "https://evil.example",
        "/a\\b",
        "/a b",
        "/a\r\nX: y",
        "/a\t",
        "/a#b",
        "/@evil.example",
        "/a:b",
        "/a\x7f",
        "/\xc2\x85",
        "/<script>",
        "/a;b",
        "javascript:alert(1)",
        " /vms",
        "/a\"b",
        "/a'b",
    };
    char one[] = "/?";

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(text_is_local_path(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_is_local_path(bad[i]));
    for (int c = 1; c < 256; c++) {
        bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       (strchr("._~?=&%+*-", c) != NULL);

        one[1] = (char)c;
        assert_int_equal(text_is_local_path(one), is_fine);
    }
}

static void test_lower_and_starts(void **state)
{
    (void)state;
    assert_string_equal(text_lower(arena, "You@EXAMPLE.org"), "you@example.org");
    assert_string_equal(text_lower(arena, "@[`{ÄZ"), "@[`{Äz");
    assert_string_equal(text_lower(arena, ""), "");
    assert_true(text_starts("abc", "ab"));
    assert_true(text_starts("abc", ""));
    assert_false(text_starts("ab", "abc"));
    assert_false(text_starts("", "a"));
}

static void test_count(void **state)
{
    (void)state;
    assert_string_equal(text_count(arena, 0), "0");
    assert_string_equal(text_count(arena, 999), "999");
    assert_string_equal(text_count(arena, 1000), "1,000");
    assert_string_equal(text_count(arena, 6700069), "6,700,069");
}

static void test_terminal(void **state)
{
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        { "plain \xc3\xa9\r\n\tmore", "plain \xc3\xa9\n\tmore" },
        { "\x1b[1;31mred\x1b[0m \x1b[?25l\x1b[2 q.", "red ." },
        { "\x1b]0;title\x07"
          "a\x1b]8;;http://x\x1b\\b\x1b]cut\nc",
          "ab\nc" },
        { "\x1bPdevice\x1b\\d\x1b(Be\x1b=f\x1b"
          "7g",
          "defg" },
        { "a\bb\x07\x7f\x0c", "ab" },
        { "\xff\xc3(\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xe2\x80\xae<b>", "\xef\xbf\xbd<b>" },
        { "\x1b", "" },
        { "\x1b[", "" },
        { "\x1b[12", "" },
        { "\x1b]", "" },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(terminal_text(arena, rows[i].bytes, strlen(rows[i].bytes)),
                            rows[i].text);
    assert_string_equal(terminal_text(arena, "a\0b\x1b\0[c", 7), "ab[c");
}

/* Whatever a guest sends, what is shown has no more than lines and tabs. */
static void test_terminal_of_anything(void **state)
{
    static const char alphabet[] = "\x1b[]P\\;0m\x07\n\r\t \xc3\xa9\xe2\x80\xae\xff\xf0\x9f\0<";
    uint32_t random = 1;
    char bytes[64];

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        const char *text;
        char *tab;

        for (size_t i = 0; i < sizeof bytes; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = alphabet[(random >> 16) % sizeof alphabet];
        }
        text = terminal_text(arena, bytes, round % sizeof bytes);
        assert_true(strlen(text) <= 3 * sizeof bytes);
        for (tab = (char *)text; (tab = strchr(tab, '\t'));)
            *tab = ' ';
        assert_true(text_is_lines(text));
        arena_reset(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_cleaning),
        cmocka_unit_test(test_host_name),
        cmocka_unit_test(test_email),
        cmocka_unit_test(test_local_path),
        cmocka_unit_test(test_lower_and_starts),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_terminal_of_anything),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
