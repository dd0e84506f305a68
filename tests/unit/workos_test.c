/*
 * workos.c without a network: the URLs byte by byte, the PKCE example of RFC 7636, and what may be
 * logged. The conversation itself is tested in tests/e2e/workos.mjs.
 */
#include "base/array.h"
#include "remote/workos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static char folder[] = "/tmp/workos_test.XXXXXX";
static struct config config = {
    .state_dir = folder,
    .public_url = "https://vm.example.org",
    .workos_client_id = "client_1&x",
    .workos_url = "https://api.workos.com",
};

static const char *secret_path(void)
{
    return arena_printf(arena, "%s/secrets/workos-api-key", folder);
}

static int set_up(void **state)
{
    FILE *file;

    (void)state;
    arena = arena_new(1 << 20);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mkdir(arena_printf(arena, "%s/secrets", folder), 0700), 0);
    file = fopen(secret_path(), "w");
    assert_non_null(file);
    fputs("sk_test_secret\n", file);
    fclose(file);
    assert_int_equal(chmod(secret_path(), 0400), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(secret_path());
    rmdir(arena_printf(arena, "%s/secrets", folder));
    assert_int_equal(rmdir(folder), 0);
    arena_free(arena);
    return 0;
}

static struct workos *opened(void)
{
    struct workos *workos = NULL;

    assert_null(workos_open(arena, &config, &workos));
    return workos;
}

static void test_authorize_url(void **state)
{
    /* Verifier and challenge of RFC 7636, appendix B. */
    const char *url = workos_authorize_url(
        opened(), arena, "state-1", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", NULL, false);

    (void)state;
    assert_string_equal(url, "https://api.workos.com/user_management/authorize?response_type=code"
                             "&client_id=client_1%26x"
                             "&redirect_uri=https%3A%2F%2Fvm.example.org%2Fauth%2Fcallback"
                             "&provider=authkit&state=state-1"
                             "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
                             "&code_challenge_method=S256&max_age=600");
}

static void test_invitation(void **state)
{
    const char *url = workos_authorize_url(opened(), arena, "s", "v", "a b&c=d\r\n\xc3\xa9", false);

    (void)state;
    assert_non_null(strstr(url, "&invitation_token=a%20b%26c%3Dd%0D%0A%C3%A9"));
}

static void test_again(void **state)
{
    (void)state;
    const char *url = workos_authorize_url(opened(), arena, "s", "v", NULL, true);

    assert_string_equal(strstr(url, "&max_age"), "&max_age=0");
}

static void test_logout_url(void **state)
{
    (void)state;
    assert_string_equal(
        workos_logout_url(opened(), arena, "session_1"),
        "https://api.workos.com/user_management/sessions/logout"
        "?session_id=session_1&return_to=https%3A%2F%2Fvm.example.org%2Fsigned-out");
}

static void test_code(void **state)
{
    static const char *const odd[] = { "",    "A",        "a b",  "a-b", "<b>",
                                       "a\n", "\xc3\xa9", "a\"b", "a\\", "a/b" };
    char long_code[66];

    (void)state;
    assert_string_equal(workos_code(arena, "access_denied"), "access_denied");
    assert_string_equal(workos_code(arena, "radar.v2_x"), "radar.v2_x");
    assert_string_equal(workos_code(arena, NULL), "other");
    for (size_t i = 0; i < COUNT(odd); i++)
        assert_string_equal(workos_code(arena, odd[i]), "other");
    memset(long_code, 'a', 65);
    long_code[65] = '\0';
    assert_string_equal(workos_code(arena, long_code), "other");
    assert_string_equal(workos_code(arena, long_code + 1), long_code + 1);
}

static void refused(struct config broken, const char *words)
{
    struct workos *workos = NULL;
    struct error *e = workos_open(arena, &broken, &workos);

    assert_non_null(e);
    assert_null(workos);
    assert_non_null(strstr(e->text, words));
    assert_null(strstr(e->text, "sk_test"));
}

static void test_settings(void **state)
{
    struct config broken = config;

    (void)state;
    broken.workos_client_id = "";
    refused(broken, "client_id");
    broken = config;
    broken.workos_url = "http://api.workos.com";
    refused(broken, "https://");
    broken = config;
    broken.state_dir = "/nonexistent";
    refused(broken, "workos-api-key");
    assert_int_equal(chmod(secret_path(), 0444), 0);
    refused(config, "chmod");
    assert_int_equal(chmod(secret_path(), 0400), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorize_url), cmocka_unit_test(test_invitation),
        cmocka_unit_test(test_again),         cmocka_unit_test(test_logout_url),
        cmocka_unit_test(test_code),          cmocka_unit_test(test_settings),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
