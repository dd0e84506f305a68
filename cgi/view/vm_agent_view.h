/* The choice of a guest agent, in the form for a new VM. */
#pragma once

#include <stdbool.h>

struct vm_agent_view {
    const char *images; /* the labels of those that have one, in words; NULL: none has */
    bool is_on;
};
