/* Formatting of amounts; see money.h. */
#include "model/money.h"

#include "base/array.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MILLICENTS = 100000, CENTS = 100 }; /* in one EUR, USD... */

static const char *currency_sign(const char *currency)
{
    static const struct {
        const char *code, *sign;
    } signs[] = { { "EUR", "€" }, { "USD", "$" }, { "GBP", "£" }, { "CHF", "CHF " } };

    for (size_t i = 0; i < COUNT(signs); i++) {
        if (strcasecmp(signs[i].code, currency) == 0)
            return signs[i].sign;
    }
    return "";
}

/* `sign` and `parts` of which `unit` are one. */
static const char *decimal(struct arena *arena, const char *sign, int64_t parts, int64_t unit,
                           int decimals)
{
    const char *whole = text_count(arena, parts / unit);

    if (decimals == 0)
        return arena_printf(arena, "%s%s", sign, whole);
    return arena_printf(arena, "%s%s.%0*lld", sign, whole, decimals, (long long)(parts % unit));
}

const char *money_text(const struct config *config, struct arena *arena, int64_t amount_cents,
                       const char *currency)
{
    char code[4] = "";
    int64_t size_cents = amount_cents < 0 ? -amount_cents : amount_cents;
    const char *minus = amount_cents < 0 ? "-" : "", *sign = currency_sign(config->currency);

    if (strcasecmp(currency, config->currency) == 0)
        return decimal(arena, *minus ? arena_printf(arena, "-%s", sign) : sign, size_cents, CENTS,
                       2);
    for (size_t i = 0; i < sizeof code - 1 && currency[i]; i++)
        code[i] = (char)toupper((unsigned char)currency[i]);
    return arena_printf(arena, "%s %s", decimal(arena, minus, size_cents, CENTS, 2), code);
}

const char *money_millicents(const struct config *config, struct arena *arena, int64_t millicents,
                             int decimals)
{
    const char *sign = currency_sign(config->currency);
    int64_t unit = 1, part; /* a part is what the last decimal counts */

    for (int i = 0; i < decimals; i++)
        unit *= 10;
    part = MILLICENTS / unit;
    if (millicents > 0 && millicents < part)
        return decimal(arena, arena_printf(arena, "< %s", sign), 1, unit, decimals);
    return decimal(arena, sign, (millicents + part / 2) / part, unit, decimals);
}
