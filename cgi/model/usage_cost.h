/* What use costs, cut into months as it is handed in: each month is rounded once. */
#pragma once

#include "adapter/db.h"

/*
 * The cost of the whole hours in [from_at, until_at), in 1/1000 cents: for each calendar month
 * (UTC) what the month has cost until the end less what it had cost until the begin. So the hours
 * of a month always add up to the month, and an invoice's period to its hours.
 */
struct error *usage_cost(struct db *db, struct arena *arena, int64_t team_id, int64_t from_at,
                         int64_t until_at, int64_t *out_millicents);

/* The first second of the calendar month (UTC) that `at` is in, and of the one after it. */
int64_t usage_month_start(int64_t at);
int64_t usage_month_next(int64_t at);
