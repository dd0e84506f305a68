/*
 * What every rule of the model works with, whoever asks: a request of a page, a job, a round of the
 * worker. Passed by pointer; rules do not change it.
 */
#pragma once

#include "adapter/config.h"
#include "adapter/db.h"

struct context {
    struct db *db;
    struct arena *arena; /* for results and errors */
    const struct config *config;
    int64_t now_at; /* UTC seconds; the one moment that counts for all that happens here */
    int64_t now_ms; /* the same moment in milliseconds */
};

static inline struct context context_at(struct db *db, struct arena *arena,
                                        const struct config *config, int64_t now_ms)
{
    return (struct context){ db, arena, config, now_ms / 1000, now_ms };
}
