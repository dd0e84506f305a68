/*
 * Counts of requests, made of each day's log once the day is over, for profiles that have them: by
 * program, route and class of answer, how many and how long they took. What remains when the log is
 * deleted is about no one: each count is of at least LIMIT_CROWD teams, as web/crowd.c has told, or
 * of as many requests of visitors, of whom nothing ties one request to another. What is of fewer is
 * added up to one count of the day; if that too is of fewer, together with the smallest that is
 * not, or with the following days of its week; else it is not counted.
 *
 * A day is counted in one transaction and never again, so no count can be taken from another.
 */
#pragma once

#include "model/context.h"

#include <stdbool.h>

/*
 * Count the next day that is over, if the profile has counts. *is_done stays as it is when there is
 * none, and is false when there may be more.
 */
struct error *log_count_run(const struct context *context, bool *is_done);
