/*
 * Tests of base/html.c: every byte through every escaper, malicious URLs, units.
 *
 * That tmplc picks the right function is tested in tmplc.sh.
 */
#include "base/array.h"
#include "base/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct buf out;

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

static const char *text(const char *value)
{
    out = buf_new(arena, 8);
    html_text(&out, value);
    return out.bytes;
}

static const char *url(const char *value)
{
    out = buf_new(arena, 8);
    html_url(&out, value);
    return out.bytes;
}

static const char *url_part(const char *value)
{
    out = buf_new(arena, 8);
    html_url_part(&out, value);
    return out.bytes;
}

static const char *shown(void (*show)(struct buf *, int64_t), int64_t value)
{
    out = buf_new(arena, 8);
    show(&out, value);
    return out.bytes;
}

/* The expected output of a byte in text, written independently of html.c. */
static const char *escaped_byte(unsigned char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return arena_printf(arena, "%c", byte);
    }
}

static void test_text_of_every_byte(void **state)
{
    (void)state;
    for (unsigned byte = 1; byte < 256; byte++) {
        const char value[] = { 'a', (char)byte, 'z', (char)byte, (char)byte, '\0' };
        const char *escaped = escaped_byte((unsigned char)byte);

        assert_string_equal(text(value),
                            arena_printf(arena, "a%sz%s%s", escaped, escaped, escaped));
        assert_int_equal(out.length, strlen(out.bytes));
    }
}

/* Wherever it stands in texts of all lengths up to a few blocks of 16. */
static void test_text_of_every_place(void **state)
{
    (void)state;
    for (size_t length = 1; length <= 70; length++) {
        for (size_t place = 0; place < length; place++) {
            char value[71] = "", expected[80] = "";
            char special = "&<>\"'"[(length + place) % 5];

            memset(value, 'a' + (int)(length % 26), length);
            memcpy(expected, value, place);
            value[place] = special;
            strcat(expected, escaped_byte((unsigned char)special));
            strcat(expected, value + place + 1);
            assert_string_equal(text(value), expected);
        }
    }
}

static void test_url_part_of_every_byte(void **state)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~";

    (void)state;
    for (unsigned byte = 1; byte < 256; byte++) {
        const char value[] = { 'a', (char)byte, (char)byte, 'z', '\0' };
        const char *part = strchr(unreserved, (int)byte)
                               ? arena_printf(arena, "a%c%cz", byte, byte)
                               : arena_printf(arena, "a%%%02X%%%02Xz", byte, byte);

        assert_string_equal(url_part(value), part);
    }
}

/* After a path's "/": control characters refuse the whole URL, the rest is escaped like text. */
static void test_url_of_every_byte(void **state)
{
    (void)state;
    for (unsigned byte = 1; byte < 256; byte++) {
        const char behind[] = { '/', 'a', (char)byte, '\0' };
        const char first[] = { (char)byte, 'a', '\0' };
        bool is_control = byte < 0x20 || byte == 0x7f;
        const char *expected = arena_printf(arena, "/a%s", escaped_byte((unsigned char)byte));

        assert_string_equal(url(behind), is_control ? "#" : expected);
        assert_string_equal(url(first), byte == '/' ? "/a" : byte == '#' ? "#a" : "#");
    }
}

static void test_empty_input(void **state)
{
    (void)state;
    assert_string_equal(text(NULL), "");
    assert_string_equal(text(""), "");
    assert_string_equal(url_part(NULL), "");
    assert_string_equal(url_part(""), "");
    assert_string_equal(url(NULL), "#");
    assert_string_equal(url(""), "#");
}

/* Invalid UTF-8 must not swallow the byte after it: that could be the quote that ends a value. */
static void test_valid_and_invalid_utf8(void **state)
{
    static const char *const same[] = {
        "\u00e9\u2014\U0001f600", /* two, three and four bytes */
        "\x80",                   /* a continuation byte alone */
        "\xc3",                   /* the first of two bytes */
        "\xe2\x80",               /* two of three bytes */
        "\xf0\x9f\x98",           /* three of four bytes */
        "\xc0\xbc",               /* overlong "<" */
        "\xed\xa0\x80",           /* half a surrogate pair */
        "\xf8\x88\x80\x80\x80",   /* five bytes */
        "\xfe\xff",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++) {
        const char *value = arena_printf(arena, "%s\"<", same[i]);

        assert_string_equal(text(value), arena_printf(arena, "%s&quot;&lt;", same[i]));
    }
    assert_string_equal(url_part("\u00e9/\xc3\""), "%C3%A9%2F%C3%22");
}

