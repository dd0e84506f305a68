/* route.c: which route matches, what 404 and 405 contain, and who has access. */
#include "web/route.h"

#include "base/array.h"
#include "web/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static const struct route routes[] = {
    { "GET", "/", ACCESS_PUBLIC, NULL },
    { "GET", "/vms", ACCESS_MEMBER, NULL },
    { "POST", "/vms", ACCESS_MEMBER, NULL },
    { "GET", "/vms/new", ACCESS_MEMBER, NULL },
    { "GET", "/vms/:id", ACCESS_MEMBER, NULL },
    { "POST", "/vms/:id/stop", ACCESS_OWNER, NULL },
    { "GET", "/a/:one/:two/c/:three", ACCESS_OPERATOR, NULL },
    { "POST", "/signout", ACCESS_SIGNED_IN, NULL },
};

enum { ROUTES = COUNT(routes) };

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(16 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct request asked(const char *method, const char *path)
{
    return (struct request){ .arena = arena, .method = method, .path = path };
}

static void test_found(void **state)
{
    static const struct {
        const char *method, *path;
        size_t route;
        const char *parameters[ROUTE_PARAMETERS];
    } cases[] = {
        { "GET", "/", 0, { NULL } },
        { "HEAD", "/", 0, { NULL } },
        { "GET", "/vms", 1, { NULL } },
        { "HEAD", "/vms", 1, { NULL } },
        { "POST", "/vms", 2, { NULL } },
        { "GET", "/vms/new", 3, { NULL } },
        { "GET", "/vms/abc", 4, { "abc" } },
        { "HEAD", "/vms/abc", 4, { "abc" } },
        { "GET", "/vms/A.b_c~d-9", 4, { "A.b_c~d-9" } },
        { "GET", "/vms/..", 4, { ".." } },
        { "POST", "/vms/abc/stop", 5, { "abc" } },
        { "GET", "/a/1/2/c/3", 6, { "1", "2", "3" } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request r = asked(cases[i].method, cases[i].path);

        assert_null(route_find(&r, routes, ROUTES));
        assert_ptr_equal(r.route, &routes[cases[i].route]);
        assert_null(r.response.allow);
        for (size_t p = 0; p < ROUTE_PARAMETERS; p++) {
            if (cases[i].parameters[p])
                assert_string_equal(r.parameters[p], cases[i].parameters[p]);
            else
                assert_null(r.parameters[p]);
        }
    }
}

static void test_not_found(void **state)
{
    static const char *const paths[] = {
        "",          "//",        "/vm",           "/vmss",        "/vms/",        "/vms//",
        "/VMS",      "/vms/a/b",  "/vms//stop",    "/vms/a/stop/", "/vms/a%20b",   "/vms/a:b",
        "/vms/a/",   "/vms/%2e",  "/vms/\xc3\xab", "/a/1/2/c/",    "/a/1/2/d/3",   "/a//2/c/3",
        "/vms/:id/", "/vms/a\\b", "/vms?x",        "vms",          "/vms/a/stopx",
    };
    static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "" };

    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        for (size_t m = 0; m < COUNT(methods); m++) {
            struct request r = asked(methods[m], paths[i]);
            struct error *e = route_find(&r, routes, ROUTES);

            assert_non_null(e);
            assert_int_equal(e->kind, ERROR_NOT_FOUND);
            assert_null(r.route);
            assert_null(r.response.allow);
        }
    }
}

static void test_wrong_method(void **state)
{
    static const struct {
        const char *path, *allow;
    } cases[] = {
        { "/", "GET, HEAD" },        { "/vms", "GET, HEAD, POST" }, { "/vms/abc", "GET, HEAD" },
        { "/vms/abc/stop", "POST" }, { "/signout", "POST" },
    };
    static const char *const methods[] = { "PUT",     "DELETE", "PATCH", "OPTIONS", "TRACE",
                                           "CONNECT", "get",    "GETX",  "",        "G\tET" };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t m = 0; m < COUNT(methods); m++) {
            struct request r = asked(methods[m], cases[i].path);
            struct error *e = route_find(&r, routes, ROUTES);

            assert_non_null(e);
            assert_int_equal(e->kind, ERROR_METHOD);
            assert_string_equal(r.response.allow, cases[i].allow);
            assert_null(r.route);
        }
    }
    for (int i = 0; i < 2; i++) {
        struct request r = asked(i ? "HEAD" : "GET", "/signout");
        struct error *e = route_find(&r, routes, ROUTES);

        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_METHOD);
        assert_string_equal(r.response.allow, "POST");
    }
}

static void test_no_routes(void **state)
{
    struct request r = asked("GET", "/");
    struct error *e = route_find(&r, routes, 0);

    (void)state;
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_NOT_FOUND);
}

/* Who has access: rows are visitors, columns the six kinds of access. */
static void test_access(void **state)
{
    enum { IN = -1, SIGN = ERROR_SIGNED_OUT, NO = ERROR_FORBIDDEN };
    static const struct session signed_out = { .person_id = 0,
                                               .role = "owner",
                                               .is_operator = true };
    static const struct session removed = { .person_id = 7 };
    static const struct session viewer = { .person_id = 7, .role = "viewer" };
    static const struct session member = { .person_id = 7, .role = "member" };
    static const struct session owner = { .person_id = 7, .role = "owner" };
    static const struct session boss = { .person_id = 7, .is_operator = true };
    static const struct session odd = { .person_id = 7, .role = "Owner" };
    static const struct {
        const struct session *session;
        int expected[6]; /* public, signed in, viewer, member, owner, operator */
    } visitors[] = {
        { NULL, { IN, SIGN, SIGN, SIGN, SIGN, SIGN } },
        { &signed_out, { IN, SIGN, SIGN, SIGN, SIGN, SIGN } },
        { &removed, { IN, IN, NO, NO, NO, NO } },
        { &viewer, { IN, IN, IN, NO, NO, NO } },
        { &member, { IN, IN, IN, IN, NO, NO } },
        { &owner, { IN, IN, IN, IN, IN, NO } },
        { &boss, { IN, IN, NO, NO, NO, IN } },
        { &odd, { IN, IN, NO, NO, NO, NO } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(visitors); i++) {
        for (int access = ACCESS_PUBLIC; access <= ACCESS_OPERATOR; access++) {
            const struct route route = { "GET", "/", (enum access)access, NULL };
            struct session session = { 0 };
            struct request r = asked("GET", "/");
            struct error *e;

            r.route = &route;
            if (visitors[i].session) {
                session = *visitors[i].session;
                r.session = &session;
            }
            e = route_allow(&r);
            assert_int_equal(e ? (int)e->kind : IN, visitors[i].expected[access]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_wrong_method), cmocka_unit_test(test_no_routes),
        cmocka_unit_test(test_access),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
