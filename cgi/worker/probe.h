/*
 * The isolation probe: a guest of the smallest image that belongs to nobody, runs a script and is
 * removed again. It is no VM: it has a reserved id, no team, no row in `vm` and no price. What a
 * killed worker has left of it is removed by the reconciler.
 */
#pragma once

#include "worker/worker_context.h"

/* Ids are random: one in 2^80 would be this one. */
#define PROBE_VM_ID "isolationprobe22"

/* False until the images have been looked at for the first time. */
bool probe_is_ready(const struct context *now);

/* What the guest has said, and what the host says it no longer has of it. */
struct probe_result {
    const char *report; /* the script's /etc/issue.net: printable ASCII, at most about 2000 bytes */
    const char *removed; /* "domain, disk, seed"; NULL: not removed yet, the log has the reason */
};

/*
 * Boot the guest in a region, have it run `script` (see driver_seed), read its report and remove
 * it. Takes as long as a boot; one at a time in a process. The result lives in `now->arena`. Errors
 * with a message for everybody: what is missing here. Others: the host's, or the database's.
 */
struct error *probe_run(struct worker_context *context, const struct context *now,
                        const struct config_region *region, const char *script,
                        struct probe_result *out);

/*
 * Remove what a killed worker has left in a region, unless a probe is under way in this process.
 * `has_things`: the host has something of it. Failures are logged and repeated in the next pass of
 * the reconciler; errors are the database's.
 */
struct error *probe_remains_remove(struct worker_context *context, struct arena *arena,
                                   struct driver *driver, const char *region, bool has_things);

/*
 * The worker ends: a probe that is under way is given up and its guest removed, which is waited for
 * as long as LIMIT_PROBE_END_MS; none starts any more in this process. `probe_run` then fails, and
 * what it would have found is not known.
 */
void probe_end(void);
bool probe_is_ended(void);
