/* form.c: decoding of what browsers send, and the limits of each kind of field. */
#include "web/form.h"

#include "base/array.h"
#include "base/limit.h"

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
    arena = arena_new(64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct error *read_bytes(const char *body, size_t length, struct field *fields, size_t count)
{
    struct request r = {
        .arena = arena,
        .method = "POST",
        .query = "a=query",
        .body = arena_copy_bytes(arena, body, length),
        .body_length = length,
        .content_type = "application/x-www-form-urlencoded",
    };

    return form_read(&r, fields, count);
}

static struct error *read_form(const char *body, struct field *fields, size_t count)
{
    return read_bytes(body, strlen(body), fields, count);
}

/* The value of the field "a" as typed; NULL when the form cannot be read. */
static const char *value_of(const char *body)
{
    struct field field = { .name = "a", .kind = FIELD_LINES };

    if (read_form(body, &field, 1))
        return NULL;
    assert_null(field.problem);
    return field.text;
}

static void assert_malformed(const char *body, size_t length)
{
    struct field field = { .name = "a", .kind = FIELD_LINES };
    struct error *e = read_bytes(body, length, &field, 1);

    if (!e)
        fail_msg("read: %s", body);
    assert_int_equal(e->kind, ERROR_MALFORMED);
    if (length > 8)
        assert_null(strstr(e->text, body)); /* no form data is logged */
}

/* ---- decoding ---- */

static void test_every_escape(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        const char *small = arena_printf(arena, "a=x%%%02xy", (unsigned)c);
        const char *large = arena_printf(arena, "a=x%%%02Xy", (unsigned)c);

        if (c == 0 || c >= 0x80) {
            assert_malformed(small, strlen(small));
            assert_malformed(large, strlen(large));
            continue;
        }
        assert_string_equal(value_of(small), arena_printf(arena, "x%cy", c));
        assert_string_equal(value_of(large), arena_printf(arena, "x%cy", c));
    }
}

static void test_every_raw_byte(void **state)
{
    char body[] = "a=x?y";

    (void)state;
    for (int c = 0; c < 256; c++) {
        body[3] = (char)c;
        if (c == 0 || c >= 0x80 || c == '%')
            assert_malformed(body, 5);
        else if (c == '&')
            assert_string_equal(value_of(body), "x");
        else
            assert_string_equal(value_of(body), arena_printf(arena, "x%cy", c == '+' ? ' ' : c));
    }
}

static void test_decoding(void **state)
{
    static const struct {
        const char *body, *value;
    } forms[] = {
        { "", "" },
        { "a", "" },
        { "a=", "" },
        { "a==", "=" },
        { "a=b=c", "b=c" },
        { "b=1&a=2&c=3", "2" },
        { "&&a=2&&", "2" },
        { "=x&a=2", "2" },
        { "%61=2", "2" },
        { "a=1+2%2B3", "1 2+3" },
        { "a=%26%3D%25", "&=%" },
        { "a=%2541", "%41" },
        { "a=%C3%AB%e2%82%ac%F0%9F%92%BB", "ë€\xf0\x9f\x92\xbb" },
        { "a=\xc3\xab", "ë" },
        { "a=%0D%0Ab", "\r\nb" },
        { "A=1", "" },
        { "a%20=1", "" },
        { "a;b=1", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        const char *value = value_of(forms[i].body);

        if (!value)
            fail_msg("not read: %s", forms[i].body);
        assert_string_equal(value, forms[i].value);
    }
}

static void test_broken(void **state)
{
    static const char *const bodies[] = {
        "a=%",      "a=%4",  "a=%%",      "a=%g0",    "a=%0g",       "a=%4&b=1",
        "a=% 41",   "%=1",   "%4=1",      "%zz=1",    "b=%&a=1",     "a=1&b=%4",
        "a=%u0041", "a=%-1", "a=%+1",     "a=%00",    "%00=1",       "b=%00&a=1",
        "a=%ff",    "a=%c3", "a=%c3%28",  "a=%c0%80", "a=%ed%a0%80", "a=%f4%90%80%80",
        "a=%e2%82", "%ff=1", "b=%80&a=1", "a=x%",     "a=%c3&b=%ab",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++)
        assert_malformed(bodies[i], strlen(bodies[i]));
    assert_malformed("a=\0b", 4);
    assert_malformed("\0=b", 3);
    assert_malformed("a=b\0", 4);
}

/* ---- the form as a whole ---- */

static void test_number_of_fields(void **state)
{
    struct buf body = buf_new(arena, 1024);

    (void)state;
    for (int i = 1; i < LIMIT_FORM_FIELDS; i++)
        buf_printf(&body, "b%d=1&", i);
    buf_literal(&body, "a=last");
    assert_string_equal(value_of(body.bytes), "last");
    buf_literal(&body, "&c=");
    assert_malformed(body.bytes, body.length);
}

static void test_twice(void **state)
{
    struct field fields[] = { { .name = "a", .kind = FIELD_LINE },
                              { .name = "b", .kind = FIELD_LIST } };
    struct error *e;

    (void)state;
    assert_malformed("a=1&a=1", 7);
    assert_malformed("a=&a=", 5);
    assert_malformed("a&%61", 5);
    for (int kind = FIELD_LINE; kind < FIELD_LIST; kind++) {
        fields[0] = (struct field){ .name = "a", .kind = (enum field_kind)kind, .max = 9 };
        e = read_form("a=1&b=2&a=3", fields, 2);
        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_MALFORMED);
    }
    fields[0] = (struct field){ .name = "a", .kind = FIELD_LINE };
    assert_null(read_form("c=1&c=2&a=3", fields, 1)); /* field c is not declared */
}

