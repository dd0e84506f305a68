/* Removing everything of a VM; see job_destroy.h. The driver's table lists what to remove. */
#include "worker/job_destroy.h"

#include "base/clock.h"
#include "main_constants.sql.h"
#include "model/ledger.h"

#include "receipt_part.sql.h"
#include "vm.sql.h"

struct error *receipt_record(struct db *db, struct arena *arena, int64_t team_id, const char *vm_id,
                             const struct driver_removals *removals, size_t position,
                             const char *response)
{
    return sql_receipt_part_put(db, arena, team_id, vm_id, (int64_t)position,
                                removals->row[position].thing, response, clock_now());
}

static struct error *removal_act(struct job *job)
{
    return job->ops->removals.row[job->position].act(job->driver, job->arena, &job->wanted,
                                                     &job->response);
}

static struct error *removal_record(struct job *job)
{
    struct db *db = job->context->db;
    struct error *e = receipt_record(db, job->arena, job->row.team_id, job->vm.id,
                                     &job->ops->removals, job->position, job->response);

    if (e || !job->ops->removals.row[job->position].ends_guest)
        return e;
    /* From here on the VM costs nothing, however long its disk takes to remove. */
    e = sql_vm_set_observed(db, job->arena, job->vm.id, VM_OBSERVED_ABSENT, clock_now());
    return e ? e : ledger_note(db, job->arena, job->vm.id, clock_now());
}

const struct step *job_destroy_steps(struct job *job, size_t *count)
{
    const struct driver_removals *removals = &job->ops->removals;
    struct step *steps = arena_array(job->arena, removals->count, sizeof *steps);

    /*
     * Always all of them: a host that finished late for a killed worker may have recreated
     * something.
     */
    for (size_t i = 0; i < removals->count; i++)
        steps[i] = (struct step){ .name = removals->row[i].step,
                                  .act = removal_act,
                                  .record = removal_record,
                                  .is_repeated = true };
    *count = removals->count;
    return steps;
}
