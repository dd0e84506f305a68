/* What the roles of a team may do: the whole table, and that nobody else may do anything. */
#include "model/role.h"

#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_rights(void **state)
{
    static const struct {
        const char *role;
        bool see, change, own, is_invitable;
    } rows[] = {
        { "viewer", true, false, false, true },     { "member", true, true, false, true },
        { "owner", true, true, true, false },       { "Owner", false, false, false, false },
        { "operator", false, false, false, false }, { "", false, false, false, false },
        { NULL, false, false, false, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(role_may(rows[i].role, RIGHT_SEE), rows[i].see);
        assert_int_equal(role_may(rows[i].role, RIGHT_CHANGE), rows[i].change);
        assert_int_equal(role_may(rows[i].role, RIGHT_OWN), rows[i].own);
        assert_int_equal(role_is_invitable(rows[i].role), rows[i].is_invitable);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rights) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
