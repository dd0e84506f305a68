/* The delay before a failed operation is retried. */
#pragma once

#include <stdint.h>

/*
 * The delay after failed attempt number `attempt`, counted from 1: `first_ms`, doubled with each
 * further attempt, at most `max_ms`.
 */
int64_t backoff_ms(int64_t attempt, int64_t first_ms, int64_t max_ms);
