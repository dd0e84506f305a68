/* One thing that can be chosen in a form, with its words and prices. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct option {
    const char *value;
    const char *label;
    const char *about;
    const char *disabled_reason; /* why it cannot be chosen now; NULL: it can */
    const char *price_hour;      /* sizes only */
    const char *price_month;
    const char *price_stopped; /* an hour of it while stopped */
    bool is_chosen;
};

struct option_rows {
    struct option *row;
    size_t count;
};
