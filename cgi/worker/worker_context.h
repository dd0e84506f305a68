/*
 * What one thread of the worker works with: a database connection, memory, and the hosts. Nothing
 * of it is shared between threads.
 */
#pragma once

#include "host/driver.h"
#include "model/context.h"

/* How long is waited for what. Tests use shorter times. */
struct timeouts {
    int64_t stop_ms;     /* for a guest to react to the power button */
    int64_t boot_kvm_ms; /* until SSH answers */
    int64_t boot_tcg_ms;
    int64_t ssh_try_ms; /* for one answer */
    int64_t poll_ms;    /* between two looks at something that takes its time */
    int64_t backoff_ms; /* before the second attempt, then twice as long each time */
    int64_t backoff_max_ms;
    int64_t usage_answer_ms;  /* for a guest's counters */
    int64_t usage_connect_ms; /* for a connection to the host */
};

/* As limit.h says. */
extern const struct timeouts TIMEOUTS;

struct context_host;
struct stripe;

struct worker_context {
    const struct config *config;
    const struct timeouts *timeouts;
    const struct driver_scheme *drivers; /* that regions may have */
    struct db *db;
    struct arena *arena;        /* of one job, or one look at a host: reset by its user */
    struct arena *scratch;      /* of one look while waiting: reset by context_sleep */
    struct context_host *hosts; /* one for each region of the configuration */
};

/* `arena` is for errors; the context has its own memory and lives until worker_context_close. */
struct error *worker_context_open(struct arena *arena, const struct config *config,
                                  const struct timeouts *timeouts,
                                  const struct driver_scheme *drivers, struct worker_context **out);
void worker_context_close(struct worker_context *context);

/*
 * This context's handle of a region's host, connected at the first use; `context` may lack a
 * database. INTERNAL when the configuration has no such region (any more), UPSTREAM when the host
 * cannot be reached. The handle belongs to the context; errors live in `arena`.
 */
struct error *worker_context_driver(struct worker_context *context, struct arena *arena,
                                    const char *region, struct driver **out);

/* The operations of a region's driver, without a connection; NULL: no such region or driver. */
const struct driver_ops *worker_context_driver_ops(const struct worker_context *context,
                                                   const char *region);

/*
 * Stripe, opened at the first use. INPUT with billing = off; else as stripe_open. The handle
 * belongs to the context; errors live in `arena`.
 */
struct error *worker_context_stripe(struct worker_context *context, struct arena *arena,
                                    const struct stripe **out);

/* What rules of the model get: this context's database and `arena`, at this moment. */
struct context worker_context_now(const struct worker_context *context, struct arena *arena);

/* A context that only talks to hosts. Never fails. */
struct worker_context *worker_context_without_db(const struct config *config,
                                                 const struct timeouts *timeouts,
                                                 const struct driver_scheme *drivers);

/* Sleep for `length_ms` and forget what the scratch arena holds. */
void context_sleep(struct worker_context *context, int64_t length_ms);

/* The database of this configuration; in the arena. */
const char *worker_context_database(struct arena *arena, const struct config *config);
