/*
 * What was measured of a VM in quarters of an hour, which are kept in a row for each day (UTC), as
 * db/021_usage_day.sql says.
 */
#pragma once

#include "adapter/db.h"
#include "usage_minute.sql.h"

/*
 * The quarters that begin in a span, both ends multiples of LIMIT_QUARTER_S, in any order and in
 * the form of minutes: their sums, and the highest of memory and disk. INTERNAL: a row is broken.
 */
struct error *usage_day_read(struct db *db, struct arena *arena, int64_t team_id, const char *vm_id,
                             int64_t since_at, int64_t until_at,
                             struct usage_minute_points_rows *out);
