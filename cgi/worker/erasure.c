/* The sequence of a deletion; see erasure.h. */
#include "worker/erasure.h"

#include "base/backoff.h"
#include "base/limit.h"
#include "base/log.h"
#include "model/erasure_key.h"
#include "worker/erasure_step.h"

#include <string.h>

/* What is needed of a deletion, as it is now. */
static struct error *work_open(struct worker_context *context, const char *id,
                               struct erasure_work *out)
{
    const struct context now = worker_context_now(context, context->arena);
    struct error *e;

    *out = (struct erasure_work){ .context = context, .now = now };
    e = sql_erasure_get(now.db, now.arena, id, &out->row);
    return e ? e : sql_erasure_teams(now.db, now.arena, id, &out->teams);
}

/* From here on it cannot be undone. False: it was a moment ago. */
static struct error *begin(struct erasure_work *work, bool *out_is_begun)
{
    struct db *db = work->now.db;
    struct arena *arena = work->now.arena;
    struct error *e = db_begin(db, arena);

    if (!e)
        e = sql_erasure_get(db, arena, work->row.id, &work->row);
    *out_is_begun = !e;
    if (e && e->kind == ERROR_NOT_FOUND)
        e = NULL;
    if (!e && *out_is_begun && strcmp(work->row.state, ERASURE_STATE_WAITING) == 0)
        e = erasure_prints_take(work);
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    return e;
}

/* What ends with a step, in the transaction that records it. */
static struct error *step_end(struct erasure_work *work, int64_t position)
{
    struct db *db = work->now.db;
    struct error *e;

    if (position == ERASURE_RECEIPT)
        return erasure_receipt(work);
    if (position != ERASURE_SEARCH)
        return NULL;
    if (strcmp(work->row.subject, ERASURE_SUBJECT_KEY) == 0)
        return erasure_key_end(&work->now, work->row.id, work->answer);
    e = sql_erasure_prints_delete(db, work->now.arena, work->row.id);
    return e ? e : sql_erasure_salt_clear(db, work->now.arena, work->row.id);
}

/* The step's answer, or why it failed. */
static struct error *record(struct erasure_work *work, int64_t position, const struct error *cause)
{
    const char *state = cause           ? ERASURE_STEP_STATE_FAILED
                        : work->is_done ? ERASURE_STEP_STATE_DONE
                                        : ERASURE_STEP_STATE_WAITING;
    struct db *db = work->now.db;
    struct arena *arena = work->now.arena;
    struct error *e;

    work->now = worker_context_now(work->context, arena);
    e = db_begin(db, arena);
    if (!e)
        e = sql_erasure_step_put(db, arena, work->row.id, position, state,
                                 cause ? cause->text : work->answer, work->now.now_at);
    if (!e && !cause && work->is_done)
        e = step_end(work, position);
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    if (!e && cause)
        log_error("erasure", log_text("id", work->row.id),
                  log_text("step", ERASURE_STEP_NAMES[position]), log_text("error", cause->text));
    else if (!e && work->is_done)
        log_info("erasure", log_text("id", work->row.id),
                 log_text("step", ERASURE_STEP_NAMES[position]), log_text("state", state));
    return e;
}

/* What has failed many times is tried less often: a search reads, and writes, the whole database.
 */
static bool is_paused(const struct erasure_work *work, const struct erasure_steps_row *step)
{
    return strcmp(step->state, ERASURE_STEP_STATE_FAILED) == 0 &&
           step->attempts > LIMIT_ERASURE_TRIES &&
           step->at + backoff_ms(step->attempts - LIMIT_ERASURE_TRIES, LIMIT_ERASURE_PAUSE_S,
                                 LIMIT_ERASURE_PAUSE_MAX_S) >
               work->now.now_at;
}

static struct error *steps_run(struct erasure_work *work, bool is_due)
{
    struct erasure_steps_rows steps;
    struct error *e = sql_erasure_steps(work->now.db, work->now.arena, work->row.id, &steps);

    for (size_t i = 0; !e && i < steps.count; i++) {
        struct error *cause;

        if (strcmp(steps.row[i].state, ERASURE_STEP_STATE_DONE) == 0)
            continue;
        /* Before its time comes, only billing is stopped. */
        if (!is_due && steps.row[i].position != ERASURE_BILLING)
            return NULL;
        if (is_paused(work, &steps.row[i]))
            return NULL;
        work->is_done = false;
        work->answer = NULL;
        cause = erasure_step_act(work, (enum erasure_step)steps.row[i].position);
        e = record(work, steps.row[i].position, cause);
        if (cause || !work->is_done)
            return e;
    }
    return e;
}

static struct error *one_run(struct worker_context *context, const char *id)
{
    struct erasure_work work;
    bool is_due, is_begun = true;
    struct error *e = work_open(context, id, &work);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e; /* it was undone */
    is_due = work.row.due_at <= work.now.now_at;
    if (is_due && strcmp(work.row.state, ERASURE_STATE_WAITING) == 0)
        e = begin(&work, &is_begun);
    return e || !is_begun ? e : steps_run(&work, is_due);
}

struct error *erasure_run(struct worker_context *context)
{
    struct erasure_open_rows open;
    struct error *e = sql_erasure_open(context->db, context->arena, &open);

    /* One that fails keeps no other from its turn. */
    for (size_t i = 0; !e && i < open.count; i++)
        e = one_run(context, open.row[i].id);
    return e;
}
