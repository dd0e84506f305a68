/*
 * The context that all rules of the model run in, whether called for a request, a job or a periodic
 * run of the worker. Passed by pointer; rules do not change it.
 */
#pragma once

#include "adapter/config.h"
#include "adapter/db.h"

struct context {
    struct db *db;
    struct arena *arena; /* for results and errors */
    const struct config *config;
    int64_t now_at; /* current time in UTC seconds; the same for everything done in this context */
    int64_t now_ms; /* the same time in milliseconds */
};

static inline struct context context_at(struct db *db, struct arena *arena,
                                        const struct config *config, int64_t now_ms)
{
    return (struct context){ db, arena, config, now_ms / 1000, now_ms };
}
