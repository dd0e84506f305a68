/*
 * A team's monthly spend cap: at 80 % of the cap pages show a warning; at 100 % nothing that
 * increases the cost can be started. The cap never stops or deletes anything. The owners are told
 * of both by mail and in the activity, once a month.
 */
#pragma once

#include "model/context.h"

enum spend_level {
    SPEND_FREE, /* no cap, or below 80 % */
    SPEND_NEAR, /* 80 % */
    SPEND_FULL,
};

struct spend_cap {
    enum spend_level level;
    int64_t cap_cents;   /* 0: none */
    int64_t percent;     /* of the cap, rounded down */
    const char *amount;  /* spent so far this month: "€8.12" */
    const char *cap;     /* "€10.00" */
    const char *refusal; /* user-facing reason and remedy at the cap; NULL: below it */
};

/* The team's current spending. */
struct error *spend_cap_check(const struct context *context, int64_t team_id,
                              struct spend_cap *out);

/* For the worker's schedule, in transactions of its own: tells the owners. */
struct error *spend_cap_run(const struct context *context);
