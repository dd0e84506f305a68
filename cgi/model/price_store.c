/* Prices from the configuration; see price_store.h. Prices that have taken effect are never
 * altered. */
#include "model/price_store.h"

#include "base/date.h"
#include "ledger_day.sql.h"
#include "ledger_sum.sql.h"
#include "model/price.h"

#include <string.h>

/* Prices being stored: the previous contents of the database and the new ones. */
struct storing {
    struct db *db;
    struct arena *arena;
    struct price_list_rows before;
    int64_t now_at;
};

/* The price of `item` that takes effect at this moment; NULL: none. */
static const struct price_list_row *row_find(const struct price_list_rows *rows, const char *item,
                                             int64_t from_at)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->row[i].from_at == from_at && strcmp(rows->row[i].item, item) == 0)
            return &rows->row[i];
    }
    return NULL;
}

static bool has_price(const struct price_list_rows *rows, const char *item)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->row[i].item, item) == 0)
            return true;
    }
    return false;
}

static struct error *item_store(struct storing *storing, const struct config_prices *prices,
                                const struct config_price_item *item)
{
    const struct price_list_row *held = row_find(&storing->before, item->item, prices->from_at);

    if (prices->from_at > storing->now_at || !has_price(&storing->before, item->item))
        return sql_price_add(storing->db, storing->arena, item->item, prices->from_at,
                             item->millicents);
    if (held && held->millicents == item->millicents)
        return NULL;
    if (held)
        return error_new(storing->arena, ERROR_INPUT,
                         "domicile.conf: [prices %s] says %s = %lld, but %lld has held since that "
                         "day, and what has held is not altered: write %lld again, and add a "
                         "section of a later day for the new price",
                         prices->day, item->item, (long long)item->millicents,
                         (long long)held->millicents, (long long)held->millicents);
    return error_new(storing->arena, ERROR_INPUT,
                     "domicile.conf: [prices %s] says %s = %lld, but that day has begun with "
                     "another price, and what has held is not altered: give the section a later "
                     "day",
                     prices->day, item->item, (long long)item->millicents);
}

/* Prices in force must be in the configuration too, so that nobody reads a price that is not in
 * force. */
static struct error *list_compare(struct storing *storing, const struct config *config)
{
    struct price_list_rows after;
    const struct config_prices *now = &config->prices[0];
    struct error *e = sql_price_list(storing->db, storing->arena, &after);

    for (size_t i = 0; i < config->price_count && config->prices[i].from_at <= storing->now_at; i++)
        now = &config->prices[i];
    for (size_t i = 0; !e && i < now->item_count; i++) {
        const struct config_price_item *item = &now->items[i];
        int64_t millicents = price_at(&after, item->item, storing->now_at);

        if (millicents != item->millicents)
            e = error_new(storing->arena, ERROR_INPUT,
                          "domicile.conf: [prices %s] says %s = %lld, but a later section said "
                          "%lld, and that holds now: put it back, or add a section of a later day",
                          now->day, item->item, (long long)item->millicents, (long long)millicents);
    }
    return e;
}

static struct error *sizes_check(struct storing *storing)
{
    struct price_less_size_row without;
    struct error *e = sql_price_less_size(storing->db, storing->arena, &without);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL;
    return e ? e
             : error_new(storing->arena, ERROR_INPUT,
                         "domicile.conf: there are VMs of the size \"%s\", which has no price: add "
                         "it to the section [prices DAY] that holds",
                         without.size);
}

/* The earliest moment from which a list has a price that the other has not; INT64_MAX: none. */
static int64_t first_missing(const struct price_list_rows *rows,
                             const struct price_list_rows *other)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct price_list_row *row = &rows->row[i];
        const struct price_list_row *same = row_find(other, row->item, row->from_at);

        if (!same || same->millicents != row->millicents)
            return row->from_at;
    }
    return INT64_MAX;
}

/*
 * Sum up the ledger again where prices are altered: after a clock was set back it may be ahead of
 * what is only announced, and a price that was missing is added from the start of its section.
 */
static struct error *sums_renew(struct storing *storing, const struct price_list_rows *old)
{
    struct db *db = storing->db;
    struct arena *arena = storing->arena;
    struct price_list_rows new;
    int64_t gone_at, new_at, month_at;
    struct error *e = sql_price_list(db, arena, &new);

    if (e)
        return e;
    gone_at = first_missing(old, &new);
    new_at = first_missing(&new, old);
    if (gone_at == INT64_MAX && new_at == INT64_MAX)
        return NULL;
    month_at = date_month_start(gone_at < new_at ? gone_at : new_at);
    e = sql_ledger_sum_clear(db, arena, month_at);
    if (!e)
        e = sql_ledger_sum_reckon(db, arena, month_at);
    if (!e)
        e = sql_ledger_day_clear(db, arena, month_at);
    return e ? e : sql_ledger_day_reckon(db, arena, month_at);
}

struct error *prices_store(struct db *db, struct arena *arena, const struct config *config,
                           int64_t now_at)
{
    struct storing storing = { .db = db, .arena = arena, .now_at = now_at };
    struct price_list_rows old;
    struct error *e = db_begin(db, arena);

    if (!e)
        e = sql_price_list(db, arena, &old);
    if (!e)
        e = sql_price_withdraw(db, arena, now_at);
    if (!e)
        e = sql_price_list(db, arena, &storing.before);
    for (size_t i = 0; !e && i < config->price_count; i++) {
        for (size_t k = 0; !e && k < config->prices[i].item_count; k++)
            e = item_store(&storing, &config->prices[i], &config->prices[i].items[k]);
    }
    if (!e)
        e = list_compare(&storing, config);
    if (!e)
        e = sizes_check(&storing);
    if (!e)
        e = sums_renew(&storing, &old);
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    return e;
}
