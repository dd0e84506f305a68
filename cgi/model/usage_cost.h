/* Cost of usage, split into months as it is reported: each month is rounded once. */
#pragma once

#include "adapter/db.h"
#include "base/date.h"

/*
 * The cost of the whole hours in [from_at, until_at), in 1/1000 cents: for each calendar month
 * (UTC), the cost of the month up to the end minus its cost up to the start. So the hours of a
 * month always add up to the month, and those of an invoice period to the period.
 */
struct error *usage_cost(struct db *db, struct arena *arena, int64_t team_id, int64_t from_at,
                         int64_t until_at, int64_t *out_millicents);
