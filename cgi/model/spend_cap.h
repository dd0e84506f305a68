/*
 * What a team may spend in a month: from 80 % of its cap on the pages warn, at 100 % nothing that
 * costs more can be begun. Nothing is ever stopped or deleted by it.
 */
#pragma once

#include "model/context.h"

enum spend_level {
    SPEND_FREE, /* no cap, or far from it */
    SPEND_NEAR, /* 80 % */
    SPEND_FULL,
};

struct spend_cap {
    enum spend_level level;
    int64_t cap_cents;   /* 0: none */
    int64_t percent;     /* of the cap, rounded down */
    const char *amount;  /* spent so far this month: "€8.12" */
    const char *cap;     /* "€10.00" */
    const char *refusal; /* why nothing can be begun, and the way out; NULL: it can */
};

/* How the team stands at this moment. */
struct error *spend_cap_check(const struct context *context, int64_t team_id,
                              struct spend_cap *out);
