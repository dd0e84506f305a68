/* Prices; see price.h. Reads the list only. */
#include "model/price.h"

#include "base/date.h"
#include "model/money.h"

#include <string.h>

enum { DECIMALS_MIN = 3, DECIMALS_MAX = 5 }; /* a millicent is the fifth decimal */

/* Compares the first letter itself: a month's costs look up thousands of prices. */
static bool is_of(const struct price_list_row *price, const char *item)
{
    return price->item[0] == item[0] && strcmp(price->item, item) == 0;
}

int64_t price_at(const struct price_list_rows *prices, const char *item, int64_t at)
{
    int64_t millicents = 0;

    for (size_t i = 0; i < prices->count && prices->row[i].from_at <= at; i++) {
        if (is_of(&prices->row[i], item))
            millicents = prices->row[i].millicents;
    }
    return millicents;
}

int64_t price_change_after(const struct price_list_rows *prices, int64_t at)
{
    for (size_t i = 0; i < prices->count; i++) {
        if (prices->row[i].from_at > at)
            return prices->row[i].from_at;
    }
    return INT64_MAX;
}

const char *price_hour(const struct config *config, struct arena *arena, int64_t millicents)
{
    return money_millicents(config, arena, millicents, millicents ? DECIMALS_MIN : 0);
}

const char *price_hour_exact(const struct config *config, struct arena *arena, int64_t millicents)
{
    int decimals = millicents ? DECIMALS_MAX : 0;

    for (int64_t rest = millicents; decimals > DECIMALS_MIN && rest % 10 == 0; rest /= 10)
        decimals--;
    return money_millicents(config, arena, millicents, decimals);
}

const char *price_amount(const struct config *config, struct arena *arena, int64_t millicents)
{
    return money_millicents(config, arena, millicents, 2);
}

const char *price_month(const struct config *config, struct arena *arena, int64_t millicents)
{
    return price_amount(config, arena, millicents * PRICE_HOURS_PER_MONTH);
}

const char *price_coming(const struct config *config, struct arena *arena,
                         const struct price_list_rows *prices, const char *item, int64_t now_at)
{
    int64_t now = price_at(prices, item, now_at);

    for (size_t i = 0; i < prices->count; i++) {
        const struct price_list_row *row = &prices->row[i];

        if (row->from_at > now_at && is_of(row, item) && row->millicents != now)
            return arena_printf(arena, "%s from %s",
                                price_hour_exact(config, arena, row->millicents),
                                date_day(arena, row->from_at));
    }
    return NULL;
}
