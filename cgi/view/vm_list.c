/* The list of a team's VMs; see vm_list.h. */
#include "view/vm_list.h"

#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"
#include "job.sql.h"
#include "main_constants.sql.h"
#include "model/ledger_cost.h"
#include "model/vm_job.h"
#include "model/vm_state.h"
#include "view/vm_access.h"
#include "view/vm_view.h"
#include "vms.html.h"
#include "web/list_query.h"
#include "web/session.h"

#include <string.h>

enum { ALL, RUNNING, STOPPED, ATTENTION };

static const struct list_choice FILTERS[] = {
    [ALL] = { .value = "", .label = "All" },
    [RUNNING] = { .value = "running", .label = "Running" },
    [STOPPED] = { .value = "stopped", .label = "Stopped" },
    [ATTENTION] = { .value = "attention", .label = "Needs attention" },
};
static const struct list_choice SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "name", .label = "Name" },
    { .value = "state", .label = "State" },
};
static const struct list_kind KIND = {
    .path = "/vms",
    .things = "VMs",
    .filter_name = "state",
    .filter_label = "Filter by state",
    .filters = FILTERS,
    .filter_count = COUNT(FILTERS),
    .sorts = SORTS,
    .sort_count = COUNT(SORTS),
    .is_counted = true,
};

enum { ERROR_CHARACTERS = 70 }; /* two lines of a row */

/* ---- rows ---- */

static bool can(const struct vm_list_row *vm, enum vm_trigger trigger)
{
    return vm_transition_find(vm->state, trigger) != NULL;
}

static struct error *job_fill(struct request *r, const struct vm_list_row *vm, struct vm_row *row)
{
    struct job_typical_ms_row typical = { .typical_ms = 0 };
    struct error *e =
        vm->job_kind ? sql_job_typical_ms(r->db, r->arena, vm->job_kind, &typical) : NULL;

    row->step = vm->step ? vm_view_step(vm->step, false) : NULL;
    row->working_at_ms = vm->working_at_ms;
    row->typical_ms = typical.typical_ms;
    return e;
}

static struct vm_row row_of(struct request *r, const struct price_list_rows *prices,
                            const struct vm_list_row *vm)
{
    const struct config_image *image = config_image_find(r->config, vm->image);
    const struct vm_view_state state =
        vm_view_state_of(vm->state, vm->state_at, vm->up_at, vm->unresponsive_at, vm->last_error);
    const struct ledger_use use = { vm->observed, vm->size, vm->disk_gb, vm->snapshot_gb };

    return (struct vm_row){
        .id = vm->id,
        .name = vm->name,
        .image = image ? image->label : vm->image,
        .size = arena_printf(r->arena, "%lld vCPU%s, %s", (long long)vm->vcpus,
                             vm->vcpus == 1 ? "" : "s", text_memory(r->arena, vm->memory_mb)),
        .label = state.label,
        .chip = state.chip,
        .state_since = state.since_at,
        .cpu_line = vm->cpu_line && strchr(vm->cpu_line, 'l') ? vm->cpu_line : "",
        .is_measured = vm->cpu_line != NULL,
        .cpu_percent = vm->cpu_percent,
        .cost_month = r->frame.has_billing
                          ? price_month(r->config, r->arena, ledger_rate(prices, &use, r->now_at))
                          : NULL,
        .ssh = vm_view_has_way_in(vm->state)
                   ? vm_access_ssh(r, vm->region, vm->image, vm->ssh_host, vm->ssh_port)
                   : NULL,
        .last_error = vm->last_error ? text_cut(r->arena, vm->last_error, ERROR_CHARACTERS) : NULL,
        .is_up = strcmp(vm->standing, VM_STATE_RUNNING) == 0,
        .is_silent = vm->unresponsive_at != 0,
        .is_working = vm_job_is_state(vm->state),
        .can_start = can(vm, VM_REQUEST_START),
        .can_stop = can(vm, VM_REQUEST_STOP),
        .can_restart = can(vm, VM_REQUEST_RESTART),
        .can_snapshot = can(vm, VM_REQUEST_SNAPSHOT),
        .can_resume = can(vm, VM_REQUEST_RESUME),
        .can_retry = can(vm, VM_REQUEST_RETRY),
        .can_destroy = can(vm, VM_REQUEST_DESTROY),
    };
}

static struct error *rows_fill(struct request *r, const char *search, struct vms_html *page)
{
    const struct list_query *list = &page->list;
    struct price_list_rows prices;
    struct vm_list_rows vms;
    struct error *e = sql_vm_list(r->db, r->arena, r->session->team_id, search, list->filter,
                                  list->sort, list->skip, LIMIT_LIST_ROWS, &vms);

    if (!e)
        e = sql_price_list(r->db, r->arena, &prices);
    if (e)
        return e;
    page->vms.count = vms.count;
    page->vms.row = arena_array(r->arena, vms.count, sizeof *page->vms.row);
    for (size_t i = 0; !e && i < vms.count; i++) {
        page->vms.row[i] = row_of(r, &prices, &vms.row[i]);
        page->is_working |= page->vms.row[i].is_working;
        e = job_fill(r, &vms.row[i], &page->vms.row[i]);
    }
    return e;
}

/* ---- the list ---- */

static void counts_fill(const struct vm_count_row *count, struct list_query *list)
{
    list->filters.row[ALL].total = count->total;
    list->filters.row[RUNNING].total = count->running;
    list->filters.row[STOPPED].total = count->stopped;
    list->filters.row[ATTENTION].total = count->attention;
}

struct error *vm_list_fill(struct request *r, struct vms_html *page)
{
    struct list_query *list = &page->list;
    struct vm_count_row count;
    const char *search;
    struct error *e = list_query_read(r, &KIND, list);

    if (e)
        return e;
    search = text_lower(r->arena, list->search);
    e = sql_vm_count(r->db, r->arena, r->session->team_id, search, &count);
    if (e)
        return e;
    counts_fill(&count, list);
    e = list_query_page(r, list->filters.row[list_query_filter(list)].total, list);
    return e ? e : rows_fill(r, search, page);
}
