/*
 * Take, act, record; see job.h. Responsible for leases, the order of steps, retries and a job's
 * effect on its VM's state. The steps themselves are in job_steps.c; the state transitions in
 * model/vm_state.c.
 */
#include "worker/job.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "main_constants.sql.h"
#include "model/ledger.h"
#include "model/vm_job.h"
#include "model/vm_state.h"
#include "worker/job_steps.h"
#include "worker/power.h"

#include "activity.sql.h"
#include "job_step.sql.h"
#include "snapshot.sql.h"

#include <assert.h>
#include <string.h>

enum { RECORD_AGAIN_MS = 1000 };

static bool job_is(const struct job *job, const char *kind)
{
    return strcmp(job->row.kind, kind) == 0;
}

/* End the transaction: commit, or roll back on an error. */
static struct error *transaction_end(struct job *job, struct error *e)
{
    if (!e)
        e = db_commit(job->context->db, job->arena);
    if (e)
        db_rollback(job->context->db);
    return e;
}

/* ---- take ---- */

static void wanted_fill(struct job *job)
{
    const struct config_image *image = config_image_find(job->context->config, job->vm.image);

    job->wanted = (struct driver_vm){
        .id = job->vm.id,
        .image_dir = image ? image->dir : NULL,
        .vcpus = job->vm.vcpus,
        .memory_mb = job->vm.memory_mb,
        .disk_gb = job->vm.disk_gb,
        .ssh = { .port = job->vm.ssh_port },
    };
}

static struct error *steps_plan(struct job *job)
{
    struct db *db = job->context->db;
    struct job_step_list_rows steps;
    struct error *e = NULL;

    job->ops = worker_context_driver_ops(job->context, job->vm.region);
    job->plan = plan_make(job);
    assert(job->plan && job->plan->count <= COUNT(job->has_ended));
    for (size_t i = 0; i < job->plan->count && !e; i++)
        e = sql_job_step_plan(db, job->arena, job->row.team_id, job->row.number, (int64_t)i,
                              job->plan->steps[i].name);
    if (!e)
        e = sql_job_step_list(db, job->arena, job->row.team_id, job->row.number, &steps);
    for (size_t i = 0; !e && i < steps.count && i < job->plan->count; i++)
        job->has_ended[i] = steps.row[i].ended_at_ms != 0;
    return e;
}

/* NOT_FOUND: none is due. */
static struct error *lease_take(struct job *job)
{
    struct error *e = db_begin(job->context->db, job->arena);

    if (!e)
        e = sql_job_lease(job->context->db, job->arena, clock_now_ms(), &job->row);
    if (!e)
        e = sql_vm_for_worker(job->context->db, job->arena, job->row.vm_id, &job->vm);
    if (!e)
        e = steps_plan(job);
    return transaction_end(job, e);
}

struct error *job_take(struct worker_context *context, struct job *out, bool *has_one)
{
    struct job_next_due_row next;
    struct error *e;

    *out = (struct job){ .context = context, .arena = context->arena };
    *has_one = false;
    arena_reset(context->arena);
    arena_reset(context->scratch);
    /* Check first, without a lock: most threads that are woken find nothing. */
    e = sql_job_next_due(context->db, context->arena, &next);
    if (e || !next.due_at_ms || next.due_at_ms > clock_now_ms())
        return e;
    e = lease_take(out);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    wanted_fill(out);
    out->begun_us = clock_monotonic_us();
    *has_one = true;
    return NULL;
}

/* ---- act ---- */

struct error *job_still_wanted(struct job *job)
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

static struct error *step_run(struct job *job, size_t position)
{
    const struct step *step = &job->plan->steps[position];
    struct db *db = job->context->db;
    struct error *e;

    job->step = step->name;
    job->position = position;
    e = sql_job_step_start(db, job->arena, job->row.team_id, job->row.number, (int64_t)position,
                           clock_now_ms());
    if (!e)
        e = step->act(job);
    if (e)
        return e;
    e = db_begin(db, job->arena);
    if (!e && step->record)
        e = step->record(job);
    if (!e)
        e = sql_job_step_end(db, job->arena, job->row.team_id, job->row.number, (int64_t)position,
                             clock_now_ms());
    return transaction_end(job, e);
}

/* The host is also needed when all steps have completed: it is queried once more at the end. */
static struct error *job_act(struct job *job)
{
    struct error *e = worker_context_driver(job->context, job->arena, job->vm.region, &job->driver);

    for (size_t i = 0; !e && i < job->plan->count; i++) {
        if (job->has_ended[i] && !job->plan->steps[i].is_repeated)
            continue;
        arena_reset(job->context->scratch);
        e = job_still_wanted(job);
        if (!e)
            e = step_run(job, i);
    }
    return e;
}

/* ---- record ---- */

/* The VM's power state on the host after the last step. CONFLICT unless it is the job's target. */
static struct error *job_observe(struct job *job, enum driver_power *out)
{
    struct error *e;

    *out = DRIVER_ABSENT;
    if (job_is(job, "destroy"))
        return NULL; /* each step has already queried the host */
    job->step = "Check";
    e = driver_power(job->driver, job->arena, job->vm.id, out);
    if (!e && !vm_transition_find(vm_job_find(job->row.kind)->state, power_event(*out)))
        e = error_new(job->arena, ERROR_CONFLICT, "the host then says that the VM is %s",
                      power_word(*out));
    return e;
}

static struct error *event_note(struct job *job, const char *what, const char *detail,
                                bool is_by_person)
{
    const int64_t *person_id = is_by_person && job->row.person_id ? &job->row.person_id : NULL;

    return sql_activity_add(job->context->db, job->arena, job->row.team_id, crypto_id(job->arena),
                            job->vm.id, what, detail, person_id, clock_now_ms());
}

