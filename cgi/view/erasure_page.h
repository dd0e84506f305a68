/*
 * The page of a deletion: its steps and its receipt, at an address that only whoever has requested
 * it knows.
 */
#pragma once

#include "web/request.h"

struct erasure_step_view {
    const char *title;
    const char *label, *chip; /* "Done", "kept" */
    const char *answer;       /* of the system that was asked; NULL: none yet */
    const char *tried;        /* "20 Nov 2026, 12:00:09 UTC"; NULL: not yet */
    int64_t tried_at;
};

struct erasure_step_view_rows {
    struct erasure_step_view *row;
    size_t count;
};

/* What the law keeps. */
struct erasure_rest_view {
    const char *title;
    int64_t total;
    const char *until; /* "1 Jan 2033" */
};

struct erasure_rest_view_rows {
    struct erasure_rest_view *row;
    size_t count;
};

/* Handlers. NOT_FOUND: no deletion has this address, or there is no receipt. */
struct error *erasure_page_show(struct request *r);
struct error *erasure_file_show(struct request *r); /* receipt.zip */
