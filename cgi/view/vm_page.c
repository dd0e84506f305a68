/* The page of one VM; see vm_page.h. Read-only. */
#include "view/vm_page.h"

#include "activity.sql.h"
#include "base/date.h"
#include "job.sql.h"
#include "job_step.sql.h"
#include "main_constants.sql.h"
#include "model/billing_check.h"
#include "model/ledger.h"
#include "model/spend_cap.h"
#include "model/vm_command.h"
#include "model/vm_job.h"
#include "model/vm_state.h"
#include "receipt.sql.h"
#include "region_status.sql.h"
#include "view/vm_options.h"
#include "view/vm_usage.h"
#include "vm.html.h"
#include "vm_key.sql.h"
#include "web/session.h"

#include <string.h>

enum { EVENTS_ON_PAGE = 12 };

static struct error *steps_fill(struct request *r, struct vm_html *page,
                                const struct job_last_row *job)
{
    struct job_step_list_rows steps;
    struct error *e = sql_job_step_list(r->db, r->arena, r->session->team_id, job->number, &steps);

    if (e)
        return e;
    page->steps.count = steps.count;
    page->steps.row = arena_array(r->arena, steps.count, sizeof *page->steps.row);
    for (size_t i = 0; i < steps.count; i++) {
        const struct job_step_list_row *step = &steps.row[i];
        bool is_done = step->ended_at_ms != 0;
        bool is_now = !is_done && step->started_at_ms != 0 && !job->ended_at_ms;
        bool is_failed = !is_done && step->started_at_ms != 0 && job->ended_at_ms != 0;

        page->steps.row[i] = (struct vm_step){
            .name = step->name,
            .class_ = is_done     ? "done"
                      : is_now    ? "now"
                      : is_failed ? "failed"
                                  : "next",
            .took_ms = is_done ? step->ended_at_ms - step->started_at_ms : 0,
            .started_at_ms = step->started_at_ms,
            .is_done = is_done,
            .is_now = is_now,
            .is_failed = is_failed,
        };
    }
    return NULL;
}

static struct error *job_fill(struct request *r, struct vm_html *page)
{
    struct job_typical_ms_row typical;
    struct job_last_row job;
    bool is_over;
    struct error *e = sql_job_last(r->db, r->arena, r->session->team_id, page->vm.id, &job);

    if (e)
        return e;
    is_over = job.ended_at_ms != 0;
    page->job_title = is_over ? vm_job_find(job.kind)->over : vm_job_find(job.kind)->running;
    page->job_started_at_ms = is_over ? 0 : job.requested_at_ms;
    page->job_took_ms = is_over ? job.ended_at_ms - job.requested_at_ms : 0;
    page->attempts = job.attempts;
    page->is_waiting = strcmp(job.state, JOB_STATE_QUEUED) == 0 && job.attempts > 0;
    page->due_at = job.due_at_ms / 1000;
    page->job_error = is_over && strcmp(job.state, JOB_STATE_DONE) == 0 ? NULL : job.error;
    e = sql_job_typical_ms(r->db, r->arena, job.kind, &typical);
    if (e)
        return e;
    page->typical_ms = typical.typical_ms;
    return steps_fill(r, page, &job);
}

static struct error *snapshots_fill(struct request *r, struct vm_html *page)
{
    struct snapshot_list_rows rows;
    struct error *e = sql_snapshot_list(r->db, r->arena, r->session->team_id, page->vm.id, &rows);

    if (e)
        return e;
    page->snapshots.count = rows.count;
    page->snapshots.row = arena_array(r->arena, rows.count, sizeof *page->snapshots.row);
    for (size_t i = 0; i < rows.count; i++) {
        const struct snapshot_list_row *row = &rows.row[i];

        page->snapshots.row[i] = (struct vm_snapshot){
            .id = row->id,
            .name = row->name,
            .created_at = row->created_at,
            .is_ready = strcmp(row->state, SNAPSHOT_STATE_READY) == 0,
            .is_deletable = strcmp(row->state, SNAPSHOT_STATE_READY) == 0 ||
                            strcmp(row->state, SNAPSHOT_STATE_FAILED) == 0,
            .about = strcmp(row->state, SNAPSHOT_STATE_READY) != 0 ? row->state
                     : row->has_memory ? "with memory: it goes on from there"
                                       : "disk only",
        };
    }
    return NULL;
}

/* Which buttons are disabled, and why. */
static void buttons_fill(struct vm_html *page, const char *state)
{
    page->can_start = vm_transition_find(state, VM_REQUEST_START) != NULL;
    page->can_stop = vm_transition_find(state, VM_REQUEST_STOP) != NULL;
    page->can_restart = vm_transition_find(state, VM_REQUEST_RESTART) != NULL;
    page->can_resume = vm_transition_find(state, VM_REQUEST_RESUME) != NULL;
    page->can_retry = vm_transition_find(state, VM_REQUEST_RETRY) != NULL;
    page->can_snapshot = vm_transition_find(state, VM_REQUEST_SNAPSHOT) != NULL;
    page->can_destroy = vm_transition_find(state, VM_REQUEST_DESTROY) != NULL;
    page->stop_disabled_reason = vm_disabled_reason(state, VM_REQUEST_STOP);
    page->snapshot_disabled_reason = vm_disabled_reason(state, VM_REQUEST_SNAPSHOT);
    page->resize_disabled_reason = vm_disabled_reason(state, VM_REQUEST_RESIZE);
}