static void test_media(void **state)
{
    static const char *const good[] = {
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded;charset=utf-8",
        "Application/X-WWW-Form-URLEncoded",
    };
    static const char *const bad[] = {
        "",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/json",
        "application/x-www-form-urlencode",
        "application/x-www-form-urlencodedx",
        "application/x-www-form-urlencoded-x",
        " application/x-www-form-urlencoded",
        "text/plain; application/x-www-form-urlencoded",
    };
    struct field field = { .name = "a", .kind = FIELD_LINE };
    struct request r = { .arena = arena, .method = "POST", .body = "a=1", .body_length = 3 };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        r.content_type = good[i];
        assert_null(form_read(&r, &field, 1));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct error *e;

        r.content_type = bad[i];
        e = form_read(&r, &field, 1);
        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_MEDIA);
    }
}

/* GET and HEAD read the query, POST the body alone. */
static void test_source(void **state)
{
    struct field field = { .name = "a", .kind = FIELD_LINE };
    struct request r = {
        .arena = arena,
        .method = "GET",
        .query = "a=query",
        .body = "a=body",
        .body_length = 6,
        .content_type = "",
    };

    (void)state;
    assert_null(form_read(&r, &field, 1));
    assert_string_equal(field.text, "query");
    r.method = "HEAD";
    assert_null(form_read(&r, &field, 1));
    assert_string_equal(field.text, "query");
    r.method = "POST";
    r.content_type = "application/x-www-form-urlencoded";
    assert_null(form_read(&r, &field, 1));
    assert_string_equal(field.text, "body");
    r.body_length = 0;
    assert_null(form_read(&r, &field, 1));
    assert_string_equal(field.text, "");
}

static void test_raw_value(void **state)
{
    struct request r = { .arena = arena, .method = "GET", .query = "a=+x%0A&b=&c=1&c=2" };
    const char *value = "unset";

    (void)state;
    assert_null(form_value(&r, "a", &value));
    assert_string_equal(value, " x\n");
    assert_null(form_value(&r, "b", &value));
    assert_string_equal(value, "");
    assert_null(form_value(&r, "d", &value));
    assert_null(value);
    assert_non_null(form_value(&r, "c", &value));
    assert_null(value);
    r.query = "a=%zz";
    assert_non_null(form_value(&r, "a", &value));
    assert_null(value);
}

/* ---- kinds of fields ---- */

static const char *problem_of(struct field field, const char *value)
{
    field.name = "a";
    assert_null(read_form(arena_printf(arena, "a=%s", value), &field, 1));
    assert_int_equal(form_has_problems(&field, 1), field.problem != NULL);
    return field.problem;
}

static void test_line(void **state)
{
    struct field field = { .name = "a", .kind = FIELD_LINE, .min = 2, .max = 4 };

    (void)state;
    assert_null(problem_of(field, "ab"));
    assert_null(problem_of(field, "abcd"));
    assert_null(problem_of(field, "%20%09ab%0D%0A"));
    assert_null(problem_of(field, ""));
    assert_string_equal(problem_of(field, "a"), "At least 2 characters, please.");
    assert_string_equal(problem_of(field, "abcde"), "At most 4 characters, please; this has 5.");
    assert_string_equal(problem_of(field, "a%0Ab"),
                        "One line without invisible characters, please.");
    assert_string_equal(problem_of(field, "a%C2%85b"),
                        "One line without invisible characters, please.");
    assert_string_equal(problem_of(field, "a%7Fb"),
                        "One line without invisible characters, please.");
    field.is_required = true;
    assert_string_equal(problem_of(field, ""), "Enter a value.");
    assert_string_equal(problem_of(field, "+%0A+"), "Enter a value.");
    assert_null(read_form("a=%20%09x%20y%20", &field, 1));
    assert_string_equal(field.text, "x y");
    assert_null(read_form("b=1", &field, 1));
    assert_string_equal(field.text, "");
    assert_string_equal(field.problem, "Enter a value.");
}

