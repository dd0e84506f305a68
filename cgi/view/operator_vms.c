/* The list of the VMs of all teams; see operator_vms.h. */
#include "view/operator_vms.h"

#include "base/array.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/host_check.h"
#include "model/vm_state.h"
#include "operator.sql.h"
#include "operator_vms.html.h"
#include "view/vm_view.h"
#include "web/list_query.h"
#include "web/live.h"
#include "web/session.h"

#include <string.h>

enum { ALL, RUNNING, STOPPED, ATTENTION, LOADED };

static const struct list_choice FILTERS[] = {
    [ALL] = { .value = "", .label = "All" },
    [RUNNING] = { .value = "running", .label = "Running" },
    [STOPPED] = { .value = "stopped", .label = "Stopped" },
    [ATTENTION] = { .value = "attention", .label = "Problems" },
    [LOADED] = { .value = "loaded", .label = "High load" },
};
static const struct list_choice SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "name", .label = "Name" },
    { .value = "team", .label = "Team" },
    { .value = "state", .label = "State" },
};
static const struct list_kind KIND = {
    .path = "/operator/vms",
    .things = "VMs",
    .filter_name = "state",
    .filter_label = "Filter by state",
    .filters = FILTERS,
    .filter_count = COUNT(FILTERS),
    .sorts = SORTS,
    .sort_count = COUNT(SORTS),
    .is_counted = true,
};

static struct operator_vm row_of(struct request *r, const struct region_status_list_rows *hosts,
                                 const struct operator_vm_list_row *vm)
{
    struct vm_view_state state =
        vm_view_state_of(vm->state, vm->state_at, vm->up_at, vm->unresponsive_at, vm->last_error);

    if (host_is_away(hosts, vm->region))
        state = vm_view_state_away(r->arena, state, vm->observed_at);
    return (struct operator_vm){
        .id = vm->id,
        .name = vm->name,
        .size = vm_view_size(r->arena, vm->vcpus, vm->memory_mb, vm->disk_gb),
        .team = vm->team,
        .team_id = vm->team_id,
        .label = state.label,
        .chip = state.chip,
        .state_since = state.since_at,
        .observed = strcmp(vm->observed, VM_OBSERVED_ABSENT) == 0 ? "Not found"
                                                                  : vm_state_label(vm->observed),
        .observed_at = vm->observed_at,
        .region = vm->region,
        .image = vm->image,
        .created_at = vm->created_at,
        .last_error = vm->last_error,
        .cpu_full_since = vm->cpu_full_at,
        .limited_at = vm->limited_at,
        .ssh_port = vm->ssh_port,
        .is_up = state.is_up,
        .can_stop = vm_transition_find(vm->state, VM_REQUEST_STOP) != NULL,
        .is_own = vm->is_own != 0,
    };
}

/* Those that `list` asks for, or the one with `id`. */
static struct error *rows_read(struct request *r, const char *id, const struct list_query *list,
                               struct operator_vm_rows *out)
{
    struct region_status_list_rows hosts;
    struct operator_vm_list_rows vms;
    struct error *e =
        sql_operator_vm_list(r->db, r->arena, r->session->team_id, id, list->search, list->filter,
                             list->sort, list->skip, LIMIT_LIST_ROWS, &vms);

    if (!e)
        e = sql_region_status_list(r->db, r->arena, &hosts);
    if (e)
        return e;
    out->count = vms.count;
    out->row = arena_array(r->arena, vms.count, sizeof *out->row);
    for (size_t i = 0; i < vms.count; i++)
        out->row[i] = row_of(r, &hosts, &vms.row[i]);
    return NULL;
}

struct error *operator_vm_find(struct request *r, const char *id, struct operator_vm *out)
{
    const struct list_query all = { .search = "", .filter = "", .sort = "" };
    struct operator_vm_rows vms;
    struct error *e = rows_read(r, id, &all, &vms);

    if (!e && !vms.count)
        e = error_new(r->arena, ERROR_NOT_FOUND, "no such VM");
    if (!e)
        *out = vms.row[0];
    return e;
}

struct error *operator_vms_respond(struct request *r)
{
    struct operator_vms_html page = { .is_empty = false };
    struct list_choice *filters;
    struct operator_vm_count_row count;
    struct error *e = db_read(r->db, r->arena);

    if (!e)
        e = list_query_read(r, &KIND, &page.list);
    if (!e)
        e = sql_operator_vm_count(r->db, r->arena, page.list.search, &count);
    if (e)
        return e;
    filters = page.list.filters.row;
    filters[ALL].total = count.total;
    filters[RUNNING].total = count.running;
    filters[STOPPED].total = count.stopped;
    filters[ATTENTION].total = count.attention;
    filters[LOADED].total = count.loaded;
    e = list_query_page(r, filters[list_query_filter(&page.list)].total, &page.list);
    if (!e)
        e = rows_read(r, "", &page.list, &page.vms);
    if (e)
        return e;
    page.is_empty = !count.total && !*page.list.search;
    r->frame.title = "VMs of all teams";
    r->frame.section = "operator";
    live_respond(r, render_operator_vms, &page);
    return NULL;
}
