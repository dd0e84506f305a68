/* The admin's list of jobs; see operator_jobs.h. */
#include "view/operator_jobs.h"

#include "base/array.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/vm_job.h"
#include "operator.sql.h"
#include "operator_jobs.html.h"
#include "web/list_query.h"
#include "web/live.h"

#include <string.h>

enum { ALL, OPEN, FAILED, DONE };

static const struct list_choice FILTERS[] = {
    [ALL] = { .value = "", .label = "All" },
    [OPEN] = { .value = "open", .label = "Waiting or running" },
    [FAILED] = { .value = JOB_STATE_FAILED, .label = "Failed" },
    [DONE] = { .value = JOB_STATE_DONE, .label = "Done" },
};
static const struct list_choice SORTS[] = {
    { .value = "newest", .label = "Newest" },
};
static const struct list_kind JOBS = {
    .path = "/operator/jobs",
    .things = "jobs",
    .filter_name = "state",
    .filter_label = "Filter by state",
    .filters = FILTERS,
    .filter_count = COUNT(FILTERS),
    .sorts = SORTS,
    .sort_count = COUNT(SORTS),
    .is_counted = true,
};

static const struct state {
    const char *state, *label, *chip;
} states[] = {
    { JOB_STATE_QUEUED, "Waiting", "off" },  { JOB_STATE_RUNNING, "Running", "work" },
    { JOB_STATE_DONE, "Done", "kept" },      { JOB_STATE_FAILED, "Failed", "bad" },
    { JOB_STATE_DROPPED, "Dropped", "off" },
};

static struct operator_job job_of(const struct operator_job_list_row *row)
{
    const bool is_vm = strcmp(row->subject_kind, JOB_SUBJECT_KIND_VM) == 0;
    const bool is_retried = row->attempts && strcmp(row->state, JOB_STATE_QUEUED) == 0;
    const struct state *state = states;

    while (strcmp(state->state, row->state) != 0)
        state++;
    return (struct operator_job){
        .title = is_vm ? vm_job_find(row->kind)->title : row->kind,
        .vm = row->vm,
        .vm_id = row->gone_at ? NULL : row->vm_id,
        .team = row->team,
        .label = state->label,
        .chip = state->chip,
        .error = row->error,
        .team_id = row->team_id,
        .number = row->number,
        .attempts = row->attempts,
        .requested_at = row->requested_at,
        .due_at = is_retried ? row->due_at : 0,
    };
}

static struct error *rows_read(struct request *r, const char *vm_id, const struct list_query *list,
                               struct operator_job_rows *out)
{
    struct operator_job_list_rows jobs;
    struct error *e = sql_operator_job_list(r->db, r->arena, vm_id, list->search, list->filter,
                                            list->skip, LIMIT_LIST_ROWS, &jobs);

    if (e)
        return e;
    out->count = jobs.count;
    out->row = arena_array(r->arena, jobs.count, sizeof *out->row);
    for (size_t i = 0; i < jobs.count; i++)
        out->row[i] = job_of(&jobs.row[i]);
    return NULL;
}

struct error *operator_jobs_of_vm(struct request *r, const char *vm_id,
                                  struct operator_job_rows *out)
{
    const struct list_query all = { .search = "", .filter = "" };

    return rows_read(r, vm_id, &all, out);
}

struct error *operator_jobs_respond(struct request *r)
{
    struct operator_jobs_html page = { .is_empty = false };
    struct list_query *list = &page.list;
    struct list_choice *filters;
    struct operator_job_count_row found;
    struct error *e = list_query_read(r, &JOBS, list);

    if (!e)
        e = sql_operator_job_count(r->db, r->arena, list->search, &found);
    if (e)
        return e;
    filters = list->filters.row;
    filters[ALL].total = found.total;
    filters[OPEN].total = found.open;
    filters[FAILED].total = found.failed;
    filters[DONE].total = found.done;
    e = list_query_page(r, filters[list_query_filter(list)].total, list);
    if (!e)
        e = rows_read(r, "", list, &page.jobs);
    if (e)
        return e;
    page.is_empty = !found.total && !*list->search;
    r->frame.title = "Jobs";
    r->frame.section = "operator";
    live_respond(r, render_operator_jobs, &page);
    return NULL;
}