static void test_accepted_urls(void **state)
{
    static const char *const good[] = {
        "/",
        "/vms/a b",
        "/a//b",
        "/a\\b",
        "/?a=b#c",
        "#c",
        "https://example.org/",
        "HTTPS://example.org/",
        "http://localhost:8080/",
        "mailto:someone@example.org",
        "vscode://vscode-remote/ssh-remote+vm/home",
        "ssh://someone@example.org",
        "/\u00e9",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_string_equal(url(good[i]), good[i]);
    assert_string_equal(url("/a?b=c&d='\"<e>"), "/a?b=c&amp;d=&#39;&quot;&lt;e&gt;");
}

static void test_refused_urls(void **state)
{
    static const char *const bad[] = {
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "java\r\nscript:alert(1)",
        "\tjavascript:alert(1)",
        "\njavascript:alert(1)",
        " javascript:alert(1)",
        "\x01javascript:alert(1)",
        "javascript&#58;alert(1)",
        "javascript&colon;alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "DATA:text/html;base64,x",
        "vbscript:x",
        "blob:https://example.org/x",
        "file:///etc/passwd",
        "about:blank",
        "view-source:https://example.org/",
        "httpsx:x",
        "https",
        "//example.org/",
        "///example.org/",
        "/\\example.org/",
        "\\\\example.org/",
        "\\/example.org/",
        "/\t/example.org/",
        "/\n/example.org/",
        "/\r\\example.org/",
        "\t//example.org/",
        " /a",
        "/a\n",
        "https:\t//example.org/",
        "ht\ttps://example.org/",
        "a/b",
        "?a=b",
        ".",
        "\x7f/a",
        "\u00a0/a",
        "\u2028javascript:x",
        "\xffhttps://example.org/",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (strcmp(url(bad[i]), "#") != 0)
            fail_msg("\"%s\" passed as \"%s\"", bad[i], out.bytes);
}

static void test_values_by_type(void **state)
{
    char own[] = "<";
    const char *constant = "/";
    int64_t number = INT64_MIN;

    (void)state;
    out = buf_new(arena, 8);
    html_value(&out, own);
    html_value(&out, constant);
    html_value(&out, number);
    html_value(&out, 7);
    html_url_value(&out, own);
    html_url_value(&out, constant);
    html_url_value(&out, number);
    assert_string_equal(out.bytes, "&lt;/-92233720368547758087%3C%2F-9223372036854775808");
}

static void test_times(void **state)
{
    (void)state;
    out = buf_new(arena, 8);
    html_at(&out, 1795780800, 1795780800 + 180);
    assert_string_equal(out.bytes,
                        "<time datetime=\"2026-11-27T12:00:00Z\" title=\"27 Nov 2026, 12:00 UTC\">"
                        "3 min ago</time>");
    out = buf_new(arena, 8);
    html_at(&out, 0, 1795780800);
    assert_string_equal(out.bytes, "\u2014");
    assert_string_equal(shown(html_at_iso, 1795780800), "2026-11-27T12:00:00Z");
    assert_string_equal(shown(html_at_iso, 0), "");
    assert_string_equal(shown(html_ms, 20), "0.02 s");
    assert_string_equal(shown(html_ms, 3800), "3.8 s");
    assert_string_equal(shown(html_ms, 125000), "2 min 5 s");
    assert_string_equal(shown(html_ms, -5), "0.00 s");
    assert_string_equal(shown(html_typical_ms, 1999), "1.9 s");
    assert_string_equal(shown(html_typical_ms, 7900), "8 s");
    assert_string_equal(shown(html_typical_ms, 125000), "2 min");
}

static void test_sizes(void **state)
{
    (void)state;
    assert_string_equal(shown(html_mb, 0), "0 MB");
    assert_string_equal(shown(html_mb, 512), "512 MB");
    assert_string_equal(shown(html_mb, 1023), "1023 MB");
    assert_string_equal(shown(html_mb, 1024), "1 GB");
    assert_string_equal(shown(html_mb, 1536), "1.5 GB");
    assert_string_equal(shown(html_mb, 4096), "4 GB");
    assert_string_equal(shown(html_mb, 40 * 1024 + 512), "41 GB");
    assert_string_equal(shown(html_mb, 2 * 1024 * 1024), "2 TB");
    assert_string_equal(shown(html_bytes, 0), "0 bytes");
    assert_string_equal(shown(html_bytes, 1023), "1023 bytes");
    assert_string_equal(shown(html_bytes, 384000), "375 KB");
    assert_string_equal(shown(html_mb, 1048575), "1 TB"); /* rounded up to the next unit */
    assert_string_equal(shown(html_mb, 99999 * 1024), "98 TB");
    assert_string_equal(shown(html_mb, 10239), "10 GB");
    assert_string_equal(shown(html_bytes, 1288490189), "1.2 GB");
    assert_string_equal(shown(html_bytes, -1), "0 bytes");
    assert_string_equal(shown(html_bytes, INT64_MAX), "8 EB");
}

static void test_booleans(void **state)
{
    const char *word = "a";
    const char *none = NULL;
    bool is_on = true;
    int64_t number = 0;

    (void)state;
    assert_true(html_true(word));
    assert_false(html_true(none));
    assert_false(html_true_text(""));
    assert_true(html_true(is_on));
    assert_false(html_true(number));
    assert_true(html_true(-1));
    assert_true(html_is("a", "a"));
    assert_false(html_is("a", "A"));
    assert_false(html_is(NULL, ""));
    assert_true(html_is("", ""));
}

static void test_csrf_field(void **state)
{
    struct frame frame = { .csrf = "a\"b" };

    (void)state;
    out = buf_new(arena, 8);
    html_csrf_field(&out, &frame);
    assert_string_equal(out.bytes, "<input type=\"hidden\" name=\"csrf\" value=\"a&quot;b\">");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_of_every_byte),
        cmocka_unit_test(test_text_of_every_place),
        cmocka_unit_test(test_url_part_of_every_byte),
        cmocka_unit_test(test_url_of_every_byte),
        cmocka_unit_test(test_empty_input),
        cmocka_unit_test(test_valid_and_invalid_utf8),
        cmocka_unit_test(test_accepted_urls),
        cmocka_unit_test(test_refused_urls),
        cmocka_unit_test(test_values_by_type),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_csrf_field),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
