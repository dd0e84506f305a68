/* Rows of the account page. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sign-in of the person. */
struct session_view {
    const char *handle, *browser;
    int64_t created_at, seen_at;
    bool is_this;
};

struct session_view_rows {
    struct session_view *row;
    size_t count;
};
