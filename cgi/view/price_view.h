/* Prices from the configuration, for the start page and the price list. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct price_view_size {
    const char *label, *what, *price_hour, *price_month;
    const char *price_stopped, *stopped_month; /* of an hour and a month; sizes only */
    int64_t memory_mb;                         /* sizes only */
    const char *rest;                          /* sizes only: "1 vCPU · 10 GB disk" */
    const char *coming; /* its next price with the date; NULL: none announced */
};

struct price_view_size_rows {
    struct price_view_size *row;
    size_t count;
};

struct price_view_image {
    const char *label, *about;
};

struct price_view_image_rows {
    struct price_view_image *row;
    size_t count;
};

struct price_view_region {
    const char *label, *about;
};

struct price_view_region_rows {
    struct price_view_region *row;
    size_t count;
};
