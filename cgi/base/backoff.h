/* The pause before something that has failed is tried again. */
#pragma once

#include <stdint.h>

/*
 * After the failure number `attempt`, counted from 1: `first_ms`, doubled with each further one, at
 * most `max_ms`.
 */
int64_t backoff_ms(int64_t attempt, int64_t first_ms, int64_t max_ms);
