/*
 * What people ask of a VM, written down for the worker: each wish is one transaction that checks
 * the state and the quota, queues a job, notes the event, and wakes the worker.
 */
#pragma once

#include "model/price.h"
#include "model/vm_state.h"
#include "vm.sql.h"
#include "web/request.h"

/* A VM to be made. Sizes and image come from the configuration; keys are ids of the team's keys. */
struct vm_command {
    const char *name;
    const struct config_region *region;
    const struct config_image *image;
    const struct config_size *size;
    const char *const *key_ids;
    size_t key_count;
    const struct vm_get_row *source; /* of a clone; NULL: made from the image */
    const char *source_snapshot_id;
};

/*
 * `*out_id` is the new VM's id. INPUT with a text for people (in `*problem`, arena) when the name
 * is taken, or the quota or the spend cap does not allow it: then nothing was written.
 */
struct error *vm_command_create(struct request *r, const struct vm_command *wish,
                                const char **out_id, const char **problem);

/* Why the team cannot have `vms`, `vcpus`... more by its quota and, if `vms` is not 0, by its plan
 * and its spend cap; NULL: it can. */
struct error *vm_command_quota(struct request *r, int64_t vms, int64_t vcpus, int64_t memory_mb,
                               int64_t disk_gb, const char **problem);

/*
 * Ask VM `id` of the session's team for `event`; `snapshot_id` for snapshot events, else NULL. The
 * next page says the VM's name and `notice`, unless that is NULL. NOT_FOUND; CONFLICT when the
 * state does not allow it; INPUT when the VM would begin to run and the spend cap is reached.
 */
struct error *vm_command_request(struct request *r, const char *id, enum vm_trigger event,
                                 const char *snapshot_id, const char *notice);

/* Would the VM cost more in this size, running or stopped? */
bool vm_command_costs_more(const struct price_list_rows *prices, const struct vm_get_row *vm,
                           const struct config_size *size, int64_t now_at);

/* A new size for a stopped VM. INPUT with `*problem` when the quota does not allow it, it shrinks,
 * or it costs more and the spend cap is reached. */
struct error *vm_command_resize(struct request *r, const char *id, const struct config_size *size,
                                const char **problem);

/* A snapshot called `name`. */
struct error *vm_command_snapshot(struct request *r, const char *id, const char *name,
                                  const char **problem);
