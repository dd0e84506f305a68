/*
 * Asks a host about one VM with a deadline, in a thread and with a handle of its own: a hung guest
 * makes such a call block for as long as it hangs, and nothing can interrupt it. An host_query that
 * was late once is lost to its owner until the call has returned.
 */
#pragma once

#include "worker/worker_context.h"

#include <stdbool.h>

struct query;

/* NULL when no thread could be started. */
struct host_query *host_query_new(const struct config *config, const struct timeouts *timeouts,
                                  const struct driver_scheme *drivers);

/* Connect to a region's host. False: late, see above. Else `*e` is the answer's error or NULL. */
bool host_query_connect(struct host_query *query, struct arena *arena, const char *region,
                        struct error **e);

/* The counters of one VM. `region` was connected before. */
bool host_query_usage(struct host_query *query, struct arena *arena, const char *region,
                      const char *vm_id, struct driver_usage *out, struct error **e);

/* Of a lost one: has its call returned? Then it is ended and freed, and must not be used again. */
bool host_query_is_back(struct host_query *query);
