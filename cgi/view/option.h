/* An option of a form field, with its texts and prices. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct option {
    const char *value;
    const char *label;
    const char *about;
    const char *disabled_reason; /* NULL: can be chosen */
    const char *price_hour;      /* sizes only */
    const char *price_month;
    const char *price_stopped; /* per hour while stopped */
    bool is_chosen;
};

struct option_rows {
    struct option *row;
    size_t count;
};
