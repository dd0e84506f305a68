/*
 * The price list: hourly prices with their effective dates, and price formatting. The list is
 * stored in the database (model/price_store.c fills it from domicile.conf), so that past prices and
 * those of discontinued sizes are kept.
 */
#pragma once

#include "adapter/config.h"

#include "price.sql.h"

enum { PRICE_HOURS_PER_MONTH = 730 }; /* for "about ... a month" */

/* Price of an hour of `item` at a moment, in millicents; 0 if the list has none. */
int64_t price_at(const struct price_list_rows *prices, const char *item, int64_t at);

/* Time of the next price change after a moment; INT64_MAX: none. */
int64_t price_change_after(const struct price_list_rows *prices, int64_t at);

/*
 * "€0.012", "< €0.001", "€0": an hour's price with three decimals, so that they line up; "/h" is
 * the template's. In the arena, as are all below.
 */
const char *price_hour(const struct config *config, struct arena *arena, int64_t millicents);

/* "€0.004", "€0.00005": exact, with three to five decimals, for the price list. */
const char *price_hour_exact(const struct config *config, struct arena *arena, int64_t millicents);

/* "€2.92", "€1,752.00": the price of 730 hours, with two decimals. */
const char *price_month(const struct config *config, struct arena *arena, int64_t millicents);

/* An amount, rounded half up to a cent: "€2.92", "€1,204.50", "< €0.01". */
const char *price_amount(const struct config *config, struct arena *arena, int64_t millicents);

/* "€0.014 from 1 Jan 2027": the next announced price of `item`; NULL: none. */
const char *price_coming(const struct config *config, struct arena *arena,
                         const struct price_list_rows *prices, const char *item, int64_t now_at);