static struct error *job_close(struct job *job, const char *state, const char *text)
{
    return sql_job_end(job->context->db, job->arena, job->row.number, state, text, clock_now_ms());
}

static struct error *record_done(struct job *job, enum driver_power power)
{
    const struct context now = worker_context_now(job->context, job->arena);
    bool is_gone = job_is(job, "destroy");
    struct db *db = job->context->db;
    struct error *e = job_close(job, JOB_STATE_DONE, NULL);

    if (!e && is_gone)
        e = sql_snapshot_delete_all(db, job->arena, job->row.team_id, job->vm.id);
    if (!e && !is_gone)
        e = sql_vm_set_observed(db, job->arena, job->vm.id, power_word(power), clock_now());
    if (!e)
        e = sql_vm_set_error(db, job->arena, job->vm.id, NULL);
    if (!e)
        e = vm_transition_apply(&now, job->row.team_id, job->vm.id, job->vm.state,
                                is_gone ? VM_REMOVED : power_event(power), NULL);
    if (!e)
        e = ledger_note(db, job->arena, job->vm.id, clock_now());
    if (!e)
        e = event_note(job, vm_job_find(job->row.kind)->done, job->detail, true);
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

static struct error *record_later(struct job *job, const char *text)
{
    struct db *db = job->context->db;
    const struct timeouts *timeouts = job->context->timeouts;
    int64_t pause_ms =
        backoff_ms(job->row.attempts, timeouts->backoff_ms, timeouts->backoff_max_ms);
    struct error *e =
        sql_job_later(db, job->arena, job->row.number, clock_now_ms() + pause_ms, text);

    if (!e && job_is(job, "destroy"))
        e = sql_vm_set_error(db, job->arena, job->vm.id, text);
    return e;
}

static struct error *record_failed(struct job *job, const char *text)
{
    struct db *db = job->context->db;
    const char *snapshot_id = job->row.snapshot_id;
    const struct context now = worker_context_now(job->context, job->arena);
    struct error *e = job_close(job, JOB_STATE_FAILED, text);

    if (!e)
        e = vm_transition_apply(&now, job->row.team_id, job->vm.id, job->vm.state, VM_FAILED, NULL);
    if (!e)
        e = sql_vm_set_error(db, job->arena, job->vm.id, text);
    /* A snapshot that could not be restored is unchanged. */
    if (!e && snapshot_id && !job_is(job, "restore"))
        e = sql_snapshot_set_state(db, job->arena, job->row.team_id, snapshot_id,
                                   SNAPSHOT_STATE_FAILED);
    if (!e)
        e = ledger_note(db, job->arena, job->vm.id, clock_now());
    if (!e)
        e = event_note(job, "failed", text, false);
    return e;
}

/* In a transaction: the job's outcome, given the error it ended with (NULL: none). */
static struct error *record_end(struct job *job, const struct error *cause, enum driver_power power,
                                const char **result)
{
    const char *text =
        cause ? arena_printf(job->arena, "%s: %s", job->step ? job->step : "Host", cause->text)
              : NULL;
    struct error *e = sql_vm_for_worker(job->context->db, job->arena, job->row.vm_id, &job->vm);

    if (e)
        return e;
    if (strcmp(job->vm.wanted, VM_WANTED_GONE) == 0 && !job_is(job, "destroy")) {
        *result = "dropped";
        return job_close(job, JOB_STATE_DROPPED, NULL);
    }
    if (!cause) {
        *result = "done";
        return record_done(job, power);
    }
    *result = job_tries_again(job, cause) ? "later" : "failed";
    return job_tries_again(job, cause) ? record_later(job, text) : record_failed(job, text);
}

/* The state does not fit this kind of job: a bug, which must not block the VM forever. */
static struct error *record_misfit(struct job *job, struct error *misfit)
{
    struct error *e = db_begin(job->context->db, job->arena);

    if (!e)
        e = job_close(job, JOB_STATE_FAILED, misfit->text);
    return transaction_end(job, e);
}

static void job_log(const struct job *job, const char *result, const struct error *cause)
{
    int64_t took_ms = (clock_monotonic_us() - job->begun_us) / 1000;

    if (!cause || job->is_dropped)
        log_info("job", log_text("kind", job->row.kind), log_text("vm", job->vm.id),
                 log_number("took_ms", took_ms), log_text("result", result));
    else
        log_error("job", log_text("kind", job->row.kind), log_text("vm", job->vm.id),
                  log_number("took_ms", took_ms), log_text("result", result),
                  log_number("attempt", job->row.attempts), log_text("step", job->step),
                  log_text("error", cause->text));
}

/* The end must be recorded: until then nothing else may work on this VM. */
static void job_record(struct job *job, const struct error *cause, enum driver_power power)
{
    const char *result = "";
    struct error *e;

    for (;;) {
        e = db_begin(job->context->db, job->arena);
        if (!e)
            e = record_end(job, cause, power, &result);
        e = transaction_end(job, e);
        if (e && e->kind == ERROR_CONFLICT) {
            result = "misfit";
            cause = e;
            e = record_misfit(job, e);
        }
        if (!e)
            break;
        log_error("job_record", log_text("vm", job->row.vm_id), log_text("error", e->text));
        if (e->kind == ERROR_NOT_FOUND)
            return; /* the team was deleted, and the job with it */
        context_sleep(job->context, RECORD_AGAIN_MS);
    }
    job_log(job, result, cause);
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

void job_do(struct job *job)
{
    enum driver_power power = DRIVER_ABSENT;
    struct error *e = job_act(job);

    if (!e)
        e = job_observe(job, &power);
    seed_forget(job, e);
    job_record(job, e, power);
}
