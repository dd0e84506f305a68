/* The field for cloud-init user data of the form for a new VM. */
#pragma once

#include <stdbool.h>

struct user_data_view {
    const char *images; /* the labels of those that take it, in words; NULL: none does */
    const char *text;   /* as typed */
    const char *problem;
    bool is_open;
};
