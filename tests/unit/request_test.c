/* request.c: parsing an environment, with every parameter given twice, too long or malformed. */
#include "web/request.h"

#include "adapter/fastcgi.h"
#include "base/array.h"
#include "base/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOKEN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm-_09"
#define OTHER "BBCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm-_09"

static struct arena *arena;
static struct request r;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct error *read_all(const char *const *pairs)
{
    r = (struct request){ .arena = arena };
    return request_read(&r, (char *const *)(uintptr_t)pairs, "", 0);
}

static struct error *read_two(const char *one, const char *two)
{
    return read_all((const char *const[]){ one, two, NULL });
}

static void assert_refused(struct error *e, enum error_kind kind)
{
    assert_non_null(e);
    assert_int_equal(e->kind, kind);
    /* Nothing misleading is left for the error page. */
    assert_string_equal(r.path, "/");
    assert_string_equal(r.query, "");
    assert_string_equal(r.session_token, "");
}

static void test_all_parameters_set(void **state)
{
    static const char *const pairs[] = { "REQUEST_METHOD=POST",
                                         "REQUEST_URI=/vms/abc?x=1&y=?",
                                         "CONTENT_TYPE=text/plain",
                                         "HTTP_COOKIE=__Host-session=" TOKEN,
                                         "HTTP_ORIGIN=https://a",
                                         "HTTP_REFERER=https://a/b",
                                         "HTTP_SEC_FETCH_SITE=same-origin",
                                         "HTTP_USER_AGENT=curl/8",
                                         "HTTP_IF_NONE_MATCH=\"x\"",
                                         "HTTP_HX_REQUEST=true",
                                         "HTTP_HOST=evil.example",
                                         "PATH=/bin",
                                         NULL };

    (void)state;
    r = (struct request){ .arena = arena };
    assert_null(request_read(&r, (char *const *)(uintptr_t)pairs, "bo\0dy", 5));
    assert_string_equal(r.method, "POST");
    assert_string_equal(r.path, "/vms/abc");
    assert_string_equal(r.query, "x=1&y=?");
    assert_string_equal(r.content_type, "text/plain");
    assert_string_equal(r.session_token, TOKEN);
    assert_string_equal(r.origin, "https://a");
    assert_string_equal(r.referer, "https://a/b");
    assert_string_equal(r.fetch_site, "same-origin");
    assert_string_equal(r.user_agent, "curl/8");
    assert_string_equal(r.if_none_match, "\"x\"");
    assert_true(r.is_fragment);
    assert_int_equal(r.body_length, 5);
    assert_memory_equal(r.body, "bo\0dy", 6);
}

static void test_no_parameters_set(void **state)
{
    static const char *const none[] = { NULL };

    (void)state;
    assert_null(read_all(none));
    assert_string_equal(r.method, "GET");
    assert_string_equal(r.path, "/");
    assert_string_equal(r.query, "");
    assert_string_equal(r.content_type, "");
    assert_string_equal(r.session_token, "");
    assert_string_equal(r.origin, "");
    assert_string_equal(r.referer, "");
    assert_string_equal(r.fetch_site, "");
    assert_string_equal(r.user_agent, "");
    assert_string_equal(r.if_none_match, "");
    assert_false(r.is_fragment);
    assert_string_equal(r.body, "");
}

static void test_names_match_exactly(void **state)
{
    static const char *const pairs[] = { "REQUEST_METHOD",
                                         "REQUEST_URI_X=/x",
                                         "XREQUEST_URI=/y",
                                         "request_uri=/z",
                                         "=",
                                         "",
                                         "REQUEST_URI",
                                         NULL };

    (void)state;
    assert_null(read_all(pairs));
    assert_string_equal(r.path, "/");
    assert_string_equal(r.method, "GET");
}

static void test_twice(void **state)
{
    static const char *const single[] = {
        "REQUEST_METHOD=GET",
        "REQUEST_URI=/x",
        "CONTENT_TYPE=text/plain",
        "HTTP_COOKIE=a=b",
        "HTTP_ORIGIN=https://a",
        "HTTP_SEC_FETCH_SITE=same-origin",
        "HTTP_COOKIE=__Host-session=" TOKEN,
    };
    static const char *const several[] = { "HTTP_REFERER=", "HTTP_USER_AGENT=",
                                           "HTTP_IF_NONE_MATCH=", "HTTP_ACCEPT=" };

    (void)state;
    for (size_t i = 0; i < COUNT(single); i++) {
        const char *name = arena_copy_bytes(arena, single[i], strcspn(single[i], "=") + 1);

        assert_refused(read_two(single[i], single[i]), ERROR_MALFORMED);
        assert_refused(read_two(single[i], name), ERROR_MALFORMED);
        assert_refused(read_two(name, single[i]), ERROR_MALFORMED);
    }
    for (size_t i = 0; i < COUNT(several); i++) {
        assert_null(read_two(arena_printf(arena, "%sone", several[i]),
                             arena_printf(arena, "%stwo", several[i])));
        assert_null(strstr(r.referer, "two"));
        assert_null(strstr(r.user_agent, "two"));
        assert_null(strstr(r.if_none_match, "two"));
    }
}

