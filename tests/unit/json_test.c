/* json.c: what is accepted, what is refused, and that an error quotes nothing of the input. */
#include "adapter/json.h"

#include "base/array.h"
#include "base/buf.h"
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
    arena = arena_new(8 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct json *good(const char *text)
{
    const struct json *json = NULL;
    struct error *e = json_read(arena, text, strlen(text), &json);

    assert_null(e);
    assert_non_null(json);
    return json;
}

static struct error *bad(const char *text, size_t length)
{
    const struct json *json = NULL;
    struct error *e = json_read(arena, text, length, &json);

    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_MALFORMED);
    return e;
}

static void test_paths(void **state)
{
    const struct json *json = good("{\"user\":{\"id\":\"u1\",\"age\":7,\"is\":true,\"not\":false,"
                                   "\"none\":null,\"half\":0.5},\"us\":\"x\",\"e\":\"\"}");
    int64_t number = 0;

    (void)state;
    assert_string_equal(json_get_text(json, "user.id"), "u1");
    assert_string_equal(json_get_text(json, "us"), "x");
    assert_string_equal(json_get_text(json, "e"), "");
    assert_true(json_get_number(json, "user.age", &number));
    assert_int_equal(number, 7);
    assert_true(json_get_flag(json, "user.is"));
    assert_non_null(json_get(json, "user.none"));
}

static void test_absent_or_of_another_type(void **state)
{
    static const char *const paths[] = { "",          "user",      "users", "use",
                                         "user.",     "user.id.x", "x",     "user.age",
                                         "user.none", "user.half", ".",     ".user" };
    const struct json *json = good("{\"user\":{\"id\":\"u1\",\"age\":7,\"none\":null,\"half\":0.5},"
                                   "\"list\":[\"a\"]}");
    int64_t number = 3;

    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_null(json_get_text(json, paths[i]));
    assert_null(json_get(json, "list.0"));
    assert_null(json_get_text(NULL, "user"));
    assert_null(json_first(NULL));
    assert_false(json_get_number(json, "user.id", &number));
    assert_false(json_get_number(json, "user.half", &number));
    assert_false(json_get_flag(json, "user.id"));
    assert_int_equal(number, 3);
}

static void test_lists(void **state)
{
    const struct json *json = good("{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"empty\":[]}");
    const struct json *item = json_first(json_get(json, "data"));

    (void)state;
    assert_string_equal(json_get_text(item, "id"), "a");
    item = json_next(item);
    assert_string_equal(json_get_text(item, "id"), "b");
    assert_null(json_next(item));
    assert_null(json_first(json_get(json, "empty")));
    assert_string_equal(json_as_text(json_first(good("[\"x\",1]"))), "x");
    assert_null(json_as_text(json_next(json_first(good("[\"x\",1]")))));
}

static void test_numbers(void **state)
{
    int64_t number;

    (void)state;
    assert_true(json_get_number(good("{\"n\":9223372036854775807}"), "n", &number));
    assert_true(number == INT64_MAX);
    assert_true(json_get_number(good("{\"n\":-9223372036854775808}"), "n", &number));
    assert_true(number == INT64_MIN);
    assert_true(json_get_number(good("{\"n\":42.0}"), "n", &number));
    assert_int_equal(number, 42);
    assert_true(json_get_number(good("{\"n\":-1e3}"), "n", &number));
    assert_int_equal(number, -1000);
    assert_false(json_get_number(good("{\"n\":42.5}"), "n", &number));
    assert_false(json_get_number(good("{\"n\":1e300}"), "n", &number));
    assert_false(json_get_number(good("{\"n\":9007199254740994.0}"), "n", &number));
    bad("{\"n\":9223372036854775808}", 25);
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "}",
        "{\"a\":1}x",
        "{\"a\":1,}",
        "[1,]",
        "nul",
        "1",
        "\"a\"",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\\u0000\":1}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xc0\x80\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":1,\"a\":2}",
        "{\"b\":{\"a\":1,\"a\":1}}",
        "/* */ {}",
        "\xef\xbb\xbf{}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        bad(texts[i], strlen(texts[i]));
    bad("{\"a\":\"\0\"}", 9);
    bad("{}\0", 3);
}

