/*
 * The size of a VM where it does not follow from a command: after a snapshot was restored with its
 * memory, and after a resize that failed. Each needs an open write transaction.
 */
#pragma once

#include "model/context.h"

/*
 * The size that a VM of size `current` gets with a number of CPUs and a memory: `current` itself if
 * it has them. NULL: there is none (any more).
 */
const struct config_size *vm_size_find(const struct config *config, const char *current,
                                       int64_t vcpus, int64_t memory_mb);

/*
 * A VM restored with its memory has the size and the disk of the snapshot. Without memory, its size
 * stays, and the host enlarges the restored disk to it.
 */
struct error *vm_size_restore(const struct context *context, int64_t team_id, const char *vm_id,
                              const char *snapshot_id);

/*
 * The VM has the size again that its ledger shows; `has_grown`: the disk was already enlarged.
 * Sizes that are no longer in the configuration stay as requested.
 */
struct error *vm_size_revert(const struct context *context, int64_t team_id, const char *vm_id,
                             bool has_grown);