static void test_too_long(void **state)
{
    static const struct {
        const char *name;
        size_t most;
    } values[] = {
        { "REQUEST_METHOD", 16 },      { "CONTENT_TYPE", 256 },
        { "HTTP_ORIGIN", 512 },        { "HTTP_REFERER", 4096 },
        { "HTTP_SEC_FETCH_SITE", 64 }, { "HTTP_COOKIE", LIMIT_COOKIE_BYTES },
        { "HTTP_USER_AGENT", 1024 },   { "HTTP_IF_NONE_MATCH", 256 },
    };
    char *text = arena_alloc(arena, 70000);

    (void)state;
    memset(text, 'x', 69999);
    for (size_t i = 0; i < COUNT(values); i++) {
        assert_null(read_two(
            arena_printf(arena, "%s=%.*s", values[i].name, (int)values[i].most, text), NULL));
        assert_refused(
            read_two(arena_printf(arena, "%s=%.*s", values[i].name, (int)values[i].most + 1, text),
                     NULL),
            ERROR_MALFORMED);
        assert_refused(read_two(arena_printf(arena, "%s=%s", values[i].name, text), NULL),
                       ERROR_MALFORMED);
    }
    assert_null(read_two(
        arena_printf(arena, "REQUEST_URI=/%.*s?%.*s", LIMIT_PATH_BYTES - 1, text, 2040, text),
        NULL));
    assert_refused(read_two(arena_printf(arena, "REQUEST_URI=/%.*s", LIMIT_PATH_BYTES, text), NULL),
                   ERROR_MALFORMED);
    assert_null(read_two(arena_printf(arena, "REQUEST_URI=/?%.*s", LIMIT_QUERY_BYTES, text), NULL));
    assert_refused(
        read_two(arena_printf(arena, "REQUEST_URI=/?%.*s", LIMIT_QUERY_BYTES + 1, text), NULL),
        ERROR_MALFORMED);
    assert_null(read_two(arena_printf(arena, "HTTP_X_OTHER=%s", text), NULL));
}

static void test_too_many(void **state)
{
    const char *pairs[LIMIT_ENVIRONMENT + 2] = { NULL };

    (void)state;
    for (size_t i = 0; i < LIMIT_ENVIRONMENT; i++)
        pairs[i] = "HTTP_X=1";
    assert_null(read_all(pairs));
    pairs[LIMIT_ENVIRONMENT] = "HTTP_X=1";
    assert_refused(read_all(pairs), ERROR_MALFORMED);
}

static void test_paths(void **state)
{
    static const char *const bad[] = { "", "x", "*", "https://evil.example/", "?x", "\\", "//x y" };

    (void)state;
    for (int c = 1; c < 256; c++) {
        struct error *e = read_two(arena_printf(arena, "REQUEST_URI=/a%cb", c), NULL);

        if (c <= 0x20 || c >= 0x7f) {
            assert_refused(e, ERROR_MALFORMED);
            continue;
        }
        assert_null(e);
        assert_string_equal(r.path, c == '?' ? "/a" : arena_printf(arena, "/a%cb", c));
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_refused(read_two(arena_printf(arena, "REQUEST_URI=%s", bad[i]), NULL),
                       ERROR_MALFORMED);
    /* Nothing is decoded or normalized: such paths are simply unknown. */
    assert_null(read_two("REQUEST_URI=/vms/../x//%2e%2e/%00?%zz", NULL));
    assert_string_equal(r.path, "/vms/../x//%2e%2e/%00");
    assert_string_equal(r.query, "%zz");
    assert_null(read_two("REQUEST_URI=/?", NULL));
    assert_string_equal(r.query, "");
}

static void test_cookies(void **state)
{
    static const char *const good[] = {
        "__Host-session=" TOKEN,
        "__Host-session=" TOKEN ";",
        "a=b; __Host-session=" TOKEN,
        "__Host-session=" TOKEN "; a=b",
        ";;; __Host-session=" TOKEN,
        "a; b; __Host-session=" TOKEN "; ; c",
        "x__Host-session=" OTHER "; __Host-session=" TOKEN,
        "__Host-sessionx=" OTHER "; __Host-session=" TOKEN,
        "__host-session=" OTHER "; __Host-session=" TOKEN,
        "__Host-session; __Host-session=" TOKEN,
        "a=\"__Host-session=" OTHER "\"; __Host-session=" TOKEN,
        "a=__Host-session=" OTHER ";__Host-session=" TOKEN,
    };
    static const char *const none[] = {
        "",
        ";",
        "=",
        "; ; ;",
        "__Host-session",
        "__Host-session=",
        "__Host-session =" TOKEN,
        "__Host-session= " TOKEN,
        "__Host-session=" TOKEN " ",
        "__Host-session=" TOKEN "=",
        "__Host-session=\"" TOKEN "\"",
        "__Host-session=" TOKEN "A",
        "__Host-session=BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm-_09",
        "__Host-session=" TOKEN ",b=c",
        "__Host-session=%41BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm-_09",
        "__host-session=" TOKEN,
        "__HOST-SESSION=" TOKEN,
        "session=" TOKEN,
        "\t__Host-session=" TOKEN,
        "a=b, __Host-session=" TOKEN,
        "\x01\x7f\xff",
        "__Host-session=\x01" TOKEN,
        "__Host-session=../../../../../../etc/passwd.......-_09",
    };
    static const char *const forged[] = {
        "__Host-session=" TOKEN "; __Host-session=" OTHER,
        "__Host-session=" TOKEN "; __Host-session=" TOKEN,
        "__Host-session=" TOKEN ";__Host-session=",
        "__Host-session=; __Host-session=" TOKEN,
        "__Host-session=x; a=b; __Host-session=" TOKEN,
        "__Host-session=;__Host-session=",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_null(read_two(arena_printf(arena, "HTTP_COOKIE=%s", good[i]), NULL));
        assert_string_equal(r.session_token, TOKEN);
    }
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_null(read_two(arena_printf(arena, "HTTP_COOKIE=%s", none[i]), NULL));
        assert_string_equal(r.session_token, "");
    }
    for (size_t i = 0; i < COUNT(forged); i++)
        assert_refused(read_two(arena_printf(arena, "HTTP_COOKIE=%s", forged[i]), NULL),
                       ERROR_MALFORMED);
}

