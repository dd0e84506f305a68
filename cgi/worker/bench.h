/*
 * What one thread of the worker works with: a database connection, memory, and the hosts. Nothing
 * of it is shared between threads.
 */
#pragma once

#include "adapter/config.h"
#include "adapter/db.h"
#include "host/driver.h"

/* How long is waited for what. Tests use shorter times. */
struct bench_pace {
    int64_t stop_ms;     /* for a guest to react to the power button */
    int64_t boot_kvm_ms; /* until SSH answers */
    int64_t boot_tcg_ms;
    int64_t ssh_try_ms; /* for one answer */
    int64_t poll_ms;    /* between two looks at something that takes its time */
    int64_t backoff_ms; /* before the second attempt, then twice as long each time */
    int64_t backoff_most_ms;
    int64_t usage_answer_ms;  /* for a guest's counters */
    int64_t usage_connect_ms; /* for a connection to the host */
};

/* As limit.h says. */
extern const struct bench_pace BENCH_PACE;

struct bench_host;
struct stripe;

struct bench {
    const struct config *config;
    const struct bench_pace *pace;
    struct db *db;
    struct arena *arena;      /* of one job, or one look at a host: reset by its user */
    struct arena *scratch;    /* of one look while waiting: reset by bench_rest */
    struct bench_host *hosts; /* one for each region of the configuration */
};

/* `arena` is for errors; the bench has its own memory and lives until bench_close. */
struct error *bench_open(struct arena *arena, const struct config *config,
                         const struct bench_pace *pace, struct bench **out);
void bench_close(struct bench *bench);

/*
 * This bench's handle of a region's host, connected at the first use; `bench` may lack a database.
 * INTERNAL when the configuration has no such region (any more), UPSTREAM when the host cannot be
 * reached. The handle belongs to the bench; errors live in `arena`.
 */
struct error *bench_driver(struct bench *bench, struct arena *arena, const char *region,
                           struct driver **out);

/*
 * Stripe, opened at the first use. INPUT with billing = off; else as stripe_open. The handle
 * belongs to the bench; errors live in `arena`.
 */
struct error *bench_stripe(struct bench *bench, struct arena *arena, const struct stripe **out);

/* A bench that only talks to hosts. Never fails. */
struct bench *bench_without_db(const struct config *config, const struct bench_pace *pace);

/* Sleep for `length_ms` and forget what the scratch arena holds. */
void bench_rest(struct bench *bench, int64_t length_ms);

/* The database of this configuration; in the arena. */
const char *bench_database(struct arena *arena, const struct config *config);
