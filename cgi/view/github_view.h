/* The fields for an import of keys from GitHub: _github_user.html. */
#pragma once

#include <stdbool.h>

struct github_view {
    bool is_on;          /* this server offers it */
    const char *user;    /* as typed */
    const char *problem; /* with it */
    const char *note;    /* what was imported, and what was not; NULL: nothing was asked for */
};