static void test_content_coding(void **state)
{
    (void)state;
    assert_refused(read_two("HTTP_CONTENT_ENCODING=gzip", NULL), ERROR_MEDIA);
    assert_refused(read_two("HTTP_CONTENT_ENCODING=identity", NULL), ERROR_MEDIA);
    assert_null(read_two("HTTP_CONTENT_ENCODING=", NULL));
}

/* Bytes above 0x7f and control bytes can occur in header values; they are kept unchanged. */
static void test_odd_bytes(void **state)
{
    (void)state;
    assert_null(read_two("HTTP_USER_AGENT=a\x01\x1b[31m\xff\r\nb", "REQUEST_METHOD=G\tT"));
    assert_string_equal(r.user_agent, "a\x01\x1b[31m\xff\r\nb");
    assert_string_equal(r.method, "G\tT");
}

static void test_body_length(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } good[] = { { "", 0 }, { "0", 0 }, { "1", 1 }, { "65536", 65536 }, { "00012", 12 } };
    static const char *const bad[] = { "-1",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1a",
                                       "0x10",
                                       "1.5",
                                       "1,1",
                                       "1\r",
                                       "٣",
                                       "ten",
                                       "-",
                                       "-0x1",
                                       "99999999999999999999",
                                       "-99999999999999999999" };
    static const char *const large[] = { "65537", "4294967296", "9223372036854775807" };
    size_t length;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        char *pairs[] = { arena_printf(arena, "CONTENT_LENGTH=%s", good[i].text), NULL };

        length = 99;
        assert_null(fastcgi_body_length(arena, pairs, LIMIT_BODY_BYTES, &length));
        assert_int_equal(length, good[i].length);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        char *pairs[] = { arena_printf(arena, "CONTENT_LENGTH=%s", bad[i]), NULL };
        struct error *e = fastcgi_body_length(arena, pairs, LIMIT_BODY_BYTES, &length);

        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_MALFORMED);
        assert_int_equal(length, 0);
    }
    for (size_t i = 0; i < COUNT(large); i++) {
        char *pairs[] = { arena_printf(arena, "CONTENT_LENGTH=%s", large[i]), NULL };
        struct error *e = fastcgi_body_length(arena, pairs, LIMIT_BODY_BYTES, &length);

        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_TOO_LARGE);
        assert_int_equal(length, 0);
    }
}

static void test_body_length_twice(void **state)
{
    static const char *const pairs[][3] = {
        { "CONTENT_LENGTH=1", "CONTENT_LENGTH=2", NULL },
        { "CONTENT_LENGTH=2", "CONTENT_LENGTH=2", NULL },
        { "CONTENT_LENGTH=0", "CONTENT_LENGTH=5", NULL },
    };
    static const char *const others[] = { "HTTP_CONTENT_LENGTH=7", "CONTENT_LENGTHS=7",
                                          "CONTENT_LENGTH", NULL };
    size_t length = 99;

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct error *e = fastcgi_body_length(arena, (char *const *)(uintptr_t)pairs[i],
                                              LIMIT_BODY_BYTES, &length);

        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_MALFORMED);
        assert_int_equal(length, 0);
    }
    assert_null(
        fastcgi_body_length(arena, (char *const *)(uintptr_t)others, LIMIT_BODY_BYTES, &length));
    assert_int_equal(length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_parameters_set),
        cmocka_unit_test(test_no_parameters_set),
        cmocka_unit_test(test_names_match_exactly),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_content_coding),
        cmocka_unit_test(test_odd_bytes),
        cmocka_unit_test(test_body_length),
        cmocka_unit_test(test_body_length_twice),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
