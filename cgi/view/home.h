/* What the start page and the price list show of the configuration. */
#pragma once

#include <stddef.h>

struct home_size {
    const char *label, *what, *price_hour, *price_month, *price_stopped;
    const char *coming; /* its next price, and from when; NULL: none is announced */
};

struct home_size_rows {
    struct home_size *row;
    size_t count;
};

struct home_image {
    const char *label, *about;
};

struct home_image_rows {
    struct home_image *row;
    size_t count;
};

struct home_region {
    const char *label, *about;
};

struct home_region_rows {
    struct home_region *row;
    size_t count;
};
