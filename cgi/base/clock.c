/* The current time; see clock.h. */
#include "base/clock.h"

#include <time.h>

static int64_t clock_read_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now(void)
{
    return clock_read_us(CLOCK_REALTIME) / 1000000;
}

int64_t clock_now_ms(void)
{
    return clock_read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

void clock_sleep(int64_t length_ms)
{
    const struct timespec length = { .tv_sec = (time_t)(length_ms / 1000),
                                     .tv_nsec = (long)(length_ms % 1000) * 1000000 };

    nanosleep(&length, NULL);
}
