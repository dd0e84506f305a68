/* money.c: amounts in cents as text, in the configured currency and in others. */
#include "base/array.h"
#include "model/money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_words(void **state)
{
    static const struct {
        int64_t cents;
        const char *currency, *words;
    } cases[] = {
        { 0, "eur", "€0.00" },        { 1, "eur", "€0.01" },
        { 1200, "EUR", "€12.00" },    { -350, "eur", "-€3.50" },
        { -5, "eur", "-€0.05" },      { 123456789, "eur", "€1234567.89" },
        { 1200, "sek", "12.00 SEK" }, { -120, "usd", "-1.20 USD" },
        { 5, "jpyx", "0.05 JPY" },    { 5, "", "0.05 " },
    };
    struct arena *arena = arena_new(1 << 16);
    const struct config config = { .currency = "EUR" };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(money_text(&config, arena, cases[i].cents, cases[i].currency),
                            cases[i].words);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_words) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