static void test_lines(void **state)
{
    struct field field = { .name = "a", .kind = FIELD_LINES, .min = 2, .max = 4 };

    (void)state;
    assert_null(read_form("a=+%0A%01+", &field, 1));
    assert_null(field.problem);
    assert_string_equal(field.text, " \n\x01 ");
    assert_string_equal(problem_of(field, "a%0Abcd"), "At most 4 characters, please; this has 5.");
    field.is_required = true;
    assert_string_equal(problem_of(field, ""), "Enter a value.");
}

static void test_int(void **state)
{
    struct field field = { .name = "a", .kind = FIELD_INT, .min = -5, .max = 10 };

    (void)state;
    assert_null(problem_of(field, "-5"));
    assert_null(problem_of(field, "10"));
    assert_null(problem_of(field, "+7+"));
    assert_null(problem_of(field, ""));
    assert_string_equal(problem_of(field, "11"), "Between -5 and 10, please.");
    assert_string_equal(problem_of(field, "-6"), "Between -5 and 10, please.");
    assert_string_equal(problem_of(field, "9223372036854775807"), "Between -5 and 10, please.");
    assert_string_equal(problem_of(field, "9223372036854775808"), "A whole number, please.");
    assert_string_equal(problem_of(field, "1.5"), "A whole number, please.");
    assert_string_equal(problem_of(field, "%2B7"), "A whole number, please.");
    assert_string_equal(problem_of(field, "ten"), "A whole number, please.");
    assert_null(read_form("a=-3", &field, 1));
    assert_int_equal(field.number, -3);
    field.is_required = true;
    assert_string_equal(problem_of(field, "+"), "Enter a number.");
}

static void test_names_and_addresses(void **state)
{
    struct field host = { .name = "a", .kind = FIELD_HOST_NAME, .max = 63 };
    struct field email = { .name = "a", .kind = FIELD_EMAIL };

    (void)state;
    assert_null(problem_of(host, "web-1"));
    assert_null(problem_of(host, "+web-1+"));
    assert_non_null(problem_of(host, "Web"));
    assert_non_null(problem_of(host, "web."));
    assert_non_null(problem_of(host, "web%0A%0Ax"));
    assert_null(problem_of(email, "you%40example.org"));
    assert_string_equal(problem_of(email, "you"),
                        "Enter a valid email address, like ada@example.org.");
    assert_string_equal(problem_of(email, "you%40example.org%0D%0ABcc:x"),
                        "Enter a valid email address, like ada@example.org.");
}

static void test_list(void **state)
{
    struct field field = { .name = "a", .kind = FIELD_LIST, .is_required = true };

    (void)state;
    assert_null(read_form("a=x&b=1&a=y&a=x&a=", &field, 1));
    assert_null(field.problem);
    assert_int_equal(field.list_count, 3);
    assert_string_equal(field.list[0], "x");
    assert_string_equal(field.list[1], "y");
    assert_string_equal(field.list[2], "");
    assert_null(read_form("b=1", &field, 1));
    assert_int_equal(field.list_count, 0);
    assert_string_equal(field.problem, "Choose at least one.");
    field.is_required = false;
    assert_null(read_form("b=1", &field, 1));
    assert_null(field.problem);
}

static void test_largest(void **state)
{
    char *body = arena_alloc(arena, LIMIT_BODY_BYTES + 8);
    struct field field = { .name = "a", .kind = FIELD_LINE };

    (void)state;
    memset(body, 'x', LIMIT_BODY_BYTES + 3);
    memcpy(body, "a=", 2);
    assert_null(read_bytes(body, LIMIT_BODY_BYTES + 2, &field, 1));
    assert_null(field.problem);
    assert_int_equal(strlen(field.text), LIMIT_BODY_BYTES);
    assert_null(read_bytes(body, LIMIT_BODY_BYTES + 3, &field, 1));
    assert_non_null(field.problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_escape),
        cmocka_unit_test(test_every_raw_byte),
        cmocka_unit_test(test_decoding),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_number_of_fields),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_media),
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_raw_value),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_int),
        cmocka_unit_test(test_names_and_addresses),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_largest),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
