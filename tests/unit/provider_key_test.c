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

static void bytes_are_searched_to_their_end(void **state)
{
    static const char bytes[] = "\0sk-x sk-proj-0123456789abcdef";

    (void)state;
    assert_true(provider_key_is_among(bytes, sizeof bytes - 1));
    assert_false(provider_key_is_among(bytes, sizeof bytes - 2)); /* cut off */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_known_by_their_beginning),
        cmocka_unit_test(words_are_not),
        cmocka_unit_test(bytes_are_searched_to_their_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
