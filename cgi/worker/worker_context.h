/*
 * The working set of one of the worker's threads: a database connection, memory, and the hosts.
 * Nothing in it is shared between threads.
 */
#pragma once

#include "host/driver.h"
#include "model/context.h"

/* Timeouts and intervals. Tests use shorter ones. */
struct timeouts {
    int64_t stop_ms;     /* for a guest to react to the power button */
    int64_t boot_kvm_ms; /* until SSH responds */
    int64_t boot_tcg_ms;
    int64_t ssh_try_ms, ssh_up_try_ms; /* for one attempt, and once the guest refused one */
    int64_t poll_ms;                   /* between two polls of something that takes time */
    int64_t backoff_ms;                /* before the second attempt, then doubled each time */
    int64_t backoff_max_ms;
    int64_t usage_timeout_ms; /* for a guest's counters */
    int64_t usage_connect_ms; /* for a connection to the host */
};

/* The values of limit.h. */
extern const struct timeouts TIMEOUTS;

struct context_host;
struct stripe;
struct workos;

struct worker_context {
    const struct config *config;
    const struct timeouts *timeouts;
    const struct driver_scheme *drivers; /* available to regions */
    struct db *db;
    struct arena *arena;         /* of one job, or one pass over a host; reset by its user */
    struct arena *scratch;       /* of one poll while waiting; reset by context_sleep */
    struct context_host *hosts;  /* one per configured region */
    const struct workos *workos; /* of the thread of deletions alone; NULL: WorkOS is not used */
};

/* `arena` is for errors; the context has its own memory and lives until worker_context_close. */
struct error *worker_context_open(struct arena *arena, const struct config *config,
                                  const struct timeouts *timeouts,
                                  const struct driver_scheme *drivers, struct worker_context **out);
void worker_context_close(struct worker_context *context);

/*
 * This context's handle of a region's host, connected at first use; `context` may lack a database.
 * INTERNAL when the configuration has no such region (any more), UPSTREAM when the host cannot be
 * reached. The handle belongs to the context; errors live in `arena`.
 */
struct error *worker_context_driver(struct worker_context *context, struct arena *arena,
                                    const char *region, struct driver **out);

/* A region of domicile.conf as its driver needs it; the texts are the configuration's. */
struct driver_region worker_context_region(const struct config *config,
                                           const struct config_region *region);

/* The operations of a region's driver, without a connection; NULL: no such region or driver. */
const struct driver_ops *worker_context_driver_ops(const struct worker_context *context,
                                                   const char *region);

/*
 * Stripe, opened at first use. INPUT with billing = off; otherwise as stripe_open. The handle
 * belongs to the context; errors live in `arena`.
 */
struct error *worker_context_stripe(struct worker_context *context, struct arena *arena,
                                    const struct stripe **out);

/* The context for rules of the model: this context's database and `arena`, and the current time. */
struct context worker_context_now(const struct worker_context *context, struct arena *arena);

/* A context that only accesses hosts. Never fails. */
struct worker_context *worker_context_without_db(const struct config *config,
                                                 const struct timeouts *timeouts,
                                                 const struct driver_scheme *drivers);

/* Sleep for `length_ms` and reset the scratch arena. */
void context_sleep(struct worker_context *context, int64_t length_ms);
