/* What sqlc would write for a subject "vm": the rows that the test pages show. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm_list_row {
    int64_t id;
    const char *name;
    int64_t created_at;
    int64_t memory_mb;
    bool is_running;
};

struct vm_list_rows {
    size_t count;
    struct vm_list_row *row;
};

struct vm_get_row {
    int64_t id;
    const char *name;
};
