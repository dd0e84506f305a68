/*
 * Loaded into a program that is counted: a clock that starts at a fixed time and moves on by a
 * millisecond with each look at it, so that the same work is done at every time of every day.
 */
#include <stddef.h>
#include <sys/time.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

static long long now_ms = 1781524800000; /* 15 June 2026, 12:00:00 UTC; data.sh is told the same */

EXPORT int clock_gettime(clockid_t clock, struct timespec *out)
{
    (void)clock;
    now_ms++;
    *out = (struct timespec){ now_ms / 1000, now_ms % 1000 * 1000000 };
    return 0;
}

EXPORT int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    (void)zone;
    now_ms++;
    *out = (struct timeval){ now_ms / 1000, now_ms % 1000 * 1000 };
    return 0;
}

EXPORT time_t time(time_t *out)
{
    time_t now = ++now_ms / 1000;

    if (out)
        *out = now;
    return now;
}
