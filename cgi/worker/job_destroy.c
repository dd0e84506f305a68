/* Removing all of a VM; see job_destroy.h. What "removed" means to a host is the driver's business.
 */
#include "worker/job_destroy.h"

#include "base/clock.h"
#include "main_constants.sql.h"
#include "model/ledger.h"

#include "receipt.sql.h"
#include "vm.sql.h"

static struct error *record(struct job *job, int64_t position, const char *thing)
{
    return sql_receipt_put(job->context->db, job->arena, job->row.team_id, job->vm.id, position,
                           thing, job->answer, clock_now());
}

struct error *job_destroy_domain_act(struct job *job)
{
    return driver_domain_remove(job->driver, job->arena, job->vm.id, &job->answer);
}

/* From here on it costs nothing any more, however long its disk resists. */
struct error *job_destroy_domain_record(struct job *job)
{
    struct db *db = job->context->db;
    struct error *e = record(job, 0, "domain");

    if (!e)
        e = sql_vm_set_observed(db, job->arena, job->vm.id, VM_OBSERVED_ABSENT, clock_now());
    return e ? e : ledger_note(db, job->arena, job->vm.id, clock_now());
}

struct error *job_destroy_snapshots_act(struct job *job)
{
    return driver_snapshots_remove(job->driver, job->arena, job->vm.id, &job->answer);
}

struct error *job_destroy_snapshots_record(struct job *job)
{
    return record(job, 1, "snapshots");
}

struct error *job_destroy_disk_act(struct job *job)
{
    return driver_disk_remove(job->driver, job->arena, job->vm.id, &job->answer);
}

struct error *job_destroy_disk_record(struct job *job)
{
    return record(job, 2, "disk");
}

struct error *job_destroy_seed_act(struct job *job)
{
    return driver_seed_delete(job->driver, job->arena, job->vm.id, &job->answer);
}

struct error *job_destroy_seed_record(struct job *job)
{
    return record(job, 3, "seed");
}

struct error *job_destroy_port_act(struct job *job)
{
    if (job->wanted.ssh_port)
        return driver_port_release(job->driver, job->arena, job->wanted.ssh_port, &job->answer);
    job->answer = "never given to it";
    return NULL;
}

struct error *job_destroy_port_record(struct job *job)
{
    return record(job, 4, "port");
}
