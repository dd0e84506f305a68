/* Exponential backoff; see backoff.h. */
#include "base/backoff.h"

int64_t backoff_ms(int64_t attempt, int64_t first_ms, int64_t max_ms)
{
    int64_t length_ms = first_ms;

    for (int64_t i = 1; i < attempt && length_ms < max_ms; i++)
        length_ms *= 2;
    return length_ms < max_ms ? length_ms : max_ms;
}
