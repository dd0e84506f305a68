/* Price lists in domicile.conf; see config_prices.h. */
#include "adapter/config_prices.h"

#include "adapter/db.h"
#include "base/array.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static bool has_item(const struct config_prices *prices, const char *item)
{
    for (size_t i = 0; i < prices->item_count; i++) {
        if (strcmp(prices->items[i].item, item) == 0)
            return true;
    }
    return false;
}

static bool is_item(const char *name)
{
    size_t length = strlen(name);

    return (length && length < 64 &&
            strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length) ||
           strcmp(name, PRICE_STOPPED_DISK) == 0 || strcmp(name, PRICE_SNAPSHOT) == 0;
}

const char *config_prices_take(struct arena *arena, struct config_prices *prices, const char *name,
                               const char *value)
{
    int64_t millicents;

    if (!is_item(name))
        return "is neither the name of a size nor " PRICE_STOPPED_DISK " nor " PRICE_SNAPSHOT;
    if (has_item(prices, name))
        return "is set twice";
    if (!text_int(value, &millicents) || millicents < 0 || millicents > LIMIT_PRICE_MILLICENTS)
        return arena_printf(arena, "must be a whole number of 1/1000 cents, at most %d",
                            LIMIT_PRICE_MILLICENTS);
    prices->items = array_grow(arena, prices->items, prices->item_count, &prices->item_capacity,
                               sizeof *prices->items);
    prices->items[prices->item_count++] =
        (struct config_price_item){ arena_copy(arena, name), millicents };
    return NULL;
}

static int is_later(const void *a, const void *b)
{
    const struct config_prices *first = a, *second = b;

    return (first->from_at > second->from_at) - (first->from_at < second->from_at);
}

static const char *list_check(struct arena *arena, const struct config *config,
                              const struct config_prices *prices)
{
    const char *missing = !has_item(prices, PRICE_STOPPED_DISK) ? PRICE_STOPPED_DISK
                          : !has_item(prices, PRICE_SNAPSHOT)   ? PRICE_SNAPSHOT
                                                                : NULL;

    for (size_t i = 0; !missing && i < config->size_count; i++) {
        if (!has_item(prices, config->sizes[i].name))
            missing = config->sizes[i].name;
    }
    return missing ? arena_printf(arena, "[prices %s] is missing \"%s\": add the line", prices->day,
                                  missing)
                   : NULL;
}

const char *config_prices_check(struct arena *arena, struct config *config, int64_t now_at)
{
    const char *problem = NULL;
    size_t holds = 0;

    for (size_t i = 0; i < config->price_count; i++) {
        if (!date_day_read(config->prices[i].day, &config->prices[i].from_at))
            return arena_printf(arena, "[prices %s]: the day must be like 2026-12-31",
                                config->prices[i].day);
    }
    if (config->price_count)
        qsort(config->prices, config->price_count, sizeof *config->prices, is_later);
    if (!config->price_count || config->prices[0].from_at > now_at)
        return "needs a section [prices DAY] whose day has come: keep the one whose prices apply "
               "now";
    while (holds + 1 < config->price_count && config->prices[holds + 1].from_at <= now_at)
        holds++;
    for (size_t i = holds; !problem && i < config->price_count; i++)
        problem = list_check(arena, config, &config->prices[i]);
    return problem;
}
