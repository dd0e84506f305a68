/* The file of a team's costs in one month. */
#pragma once

#include "web/request.h"

/*
 * The month that begins at `month_at` as CSV, part `part` (from 1) of LIMIT_CSV_ROWS lines: one for
 * each interval and price. The costs of all parts add up to the month's total.
 */
struct error *cost_csv_respond(struct request *r, int64_t month_at, int64_t part);
