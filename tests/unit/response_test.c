/* response.c: the bytes of a response, and that no value can inject a header. */
#include "web/response.h"

#include "base/array.h"
#include "child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct response response;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(16 << 20);
    response_open(&response, arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const char *bytes(bool is_head)
{
    return response_bytes(&response, arena, is_head).bytes;
}

static void test_page(void **state)
{
    static const char headers[] = "Status: 200\r\nContent-Type: text/html; charset=utf-8\r\n"
                                  "Cache-Control: no-store\r\nContent-Length: 5\r\n\r\n";

    (void)state;
    buf_literal(&response.body, "hello");
    assert_string_equal(bytes(false), arena_printf(arena, "%shello", headers));
    assert_string_equal(bytes(true), headers);
}

static void test_empty(void **state)
{
    (void)state;
    assert_non_null(strstr(bytes(false), "Content-Length: 0\r\n\r\n"));
    assert_string_equal(bytes(false), bytes(true));
}

static void test_all_headers(void **state)
{
    (void)state;
    response.status = 405;
    response.location = "/x";
    response.cookie = "__Host-session=; Max-Age=0";
    response.allow = "GET, HEAD";
    response.etag = "\"v1\"";
    response.is_refresh = true;
    response.refresh_url = "https://api.workos.com/x?a=b&c=d";
    response.clear_site_data = true;
    response.file = "/exports/x.zip";
    response.why = "not for the visitor";
    assert_string_equal(bytes(false),
                        "Status: 405\r\nContent-Type: text/html; charset=utf-8\r\nLocation: /x\r\n"
                        "Set-Cookie: __Host-session=; Max-Age=0\r\nAllow: GET, HEAD\r\n"
                        "ETag: \"v1\"\r\nCache-Control: no-store\r\n"
                        "X-Accel-Redirect: /exports/x.zip\r\n"
                        "Refresh: 0; url=https://api.workos.com/x?a=b&c=d\r\n"
                        "Clear-Site-Data: \"storage\"\r\nHX-Refresh: true\r\n"
                        "Content-Length: 0\r\n\r\n");
}

static void test_redirect(void **state)
{
    (void)state;
    buf_literal(&response.body, "half a page");
    response_redirect(&response, "/vms");
    assert_int_equal(response.status, 303);
    assert_non_null(strstr(bytes(false), "\r\nLocation: /vms\r\n"));
    assert_non_null(strstr(bytes(false), "Content-Length: 0\r\n\r\n"));
    assert_null(strstr(bytes(false), "half"));
}

static void test_not_modified(void **state)
{
    (void)state;
    response.status = 304;
    response.etag = "\"v1\"";
    assert_non_null(strstr(bytes(false), "ETag: \"v1\"\r\n"));
    assert_null(strstr(bytes(false), "Content-Type"));
}

static void test_body_of_any_bytes(void **state)
{
    struct buf out;

    (void)state;
    buf_bytes(&response.body, "a\0\r\n\r\nb\xff", 8);
    out = response_bytes(&response, arena, false);
    assert_memory_equal(out.bytes + out.length - 8, "a\0\r\n\r\nb\xff", 8);
    assert_non_null(strstr(out.bytes, "Content-Length: 8\r\n"));
}

/* ---- injection ---- */

static const char **const fields[] = {
    &response.content_type, &response.location,    &response.cookie, &response.allow,
    &response.etag,         &response.refresh_url, &response.file,
};

static void answer(void *user)
{
    (void)user;
    response_bytes(&response, arena, false);
}

static void test_control_bytes_abort(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        response_open(&response, arena);
        *fields[i] = "/x\r\nSet-Cookie: a=b";
        assert_true(child_aborts(answer, NULL));
        *fields[i] = "/x\n";
        assert_true(child_aborts(answer, NULL));
    }
    response_open(&response, arena);
    for (int c = 1; c < 0x20; c++) {
        response.location = arena_printf(arena, "/a%cb", c);
        assert_true(child_aborts(answer, NULL));
    }
    response.location = "/a\x7f";
    assert_true(child_aborts(answer, NULL));
}

static void test_other_bytes_do_not(void **state)
{
    (void)state;
    for (int c = 0x20; c < 256; c++) {
        if (c == 0x7f)
            continue;
        response.etag = arena_printf(arena, "\"%c\"", c);
        assert_non_null(strstr(bytes(false), response.etag));
    }
    assert_false(child_aborts(answer, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_redirect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_modified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_body_of_any_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_control_bytes_abort, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_bytes_do_not, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