static void test_error_quotes_nothing(void **state)
{
    static const char text[] = "{\"token\":\"sk_secret\" oops";

    (void)state;
    assert_null(strstr(bad(text, sizeof text - 1)->text, "secret"));
    assert_null(strstr(bad(text, sizeof text - 1)->text, "oops"));
}

static const char *nested(size_t depth)
{
    struct buf text = buf_new(arena, 2 * depth + 1);

    for (size_t i = 0; i < depth; i++)
        buf_char(&text, '[');
    for (size_t i = 0; i < depth; i++)
        buf_char(&text, ']');
    return text.bytes;
}

static void test_depth(void **state)
{
    (void)state;
    good(nested(LIMIT_JSON_DEPTH));
    bad(nested(LIMIT_JSON_DEPTH + 1), 2 * (LIMIT_JSON_DEPTH + 1));
    bad(nested(100000), 200000);
}

/* `count` zeros; the list itself counts as a value as well. */
static const char *zeros(size_t count)
{
    struct buf text = buf_new(arena, 2 * count + 2);

    buf_char(&text, '[');
    for (size_t i = 0; i < count; i++)
        buf_text(&text, i ? ",0" : "0");
    buf_char(&text, ']');
    return text.bytes;
}

static void test_size(void **state)
{
    const char *most = zeros(LIMIT_JSON_VALUES - 1);
    const char *more = zeros(LIMIT_JSON_VALUES);

    (void)state;
    good(most);
    bad(more, strlen(more));
}

/* The worst accepted input must leave room in a request's arena for the page. */
static void test_largest_input_fits(void **state)
{
    struct arena *small = arena_new(LIMIT_REQUEST_ARENA_BYTES / 2);
    struct buf text = buf_new(arena, LIMIT_HTTP_BYTES);
    const struct json *json;

    (void)state;
    buf_char(&text, '[');
    for (int i = 0; i < LIMIT_JSON_VALUES - 1; i++)
        buf_printf(&text, "%s\"%040d\"", i ? "," : "", i);
    buf_char(&text, ']');
    assert_true(text.length < LIMIT_HTTP_BYTES);
    assert_null(json_read(small, text.bytes, text.length, &json));
    arena_free(small);
}

static void test_read_can_be_written(void **state)
{
    static const char text[] =
        "{\"a\":[1,-2,true,false,null,\"\\u00e9 \\\"\\n\"],\"b\":{},\"c\":[]}";
    const struct json *json = good(text);
    const char *again = json_write(arena, json);

    (void)state;
    assert_string_equal(again,
                        "{\"a\":[1,-2,true,false,null,\"\xc3\xa9 \\\"\\n\"],\"b\":{},\"c\":[]}");
    assert_string_equal(json_write(arena, good(again)), again);
    assert_string_equal(json_write(arena, good("[0.5]")), "[null]");
}

static void test_written_can_be_read(void **state)
{
    const struct json_field fields[] = {
        json_text("a", "é \"\\\n \xf0\x9f\x8c\xb1 </script>"),
        json_number("n", INT64_MIN),
        json_flag("t", true),
        json_text("none", NULL),
    };
    const char *text;
    const struct json *json;
    int64_t number;

    (void)state;
    assert_null(json_object_write(arena, fields, 4, &text));
    json = good(text);
    assert_string_equal(json_get_text(json, "a"), fields[0].text);
    assert_true(json_get_number(json, "n", &number) && number == INT64_MIN);
    assert_true(json_get_flag(json, "t"));
    assert_null(json_get_text(json, "none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_absent_or_of_another_type),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_error_quotes_nothing),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_largest_input_fits),
        cmocka_unit_test(test_written_can_be_read),
        cmocka_unit_test(test_read_can_be_written),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