/* A suspended team's VMs stay stopped. */
static struct error *billing_fill(struct request *r, struct vm_html *page)
{
    const struct context context = request_context(r);
    struct error *e = billing_check(&context, r->session->team_id, BILLING_START);

    if (!e || !e->message)
        return e;
    page->can_start = page->can_restart = page->can_retry = page->can_resume = 0;
    page->stop_disabled_reason = e->message;
    return NULL;
}

static struct error *sizes_fill(struct request *r, struct vm_html *page,
                                const struct price_list_rows *prices, const struct vm_get_row *vm)
{
    struct vm_quota_row used;
    struct error *e = sql_vm_quota(r->db, r->arena, r->session->team_id, &used);

    if (e)
        return e;
    /* Its present size does not count against the quota. */
    used.vcpus -= vm->vcpus;
    used.memory_mb -= vm->memory_mb;
    used.disk_gb -= vm->disk_gb;
    page->sizes = vm_options_sizes(r, prices, &used, vm->disk_gb);
    options_select(&page->sizes, vm->size);
    return NULL;
}

struct costing {
    const struct price_list_rows *prices;
    struct ledger_sum sum;
};

static bool cost_add(void *context, const struct ledger_chunk_row *row)
{
    struct costing *costing = context;
    struct ledger_use use = ledger_use_of(row);

    ledger_sum_add(&costing->sum, costing->prices, &use, row->from_at, row->until_at);
    return true;
}

/* Its cost this month, and whether the spend cap allows new costs. */
static struct error *cost_fill(struct request *r, struct vm_html *page,
                               const struct price_list_rows *prices, const struct vm_get_row *vm)
{
    struct costing costing = { .prices = prices };
    struct ledger_walk walk = {
        .team_id = r->session->team_id,
        .from_at = date_month_start(r->now_at),
        .until_at = date_month_end(r->now_at),
        .vm_id = vm->id,
        .visit = cost_add,
        .context = &costing,
    };
    const struct context context = request_context(r);
    struct spend_cap spend;
    struct error *e = ledger_walk(r->db, r->arena, &walk);

    if (!e)
        e = ledger_sum_check(r->arena, &costing.sum);
    if (!e)
        e = spend_cap_check(&context, walk.team_id, &spend);
    if (e)
        return e;
    page->cost_month = price_amount(r->config, r->arena, ledger_sum_millicents(&costing.sum));
    page->spend_cap_reason = strcmp(vm->observed, VM_OBSERVED_RUNNING) == 0 ? NULL : spend.refusal;
    page->is_spent = spend.refusal != NULL;
    for (size_t i = 0; spend.refusal && i < page->sizes.count; i++) {
        const struct config_size *size = &r->config->sizes[i];

        if (vm_command_costs_more(prices, vm, size, r->now_at))
            page->sizes.row[i].disabled_reason = spend.refusal;
    }
    return NULL;
}

static struct error *accelerator_fill(struct request *r, const char *region, struct vm_html *page)
{
    struct region_status_get_row status;
    struct error *e = sql_region_status_get(r->db, r->arena, region, &status);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL; /* the worker has not reported yet */
    if (e)
        return e;
    page->is_emulated = strcmp(status.accelerator, "tcg") == 0;
    page->host_problem = status.error;
    return NULL;
}

static struct error *lists_fill(struct request *r, struct vm_html *page,
                                const struct price_list_rows *prices, const struct vm_get_row *vm)
{
    int64_t team_id = r->session->team_id;
    struct error *e = job_fill(r, page);

    if (!e)
        e = snapshots_fill(r, page);
    if (!e)
        e = sql_activity_of_vm(r->db, r->arena, team_id, vm->id, EVENTS_ON_PAGE, &page->events);
    if (!e)
        e = sql_vm_key_list(r->db, r->arena, team_id, vm->id, &page->keys);
    if (!e)
        e = sql_receipt_list(r->db, r->arena, team_id, vm->id, &page->receipt);
    if (!e)
        e = sizes_fill(r, page, prices, vm);
    if (!e)
        e = cost_fill(r, page, prices, vm);
    if (!e)
        e = accelerator_fill(r, vm->region, page);
    if (!e)
        e = vm_usage_fill(r, vm, page);
    return e;
}

struct error *vm_page_fill(struct request *r, const char *id, struct vm_html *page)
{
    struct price_list_rows prices;
    struct vm_get_row vm;
    struct error *e = db_read(r->db, r->arena);

    *page = (struct vm_html){ .rename = NULL };
    if (!e)
        e = sql_vm_get(r->db, r->arena, r->session->team_id, id, &vm);
    if (!e)
        e = sql_price_list(r->db, r->arena, &prices);
    if (e)
        return e;
    page->vm = vm_view_of(r, &prices, &vm);
    page->rename = vm.name;
    page->created_at = vm.created_at;
    page->gone_at = vm.gone_at;
    page->is_destroying = strcmp(vm.state, VM_STATE_DESTROYING) == 0;
    page->unresponsive_at = vm.unresponsive_at;
    page->fingerprint = vm.gone_at ? NULL : vm.host_key_fingerprint;
    page->known_hosts = vm_view_known_hosts(r, &vm);
    page->observed = vm.observed;
    page->observed_at = vm.observed_at;
    page->snapshot_name = arena_printf(r->arena, "Snapshot of %s", date_plain(r->arena, r->now_at));
    buttons_fill(page, vm.state);
    r->frame.title = arena_printf(r->arena, "%s: %s", vm.name, page->vm.label);
    r->frame.section = "vms";
    e = billing_fill(r, page);
    if (!e)
        e = lists_fill(r, page, &prices, &vm);
    return e;
}
