/* json_head.c: the id and the type of a document, and what is refused. */
#include "base/json_head.h"

#include "base/array.h"
#include "base/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool head_read(const char *document, struct json_head head[2])
{
    head[0] = (struct json_head){ .name = "id" };
    head[1] = (struct json_head){ .name = "type" };
    return json_head_read(document, strlen(document), head, 2);
}

static bool is(const struct json_head *head, const char *text)
{
    return text ? head->text && head->length == strlen(text) &&
                      memcmp(head->text, text, head->length) == 0
                : !head->text;
}

static void texts_are_found(void **state)
{
    static const struct {
        const char *document, *id, *type;
    } cases[] = {
        { "{\"id\":\"evt_1\",\"type\":\"a.b\"}", "evt_1", "a.b" },
        { " {\n\t\"type\" : \"b\" ,\r\n \"id\" : \"1\" } ", "1", "b" },
        { "{}", NULL, NULL },
        { " { } ", NULL, NULL },
        { "{\"id\":1,\"type\":null}", NULL, NULL },
        { "{\"id\":{\"id\":\"inner\"},\"type\":[\"x\"]}", NULL, NULL },
        { "{\"data\":{\"id\":\"inner\",\"a\":[1,{\"b\":\"}]\\\"\"}]},\"id\":\"outer\"}", "outer",
          NULL },
        { "{\"n\":-1.5e3,\"t\":true,\"id\":\"\"}", "", NULL },
        { "{\"x\":\"\\\\\",\"id\":\"1\"}", "1", NULL },
        { "{\"ID\":\"no\",\"id \":\"no\",\"id\":\"yes\"}", "yes", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_head head[2];

        assert_true(head_read(cases[i].document, head));
        assert_true(is(&head[0], cases[i].id));
        assert_true(is(&head[1], cases[i].type));
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    static const char *const documents[] = {
        "",
        " ",
        "[]",
        "\"id\"",
        "{",
        "{\"id\"",
        "{\"id\":",
        "{\"id\":\"1\"",
        "{\"id\":\"1\",",
        "{\"id\":\"1\",}",
        "{\"id\":\"1\"} x",
        "{\"id\":\"1\"}{}",
        "{\"id\" \"1\"}",
        "{id:\"1\"}",
        "{\"id\":}",
        "{,}",
        "{\"id\":\"1\",\"id\":\"1\"}",
        "{\"id\":1,\"id\":\"1\"}",
        "{\"\\u0069d\":\"1\"}",
        "{\"id\":\"\\u0031\"}",
        "{\"a\":[}]}",
        "{\"a\":{]}",
        "{\"a\":[1}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\",
        "{\"a\":\"\\\"}",
        "{\"id\":\"1\"]",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        struct json_head head[2];

        if (head_read(documents[i], head))
            fail_msg("%s", documents[i]);
    }
}

static void nesting_has_a_limit(void **state)
{
    char document[4 * LIMIT_JSON_DEPTH];
    struct json_head head[2];

    (void)state;
    for (int depth = LIMIT_JSON_DEPTH - 1; depth <= LIMIT_JSON_DEPTH; depth++) {
        char open[LIMIT_JSON_DEPTH + 1] = "", close[LIMIT_JSON_DEPTH + 1] = "";

        memset(open, '[', (size_t)depth - 1);
        memset(close, ']', (size_t)depth - 1);
        snprintf(document, sizeof document, "{\"a\":%s[]%s,\"id\":\"1\"}", open, close);
        assert_int_equal(head_read(document, head), depth < LIMIT_JSON_DEPTH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_found),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(nesting_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
