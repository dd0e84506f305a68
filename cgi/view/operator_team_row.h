/* Rows of the admin's page of a team. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of its quota, as a field of the form. */
struct operator_quota {
    const char *name, *label;
    const char *value; /* as typed; "": the server's default */
    const char *fallback, *used;
    const char *problem;
};

struct operator_quota_rows {
    struct operator_quota *row;
    size_t count;
};

struct operator_team_vm {
    const char *id, *name, *size, *label, *chip;
    bool is_up;
    int64_t state_since;
};

struct operator_team_vm_rows {
    struct operator_team_vm *row;
    size_t count;
};
