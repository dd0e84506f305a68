/*
 * Jobs of VMs: what their host is, when they are no longer wanted, and what their end means for the
 * VM. The steps are in job_steps.c; the state transitions in model/vm_state.c.
 */
#include "adapter/crypto.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/ledger.h"
#include "model/vm_job.h"
#include "model/vm_request.h"
#include "model/vm_size.h"
#include "model/vm_state.h"
#include "worker/image_version.h"
#include "worker/job.h"
#include "worker/job_steps.h"
#include "worker/power.h"

#include "snapshot.sql.h"

#include <string.h>

/* ---- take ---- */

/* The build that the VM was made from; without a recorded one, the image's own folder. */
static const char *image_dir_find(const struct job *job)
{
    const struct config *config = job->context->config;
    const struct config_image *image = config_image_find(config, job->vm.image);

    if (job->vm.image_version)
        return image_version_dir(job->arena, config, job->vm.image_version);
    return image ? image->dir : NULL;
}

static void wanted_fill(struct job *job)
{
    job->wanted = (struct driver_vm){
        .id = job->vm.id,
        .image_dir = image_dir_find(job),
        .vcpus = job->vm.vcpus,
        .memory_mb = job->vm.memory_mb,
        .disk_gb = job->vm.disk_gb,
        .ssh = { job->vm.ssh_host, job->vm.ssh_port },
        .has_agent = job->vm.has_agent,
    };
}

static struct error *vm_job_plan(struct job *job)
{
    struct error *e = sql_vm_for_worker(job->context->db, job->arena, job->row.vm_id, &job->vm);

    if (e)
        return e;
    wanted_fill(job);
    job->ops = worker_context_driver_ops(job->context, job->vm.region);
    job->plan = plan_make(job);
    return NULL;
}

/* The host is also needed when all steps have completed: it is queried once more at the end. */
static struct error *vm_job_open(struct job *job)
{
    const struct context now = worker_context_now(job->context, job->arena);
    struct error *e = worker_context_driver(job->context, job->arena, job->vm.region, &job->driver);

    if (e || !vm_job_find(job->row.kind)->may_start || !job->vm.image_version)
        return e;
    return image_version_check(&now, job->vm.image_version, false);
}

static struct error *vm_job_still_wanted(struct job *job)
{
    struct vm_for_worker_row vm;
    struct error *e =
        sql_vm_for_worker(job->context->db, job->context->scratch, job->row.vm_id, &vm);

    if (e)
        return error_copy(job->arena, e);
    job->is_dropped = strcmp(vm.wanted, VM_WANTED_GONE) == 0 && !job_is(job, "destroy");
    return job->is_dropped ? error_new(job->arena, ERROR_CONFLICT, "the VM is to be destroyed")
                           : NULL;
}

/* ---- after the last step ---- */

/* The VM's power state on the host after the last step, whether that has succeeded or not. */
static struct error *power_observe(struct job *job)
{
    struct error *e = driver_power(job->driver, job->arena, job->vm.id, &job->power);

    job->has_power = !e;
    return e;
}

/* CONFLICT unless the power state is the job's target. */
static struct error *power_check(struct job *job)
{
    struct error *e;

    job->step = "Check";
    e = power_observe(job);
    if (!e && !vm_transition_find(vm_job_find(job->row.kind)->state, power_event(job->power)))
        e = error_refuse(job->arena, ERROR_CONFLICT, "unexpected_state", NULL, "the VM is then %s",
                         power_word(job->power));
    return e;
}

/* Destroying is retried without limit; other jobs only when the host may come back. */
static bool job_tries_again(const struct job *job, const struct error *cause)
{
    if (job_is(job, "destroy"))
        return true;
    return (cause->kind == ERROR_UPSTREAM || cause->kind == ERROR_UNAVAILABLE) &&
           job->row.attempts < LIMIT_JOB_ATTEMPTS;
}

/* An abandoned guest must not leave its private host key in the seed. */
static void seed_forget(struct job *job, const struct error *cause)
{
    struct error *e;

    if (!cause || !job->driver || !job_is(job, "create") || job->is_dropped ||
        job_tries_again(job, cause))
        return;
    e = driver_create_abandon(job->driver, job->arena, job->vm.id);
    if (e)
        log_error("seed_forget", log_text("vm", job->vm.id), log_text("error", e->text));
}

