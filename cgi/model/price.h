/*
 * The price list: what an hour costs from which moment on, and how a price is written. The list
 * stands in the database (model/price_store.c puts it there from domicile.conf), so that the past
 * and sizes that are sold no more keep their prices.
 */
#pragma once

#include "adapter/config.h"

#include "price.sql.h"

enum { PRICE_HOURS_PER_MONTH = 730 }; /* of "about ... a month" */

/* Millicents of an hour of `item` at a moment; 0 where the list has none. */
int64_t price_at(const struct price_list_rows *prices, const char *item, int64_t at);

/* When the list changes next after a moment; INT64_MAX: never. */
int64_t price_change_after(const struct price_list_rows *prices, int64_t at);

/* "€0.004", "€0.0005": exact, with three to five decimals. In the arena, like all that follow. */
const char *price_hour(const struct config *config, struct arena *arena, int64_t millicents);

/* "€2.92": 730 hours of it. */
const char *price_month(const struct config *config, struct arena *arena, int64_t millicents);

/* An amount, half a cent rounded up: "€2.92". */
const char *price_amount(const struct config *config, struct arena *arena, int64_t millicents);

/* "€0.014 from 1 Jan 2027", the next price of `item` that is announced; NULL: none. */
const char *price_coming(const struct config *config, struct arena *arena,
                         const struct price_list_rows *prices, const char *item, int64_t now_at);
