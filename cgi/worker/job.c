/*
 * Take, act, record; see job.h. Responsible for leases, the order of steps, repeats and the end of
 * a job; not for what the steps do nor for what an end means: that belongs to the job's class.
 */
#include "worker/job.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "main_constants.sql.h"
#include "model/outbound.h"
#include "worker/job_steps.h"

#include "job_step.sql.h"

#include <assert.h>
#include <string.h>

enum { RECORD_AGAIN_MS = 1000 };

bool job_is(const struct job *job, const char *kind)
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

static struct error *steps_plan(struct job *job)
{
    struct db *db = job->context->db;
    struct job_step_list_rows steps;
    struct error *e = job->class->plan(job);

    assert(e || (job->plan && job->plan->count <= COUNT(job->has_ended)));
    for (size_t i = 0; !e && i < job->plan->count; i++)
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
        e = sql_job_lease(job->context->db, job->arena, job->class->is_billing, clock_now_ms(),
                          &job->row);
    if (!e)
        e = steps_plan(job);
    return transaction_end(job, e);
}

struct error *job_take(struct worker_context *context, const struct job_class *class,
                       struct job *out, bool *has_one)
{
    struct job_next_due_row next;
    struct error *e;

    *out = (struct job){ .context = context, .arena = context->arena, .class = class };
    *has_one = false;
    arena_reset(context->arena);
    arena_reset(context->scratch);
    /* Check first, without a lock: most threads that are woken find nothing. */
    e = sql_job_next_due(context->db, context->arena, class->is_billing, &next);
    if (e || !next.due_at_ms || next.due_at_ms > clock_now_ms())
        return e;
    e = lease_take(out);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    out->begun_us = clock_monotonic_us();
    *has_one = true;
    return NULL;
}

/* ---- act ---- */

struct error *job_still_wanted(struct job *job)
{
    return job->class->still_wanted ? job->class->still_wanted(job) : NULL;
}

static struct error *step_run(struct job *job, size_t position)
{
    const struct step *step = &job->plan->steps[position];
    struct db *db = job->context->db;
    struct error *e;

    job->step = step->name;
    job->position = position;
    job->response = NULL;
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
                             job->response, clock_now_ms());
    return transaction_end(job, e);
}

static struct error *job_act(struct job *job)
{
    struct error *e = job->class->open ? job->class->open(job) : NULL;

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

struct error *job_close(struct job *job, const char *state, const char *text)
{
    return sql_job_end(job->context->db, job->arena, job->row.number, state, text, clock_now_ms());
}

/* The end cannot be recorded as it is: a bug, which must not block the subject forever. */
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
        log_info("job", log_text("kind", job->row.kind), log_text("id", job->row.id),
                 log_text("vm", job->row.vm_id), log_number("took_ms", took_ms),
                 log_text("result", result));
    else
        log_error("job", log_text("kind", job->row.kind), log_text("id", job->row.id),
                  log_text("vm", job->row.vm_id), log_number("took_ms", took_ms),
                  log_text("result", result), log_number("attempt", job->row.attempts),
                  log_text("step", job->step), log_text("error", cause->text));
}

/* The end must be recorded: until then nothing else may work on the subject. */
static void job_record(struct job *job, const struct error *cause)
{
    const char *result = "";
    struct error *e;

    for (;;) {
        e = db_begin(job->context->db, job->arena);
        if (!e)
            e = job->class->end(job, cause, &result);
        e = transaction_end(job, e);
        if (e && e->kind == ERROR_CONFLICT) {
            result = "misfit";
            cause = e;
            e = record_misfit(job, e);
        }
        if (!e)
            break;
        log_error("job_record", log_text("id", job->row.id), log_text("error", e->text));
        if (e->kind == ERROR_NOT_FOUND)
            return; /* the team was deleted, and the job with it */
        context_sleep(job->context, RECORD_AGAIN_MS);
    }
    job_log(job, result, cause);
}

void job_do(struct job *job)
{
    struct error *e = job_act(job);
    struct context now;

    if (job->class->finish)
        e = job->class->finish(job, e);
    job_record(job, e);
    now = worker_context_now(job->context, job->arena);
    outbound_write(&now, job->row.team_id);
}
