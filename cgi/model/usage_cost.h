/* What use costs, cut into months as it is handed in: each month is rounded once. */
#pragma once

#include "adapter/db.h"
#include "base/date.h"

/*
 * The cost of the whole hours in [from_at, until_at), in 1/1000 cents: for each calendar month
 * (UTC) what the month has cost until the end less what it had cost until the begin. So the hours
 * of a month always add up to the month, and an invoice's period to its hours.
 */
struct error *usage_cost(struct db *db, struct arena *arena, int64_t team_id, int64_t from_at,
                         int64_t until_at, int64_t *out_millicents);
