/* Formatting of amounts; see money.h. Input is whole cents, so nothing is rounded here. */
#include "model/money.h"

#include <ctype.h>
#include <strings.h>

enum { MILLICENTS_A_CENT = 1000, CENTS = 100 };

const char *money_text(const struct config *config, struct arena *arena, int64_t amount_cents,
                       const char *currency)
{
    char code[4] = "";
    const char *sign = amount_cents < 0 ? "-" : "";
    int64_t size_cents = amount_cents < 0 ? -amount_cents : amount_cents;

    if (strcasecmp(currency, config->currency) == 0)
        return arena_printf(arena, "%s%s", sign,
                            config_price(config, arena, size_cents * MILLICENTS_A_CENT, 2));
    for (size_t i = 0; i < sizeof code - 1 && currency[i]; i++)
        code[i] = (char)toupper((unsigned char)currency[i]);
    return arena_printf(arena, "%s%lld.%02lld %s", sign, (long long)(size_cents / CENTS),
                        (long long)(size_cents % CENTS), code);
}