static struct error *vm_job_finish(struct job *job, struct error *cause)
{
    if (job_is(job, "destroy"))
        return cause; /* each step has already queried the host */
    if (!cause)
        cause = power_check(job);
    else if (job->driver && !job_tries_again(job, cause))
        (void)power_observe(job); /* without it, the VM's state is unknown */
    seed_forget(job, cause);
    return cause;
}

/* ---- end ---- */

/* How the job went, in its entry. One that was requested before entries had jobs gets a new one. */
static struct error *event_note(struct job *job, const char *what, const char *detail,
                                const int64_t *took_ms)
{
    const struct context now = worker_context_now(job->context, job->arena);
    const struct audit_end end = {
        .team_id = job->row.team_id,
        .job_number = job->row.number,
        .what = what,
        .detail = detail,
        .took_ms = took_ms,
    };
    bool found;
    struct error *e = audit_end_job(&now, &end, &found);

    if (e || found)
        return e;
    return audit_add(&now, &(struct audit_entry){
                               .team_id = job->row.team_id,
                               .action = AUDIT_VM_REPORT,
                               .vm_id = job->vm.id,
                               .what = what,
                               .detail = detail,
                               .person_id = job->row.person_id,
                           });
}

/* "Resized to Medium", "Snapshot created, 1.2 GB memory": with what is only known at the end. */
static struct error *done_text(struct job *job, const char **out)
{
    const char *done = vm_job_find(job->row.kind)->done;
    const struct config_size *size = config_size_find(job->context->config, job->vm.size);
    struct snapshot_get_row snapshot;
    struct error *e;

    *out = done;
    if (job_is(job, "resize") && size)
        *out = arena_printf(job->arena, "%s to %s", done, size->label);
    if (!job_is(job, "snapshot"))
        return NULL;
    e = sql_snapshot_get(job->context->db, job->arena, job->row.team_id, job->vm.id,
                         job->row.snapshot_id, &snapshot);
    if (!e && snapshot.size_bytes)
        *out = arena_printf(job->arena, "%s, %s memory", done,
                            text_bytes(job->arena, snapshot.size_bytes));
    return e;
}

static struct error *record_done(struct job *job)
{
    const struct context now = worker_context_now(job->context, job->arena);
    const int64_t took_ms = clock_now_ms() - job->row.requested_at_ms;
    bool is_destroyed = job_is(job, "destroy");
    struct db *db = job->context->db;
    const char *what = NULL;
    struct error *e = job_close(job, JOB_STATE_DONE, NULL);

    if (!e)
        e = done_text(job, &what);
    if (!e && is_destroyed)
        e = sql_snapshot_delete_all(db, job->arena, job->row.team_id, job->vm.id);
    if (!e && !is_destroyed)
        e = sql_vm_set_observed(db, job->arena, job->vm.id, power_word(job->power), clock_now());
    if (!e)
        e = sql_vm_set_error(db, job->arena, job->vm.id, NULL);
    if (!e)
        e = vm_transition_apply(&now, job->row.team_id, job->vm.id, job->vm.state,
                                is_destroyed ? VM_REMOVED : power_event(job->power), NULL);
    if (!e)
        e = ledger_note(db, job->arena, job->vm.id, clock_now());
    if (!e)
        e = event_note(job, what, job->detail, &took_ms);
    return e;
}

/* What people are told; the operator reads the cause in the job. */
static const char *message_of(const struct job *job, const struct error *cause)
{
    const char *step = job->step ? job->step : "Host";

    return cause->message ? arena_printf(job->arena, "%s: %s.", step, cause->message)
                          : arena_printf(job->arena,
                                         "%s: the VM host reported an error. Your "
                                         "admin can see the cause.",
                                         step);
}

static const char *cause_of(const struct job *job, const struct error *cause)
{
    return arena_printf(job->arena, "%s: %s", job->step ? job->step : "Host", cause->text);
}

static struct error *record_later(struct job *job, const struct error *cause)
{
    struct db *db = job->context->db;
    const struct timeouts *timeouts = job->context->timeouts;
    int64_t pause_ms =
        backoff_ms(job->row.attempts, timeouts->backoff_ms, timeouts->backoff_max_ms);
    struct error *e = sql_job_later(db, job->arena, job->row.number, clock_now_ms() + pause_ms,
                                    cause_of(job, cause));

