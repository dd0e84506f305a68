/*
 * Asks a host about one VM with a deadline, in a thread and with a handle of its own: a hung guest
 * makes such a call block for as long as it hangs, and nothing can interrupt it. An asker that was
 * late once is lost to its owner until the call has returned.
 */
#pragma once

#include "worker/bench.h"

#include <stdbool.h>

struct asker;

/* NULL when no thread could be started. */
struct asker *asker_new(const struct config *config, const struct bench_pace *pace);

/* Connect to a region's host. False: late, see above. Else `*e` is the answer's error or NULL. */
bool asker_connect(struct asker *asker, struct arena *arena, const char *region, struct error **e);

/* The counters of one VM. `region` was connected before. */
bool asker_usage(struct asker *asker, struct arena *arena, const char *region, const char *vm_id,
                 struct driver_usage *out, struct error **e);

/* Of a lost one: has its call returned? Then it is ended and freed, and must not be used again. */
bool asker_is_back(struct asker *asker);
