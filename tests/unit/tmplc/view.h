/* A struct that a handler would make: rows within rows. */
#pragma once

#include "vm.sql.h"

struct region_view {
    const char *name;
    struct vm_list_rows vms;
};

struct region_views {
    size_t count;
    struct region_view *row;
};