    if (!e && job_is(job, "destroy"))
        e = sql_vm_set_error(db, job->arena, job->vm.id, message_of(job, cause));
    return e;
}

/*
 * What a failed job leaves behind is what the host reports. A guest that was just started and was
 * not reached is no use to anybody; the reconciler goes on trying to reach it.
 */
static enum vm_trigger failure_trigger(const struct job *job)
{
    static const enum vm_trigger triggers[] = {
        [DRIVER_ABSENT] = VM_FAILED,
        [DRIVER_STOPPED] = VM_FAILED_STOPPED,
        [DRIVER_RUNNING] = VM_FAILED_RUNNING,
        [DRIVER_PAUSED] = VM_FAILED_PAUSED,
    };

    if (!job->has_power || job_is(job, "create") ||
        (job->is_ssh_awaited && job->power == DRIVER_RUNNING))
        return VM_FAILED;
    return triggers[job->power];
}

/* Size and snapshot as the failed job has left them. */
static struct error *leftovers_record(struct job *job)
{
    const struct context now = worker_context_now(job->context, job->arena);
    const char *snapshot_id = job->row.snapshot_id;

    if (job_is(job, "resize"))
        return vm_size_revert(&now, job->row.team_id, job->vm.id, job->position > 0);
    /* A snapshot that could not be restored is unchanged. */
    if (snapshot_id && !job_is(job, "restore"))
        return sql_snapshot_set_state(now.db, job->arena, job->row.team_id, snapshot_id,
                                      SNAPSHOT_STATE_FAILED);
    return NULL;
}

static struct error *record_failed(struct job *job, const struct error *cause)
{
    struct db *db = job->context->db;
    const struct context now = worker_context_now(job->context, job->arena);
    const char *message = message_of(job, cause);
    struct error *e = job_close(job, JOB_STATE_FAILED, cause_of(job, cause));

    if (!e)
        e = leftovers_record(job);
    if (!e && job->has_power)
        e = sql_vm_set_observed(db, job->arena, job->vm.id, power_word(job->power), now.now_at);
    if (!e)
        e = vm_transition_apply(&now, job->row.team_id, job->vm.id, job->vm.state,
                                failure_trigger(job), NULL);
    if (!e)
        e = sql_vm_set_error(db, job->arena, job->vm.id, message);
    if (!e)
        e = ledger_note(db, job->arena, job->vm.id, now.now_at);
    return e ? e
             : event_note(job,
                          arena_printf(job->arena, "%s failed", vm_job_find(job->row.kind)->title),
                          message, NULL);
}

/* Whoever asked for this job asked for the deletions that it kept waiting, if any. */
static struct error *next_request(struct job *job)
{
    const struct context now = worker_context_now(job->context, job->arena);
    const struct actor actor = { .team_id = job->row.team_id,
                                 .person_id = job->row.person_id,
                                 .via = ACTOR_SYSTEM };

    return vm_request_next_deletion(&now, &actor, job->vm.id);
}

static struct error *vm_job_end(struct job *job, const struct error *cause, const char **result)
{
    struct context now;
    struct error *e = sql_vm_for_worker(job->context->db, job->arena, job->row.vm_id, &job->vm);

    if (e)
        return e;
    if (strcmp(job->vm.wanted, VM_WANTED_GONE) == 0 && !job_is(job, "destroy")) {
        *result = "dropped";
        e = job_close(job, JOB_STATE_DROPPED, NULL);
        now = worker_context_now(job->context, job->arena);
        return e ? e : audit_drop_jobs(&now, job->row.team_id, job->vm.id);
    }
    if (cause && job_tries_again(job, cause)) {
        *result = "later";
        return record_later(job, cause);
    }
    *result = cause ? "failed" : "done";
    e = cause ? record_failed(job, cause) : record_done(job);
    return e ? e : next_request(job);
}

const struct job_class JOB_CLASS_VM = {
    .is_billing = false,
    .plan = vm_job_plan,
    .open = vm_job_open,
    .still_wanted = vm_job_still_wanted,
    .finish = vm_job_finish,
    .end = vm_job_end,
};
