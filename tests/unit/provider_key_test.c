/* Tests of model/provider_key.h. */
#include "model/provider_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void keys_are_known_by_their_beginning(void **state)
{
    (void)state;
    assert_true(provider_key_is_in("sk-ant-api03-abcdefghijklmnop"));
    assert_true(provider_key_is_in("ANTHROPIC_API_KEY=sk-ant-sid01-ABCDEFGHIJ_0123-x"));
    assert_true(provider_key_is_in("/vms?q=sk-proj-0123456789abcdef&page=1"));
    assert_true(provider_key_is_in("sk-svcacct-0123456789abcdef"));
}

static void words_are_not(void **state)
{
    (void)state;
    assert_false(provider_key_is_in(""));
    assert_false(provider_key_is_in("sk-proj-"));
    assert_false(provider_key_is_in("sk-proj-web"));
    assert_false(provider_key_is_in("sk-proj-0123456 789abcdef0123"));
    assert_false(provider_key_is_in("task-project-0123456789abcdef"));
}

static void each_is_counted_once_where_it_begins(void **state)
{
    static const char text[] = "sk-proj-0123456789abcdef sk-ant-api03-abcdefghijklmnop";

    (void)state;
    assert_int_equal(provider_key_count(text, strlen(text), strlen(text)), 2);
    assert_int_equal(provider_key_count(text, strlen(text), 25), 1);
    assert_int_equal(provider_key_count(text, strlen(text), 0), 0);
    assert_int_equal(provider_key_count(text, 23, 23), 0); /* cut off */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_known_by_their_beginning),
        cmocka_unit_test(words_are_not),
        cmocka_unit_test(each_is_counted_once_where_it_begins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
