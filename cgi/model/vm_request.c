/* Wishes about VMs; see vm_ask.h. The only place that queues jobs for them. */
#include "model/vm_request.h"

#include "activity.sql.h"
#include "adapter/crypto.h"
#include "base/clock.h"
#include "job.sql.h"
#include "model/vm_transition.h"
#include "vm.sql.h"

#include <string.h>

/* What the activity says at once, before the worker has done it. */
static const char *asked_words(const char *job)
{
    static const char *const words[][2] = {
        { "start", "start asked" },           { "stop", "stop asked" },
        { "restart", "restart asked" },       { "resize", "resize asked" },
        { "snapshot", "snapshot asked" },     { "snapshot_delete", "snapshot deletion asked" },
        { "restore", "restore asked" },       { "destroy", "destroy asked" },
        { "create", "creation asked again" },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], job) == 0)
            return words[i][1];
    }
    return job;
}

struct error *vm_request_job(struct db *db, struct arena *arena, const struct vm_request *vm,
                             const char *kind, const char *snapshot_id)
{
    struct job_create_row job;
    struct error *e = sql_job_create(db, arena, vm->team_id, vm->id, kind, vm->person_id,
                                     snapshot_id, clock_now_ms(), &job);

    if (e)
        return e;
    return sql_activity_add(db, arena, vm->team_id, crypto_id(arena), vm->id, asked_words(kind),
                            vm->why, vm->person_id, clock_now_ms());
}

struct error *vm_ask(struct db *db, struct arena *arena, const struct vm_request *vm,
                     enum vm_trigger event, const char *snapshot_id)
{
    const struct vm_transition *step;
    struct error *e = vm_transition_apply(db, arena, vm->team_id, vm->id, vm->state, event, &step);

    if (!e && event == VM_REQUEST_DESTROY)
        e = sql_job_drop_queued(db, arena, vm->team_id, vm->id, clock_now_ms());
    if (!e && step->job)
        e = vm_request_job(db, arena, vm, step->job, snapshot_id);
    return e;
}

struct error *vm_request_all(struct db *db, struct arena *arena, int64_t team_id,
                             enum vm_trigger event, const char *why)
{
    struct vm_states_rows vms;
    struct error *e = sql_vm_states(db, arena, team_id, &vms);

    for (size_t i = 0; !e && i < vms.count; i++) {
        const struct vm_request vm = { team_id, vms.row[i].id, vms.row[i].state, NULL, why };

        if (vm_transition_find(vm.state, event))
            e = vm_ask(db, arena, &vm, event, NULL);
    }
    return e;
}
