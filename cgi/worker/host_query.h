/*
 * Queries a host about one VM with a deadline, in a thread and with a handle of its own: a hung
 * guest blocks such a call for as long as it hangs, and nothing can interrupt it. After a timeout
 * the owner has abandoned the host_query until the call has returned.
 */
#pragma once

#include "worker/worker_context.h"

#include <stdbool.h>

struct query;

/* NULL when no thread could be started. */
struct host_query *host_query_new(const struct config *config, const struct timeouts *timeouts,
                                  const struct driver_scheme *drivers);

/*
 * Connect to a region's host. False: timed out, see above. Otherwise `*e` is the query's error or
 * NULL.
 */
bool host_query_connect(struct host_query *query, struct arena *arena, const char *region,
                        struct error **e);

/* The counters of one VM. `region` must already be connected. */
bool host_query_usage(struct host_query *query, struct arena *arena, const char *region,
                      const char *vm_id, struct driver_usage *out, struct error **e);

/*
 * For an abandoned query: has its call returned? If so, it has been ended and freed and must not be
 * used again.
 */
bool host_query_is_back(struct host_query *query);
