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
        { 0, "eur", "€0.00" },
        { 1, "eur", "€0.01" },
        { 1200, "EUR", "€12.00" },
        { -350, "eur", "-€3.50" },
        { -5, "eur", "-€0.05" },
        { 123456789, "eur", "€1,234,567.89" },
        { 1200, "sek", "12.00 SEK" },
        { -120, "usd", "-1.20 USD" },
        { 5, "jpyx", "0.05 JPY" },
        { 5, "", "0.05 " },
        { 99999, "eur", "€999.99" },
        { 100000, "eur", "€1,000.00" },
        { -100000, "usd", "-1,000.00 USD" },
    };
    struct arena *arena = arena_new(1 << 16);
    const struct config config = { .currency = "EUR" };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(money_text(&config, arena, cases[i].cents, cases[i].currency),
                            cases[i].words);
    arena_free(arena);
}

static void test_millicents(void **state)
{
    static const struct {
        const char *currency, *words;
    } signs[] = {
        { "EUR", "€0.012" }, { "USD", "$0.012" }, { "GBP", "£0.012" }, { "CHF", "CHF 0.012" }
    };
    struct arena *arena = arena_new(1 << 16);
    struct config config = { .currency = "EUR" };

    (void)state;
    assert_string_equal(money_millicents(&config, arena, 1200 * 730, 2), "€8.76");
    assert_string_equal(money_millicents(&config, arena, 0, 3), "€0.000");
    assert_string_equal(money_millicents(&config, arena, 100000, 1), "€1.0");
    assert_string_equal(money_millicents(&config, arena, 149999, 0), "€1");
    assert_string_equal(money_millicents(&config, arena, 123450000, 0), "€1,235");
    assert_string_equal(money_millicents(&config, arena, INT64_MAX / 2, 2),
                        "€46,116,860,184,273.88");
    for (size_t i = 0; i < COUNT(signs); i++) {
        config.currency = signs[i].currency;
        assert_string_equal(money_millicents(&config, arena, 1200, 3), signs[i].words);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_words),
                                        cmocka_unit_test(test_millicents) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
