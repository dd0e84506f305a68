/*
 * The small modules of cgi/base: origins and hosts of URLs, exponential back-off, copies of errors.
 */
#include "base/url.h"

#include "base/array.h"
#include "base/backoff.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

static void test_origins(void **state)
{
    static const char *const good[] = { "https://a", "https://api.example.org:8443",
                                        "https://[::1]:1" };
    static const char *const bad[] = { "",           "https://",    "https://a/",  "https://A",
                                       "http://a",   "https://a?x", "https://u@a", "HTTPS://a",
                                       "xhttps://a", "https:/a",    "https://a b" };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(url_is_origin(good[i], "https://"));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(url_is_origin(bad[i], "https://"));
}

static void test_loopback(void **state)
{
    static const char *const good[] = { "http://localhost",       "http://localhost:80",
                                        "http://127.0.0.1/x",     "http://[::1]:9/x?y",
                                        "http://127.0.0.1:443/a", "http://[::1]" };
    static const char *const bad[] = {
        "https://localhost",
        "http://localhostile",
        "http://localhost.example.org",
        "http://localhost:80@a",
        "http://localhost@a",
        "http://127.0.0.1.example.org",
        "http://localhost:80a",
        "http://[::1",
        "http://[::11]",
        "http://a/localhost",
        "http://",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(url_is_loopback(good[i], "http://"));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(url_is_loopback(bad[i], "http://"));
}

static void test_host(void **state)
{
    (void)state;
    assert_string_equal(url_host(arena, "https://vm.example.org"), "vm.example.org");
    assert_string_equal(url_host(arena, "https://vm.example.org:8443/x"), "vm.example.org");
    assert_string_equal(url_host(arena, "smtp://[::1]:25"), "[::1]");
    assert_string_equal(url_host(arena, "smtp://[::1"), "[::1");
}

static void test_reserved(void **state)
{
    static const char *const reserved[] = { "https://authority.example",
                                            "https://authority.example.org/x",
                                            "https://example.com", "https://EXAMPLE:8443",
                                            "https://a.test" };
    static const char *const real[] = { "https://www.example.gov", "https://myexample.org",
                                        "https://authority.example.org.eu", "https://[::1]" };

    (void)state;
    for (size_t i = 0; i < COUNT(reserved); i++)
        assert_true(url_is_reserved(arena, reserved[i]));
    for (size_t i = 0; i < COUNT(real); i++)
        assert_false(url_is_reserved(arena, real[i]));
}

static void test_service(void **state)
{
    static const char *const cases[][2] = {
        { "https://API.Stripe.com", "api.stripe.com" },
        { "https://api.stripe.com:443/v1?a:1", "api.stripe.com" },
        { "https://api.stripe.com:8443/v1", "api.stripe.com:8443" },
        { "http://127.0.0.1:4100", "127.0.0.1:4100" },
        { "http://localhost:80/", "localhost" },
        { "https://localhost:80/", "localhost:80" },
        { "smtp://mail.example.org:587", "mail.example.org" },
        { "smtp://mail.example.org:465", "mail.example.org:465" },
        { "smtps://mail.example.org:465/x", "mail.example.org" },
        { "smtp://[::1]:1025", "[::1]:1025" },
        { "smtp://[::1]:25", "[::1]" },
        { "https://a.example:/x", "a.example" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(url_service(arena, cases[i][0]), cases[i][1]);
}

static void test_backoff(void **state)
{
    static const int64_t seconds[] = { 1, 1, 2, 4, 8, 10, 10 };

    (void)state;
    for (size_t i = 0; i < COUNT(seconds); i++)
        assert_int_equal(backoff_ms((int64_t)i, 1000, 10000), seconds[i] * 1000);
    assert_int_equal(backoff_ms(-1, 1000, 10000), 1000);
    assert_int_equal(backoff_ms(INT64_MAX, 1000, 10000), 10000);
    assert_int_equal(backoff_ms(1, 5, 3), 3);
}

static void test_error_copy(void **state)
{
    struct arena *other = arena_new(1 << 16);
    struct error *e = error_copy(arena, error_new(other, ERROR_RATE, "in %s", "vain"));

    (void)state;
    arena_free(other);
    assert_int_equal(e->kind, ERROR_RATE);
    assert_string_equal(e->text, "in vain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_origins),    cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_host),       cmocka_unit_test(test_service),
        cmocka_unit_test(test_reserved),   cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_error_copy),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
