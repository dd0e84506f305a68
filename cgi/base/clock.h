/*
 * Time. All times are UTC; seconds since 1970 in names that end in `_at`, milliseconds since 1970
 * in names that end in `_at_ms`, durations in `_ms`.
 */
#pragma once

#include <stdint.h>

enum { A_MINUTE_S = 60, AN_HOUR_S = 60 * A_MINUTE_S, A_DAY_S = 24 * AN_HOUR_S };

int64_t clock_now(void);          /* seconds since 1970 */
int64_t clock_now_ms(void);       /* milliseconds since 1970 */
int64_t clock_monotonic_us(void); /* for measuring only */

void clock_sleep(int64_t length_ms); /* a signal may cut it short */
