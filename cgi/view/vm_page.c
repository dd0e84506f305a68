/* The page of one VM; see vm_page.h. Read-only. */
#include "view/vm_page.h"

#include "base/array.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "job.sql.h"
#include "job_step.sql.h"
#include "main_constants.sql.h"
#include "model/billing_check.h"
#include "model/host_check.h"
#include "model/spend_cap.h"
#include "model/vm_command.h"
#include "model/vm_job.h"
#include "model/vm_state.h"
#include "team.sql.h"
#include "view/activity_day.h"
#include "view/vm_chart.h"
#include "view/vm_cost.h"
#include "view/vm_internet.h"
#include "view/vm_keys.h"
#include "view/vm_life_view.h"
#include "view/vm_options.h"
#include "vm.html.h"
#include "vm_key.sql.h"
#include "web/list_position.h"
#include "web/list_query.h"
#include "web/session.h"

#include <string.h>

static const struct list_choice SNAPSHOT_SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "name", .label = "Name" },
    { .value = "size", .label = "Size" },
};

enum { EVENTS_ON_OVERVIEW = 3, KEYS_ON_OVERVIEW = 3 };
enum { CAUSE_CHARACTERS = 80 }; /* two lines of a phone */

/* ---- the job ---- */

static struct vm_step step_of(const struct job_last_row *job, const struct job_step_list_row *step)
{
    bool is_done = step->ended_at_ms != 0;
    bool is_begun = !is_done && step->started_at_ms != 0;
    bool is_now = is_begun && strcmp(job->state, JOB_STATE_RUNNING) == 0;
    bool is_failed = is_begun && !is_now && (job->ended_at_ms || job->attempts);

    return (struct vm_step){
        .name = vm_view_step(step->name, is_done),
        .class_ = is_done     ? "done"
                  : is_now    ? "now"
                  : is_failed ? "failed"
                              : "next",
        .took_ms = is_done ? step->ended_at_ms - step->started_at_ms : 0,
        .is_done = is_done,
        .is_now = is_now,
        .is_failed = is_failed,
    };
}

static struct error *steps_fill(struct request *r, struct vm_html *page,
                                const struct job_last_row *job)
{
    struct job_step_list_rows steps;
    struct error *e = sql_job_step_list(r->db, r->arena, r->session->team_id, job->number, &steps);

    if (e)
        return e;
    page->steps.row = arena_array(r->arena, steps.count, sizeof *page->steps.row);
    for (size_t i = 0; i < steps.count; i++) {
        if (!vm_view_step(steps.row[i].name, false))
            continue;
        page->steps.row[page->steps.count] = step_of(job, &steps.row[i]);
        page->steps_done += page->steps.row[page->steps.count++].is_done;
    }
    return NULL;
}

/* The job that is under way, or that has failed and left the VM as it is. */
static struct error *job_fill(struct request *r, const struct vm_get_row *vm, struct vm_html *page)
{
    struct job_typical_of_image_row typical;
    struct job_last_row job;
    const struct vm_job *kind;
    struct error *e = sql_job_last(r->db, r->arena, r->session->team_id, page->vm.id, &job);

    if (e)
        return e;
    kind = vm_job_find(job.kind);
    if (job.ended_at_ms && strcmp(job.state, JOB_STATE_FAILED) != 0) {
        page->job_ended = strcmp(job.state, JOB_STATE_DONE) == 0 ? kind->done : NULL;
        return NULL;
    }
    if (!job.ended_at_ms && vm_view_snapshot_label(page->vm.state, job.kind))
        page->vm.label = kind->running;
    page->job_title =
        job.ended_at_ms ? arena_printf(r->arena, "%s failed", kind->title) : kind->running;
    page->job_ended = job.ended_at_ms ? page->job_title : NULL;
    page->job_started_at_ms = job.ended_at_ms ? 0 : job.requested_at_ms;
    page->job_elapsed_ms = (job.ended_at_ms ? job.ended_at_ms : r->now_ms) - job.requested_at_ms;
    page->attempts = job.attempts;
    page->is_queued = strcmp(job.state, JOB_STATE_QUEUED) == 0;
    page->is_waiting = page->is_queued && job.attempts > 0;
    page->due_at = job.due_at_ms / 1000;
    e = sql_job_typical_of_image(r->db, r->arena, job.kind, vm->image, &typical);
    if (e)
        return e;
    page->typical_ms = typical.typical_ms;
    return steps_fill(r, page, &job);
}

/* ---- the tabs ---- */

static const char *snapshot_label(const char *state)
{
    return strcmp(state, SNAPSHOT_STATE_READY) == 0      ? "Ready"
           : strcmp(state, SNAPSHOT_STATE_FAILED) == 0   ? "Failed"
           : strcmp(state, SNAPSHOT_STATE_DELETING) == 0 ? "Deleting"
                                                         : "Creating";
}

static bool snapshot_is(const struct snapshot_list_row *row, const char *state)
{
    return strcmp(row->state, state) == 0;
}

/* "9 GB of disk quota, 900 MB memory": what several hold of the quota, and of memory beside it. */
static const char *snapshots_use(struct arena *arena, const struct snapshot_list_rows *rows)
{
    int64_t disk_gb = 0, memory_bytes = 0, count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        if (snapshot_is(&rows->row[i], SNAPSHOT_STATE_FAILED))
            continue;
        count++;
        disk_gb += rows->row[i].disk_gb;
        memory_bytes += rows->row[i].size_bytes;
    }
    if (count < 2)
        return NULL;
    return arena_printf(
        arena, "%s of disk quota%s%s%s", text_disk(arena, disk_gb), memory_bytes ? ", " : "",
        memory_bytes ? text_bytes(arena, memory_bytes) : "", memory_bytes ? " memory" : "");
}

static struct vm_snapshot snapshot_of(struct request *r, const struct vm_html *page,
                                      const struct snapshot_list_row *row)
{
    bool is_ready = snapshot_is(row, SNAPSHOT_STATE_READY);
    bool is_failed = snapshot_is(row, SNAPSHOT_STATE_FAILED);

    struct vm_snapshot snapshot = {
        .id = row->id,
        .name = row->name,
        .created_at = row->created_at,
        .created = date_moment(r->arena, row->created_at, r->now_at),
        .disk = is_ready ? text_disk(r->arena, row->disk_gb) : NULL,
        .memory = is_ready && row->has_memory ? text_bytes(r->arena, row->size_bytes) : NULL,
        .label = snapshot_label(row->state),
        .class_ = is_ready    ? NULL
                  : is_failed ? "bad"
                              : "work",
        .can_restore = is_ready && page->can_restore && !r->frame.is_restricted,
        .can_clone =
            is_ready && !page->host_problem && !r->frame.is_restricted && !r->frame.is_viewer,
        .can_delete = (is_ready || is_failed) && page->can_restore,
    };

    snapshot.has_menu = snapshot.can_clone || snapshot.can_delete;
    return snapshot;
}

/* Who had them made. */
static struct error *snapshots_made_fill(struct request *r, struct vm_html *page)
{
    struct snapshot_made_rows made;
    struct error *e = sql_snapshot_made(r->db, r->arena, r->session->team_id, page->vm.id, &made);

    for (size_t i = 0; !e && i < made.count; i++) {
        for (size_t n = 0; n < page->snapshots.found.count; n++) {
            struct vm_snapshot *snapshot = &page->snapshots.found.row[n];

            if (strcmp(snapshot->id, made.row[i].snapshot_id) != 0)
                continue;
            snapshot->who = made.row[i].who;
        }
    }
    return e;
}

/* On their own tab, those that are asked for; on the others, their number counts. */
static struct error *snapshots_fill(struct request *r, struct vm_html *page)
{
    const struct list_kind kind = {
        .path = arena_printf(r->arena, "/vms/%s/snapshots", page->vm.id),
        .things = "snapshots",
        .sorts = SNAPSHOT_SORTS,
        .sort_count = COUNT(SNAPSHOT_SORTS),
    };
    bool is_tab = strcmp(page->tab, VM_TAB_SNAPSHOTS) == 0;
    struct list_query *list = &page->list;
    struct snapshot_list_rows rows;
    struct error *e = is_tab ? list_query_read(r, &kind, list) : NULL;

    if (!e)
        e = sql_snapshot_list(r->db, r->arena, r->session->team_id, page->vm.id,
                              is_tab ? list->search : "", is_tab ? list->sort : "", &rows);
    if (e)
        return e;
    page->snapshots.total = (int64_t)rows.count;
    if (!is_tab)
        return NULL;
    page->snapshots.use = snapshots_use(r->arena, &rows);
    page->snapshots.found.row =
        arena_array(r->arena, rows.count, sizeof *page->snapshots.found.row);
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.row[i].is_match)
            page->snapshots.found.row[page->snapshots.found.count++] =
                snapshot_of(r, page, &rows.row[i]);
    }
    e = list_query_page(r, (int64_t)page->snapshots.found.count, list);
    page->snapshots.has_tools = rows.count > LIMIT_SHORT_LIST || !list->is_plain;
    return e ? e : snapshots_made_fill(r, page);
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
    page->can_restore = page->can_snapshot && !page->host_problem;
    if (page->host_problem)
        page->snapshot_disabled_reason = page->resize_disabled_reason = page->host_problem;
}

static void start_refuse(struct vm_html *page, const char *why)
{
    page->can_start = page->can_restart = page->can_retry = page->can_resume = 0;
    page->stop_disabled_reason = why;
}

/* What becomes less is allowed (model/restriction.h). */
static void restriction_fill(const struct request *r, struct vm_html *page)
{
    const char *why =
        r->frame.suspended_reason ? "This team is suspended." : "Your account is restricted.";

    start_refuse(page, why);
    page->can_snapshot = 0;
    page->snapshot_disabled_reason = page->resize_disabled_reason = why;
}

static void viewer_fill(struct vm_html *page)
{
    start_refuse(page, NULL);
    page->can_stop = page->can_snapshot = page->can_restore = page->can_destroy = 0;
}

/* A suspended team's VMs stay stopped. */
static struct error *billing_fill(struct request *r, struct vm_html *page)
{
    const struct context context = request_context(r);
    struct error *e = billing_check(&context, r->session->team_id, BILLING_START);

    if (!e || !e->message)
        return e;
    start_refuse(page, e->message);
    return NULL;
}

static struct error *sizes_fill(struct request *r, struct vm_html *page,
                                const struct price_list_rows *prices, const struct vm_get_row *vm)
{
    struct quota_used used;
    const struct context context = request_context(r);
    struct error *e = quota_read(&context, r->session->team_id, &used);

    if (e)
        return e;
    /* Its present size does not count against the quota. */
    used.vcpus -= vm->vcpus;
    used.memory_mb -= vm->memory_mb;
    used.disk_gb -= vm->disk_gb;
    page->sizes = vm_options_sizes(r, prices, &used, vm_options_least(r, vm->image, 0));
    for (size_t i = 0; i < page->sizes.count; i++) {
        if (strcmp(r->config->sizes[i].name, vm->size) == 0)
            page->sizes.row[i].disabled_reason = NULL; /* a smaller quota does not take it away */
        if (r->config->sizes[i].disk_gb < vm->disk_gb)
            page->sizes.row[i].disabled_reason = arena_printf(
                r->arena, "Disks can’t shrink: this VM has %s", text_disk(r->arena, vm->disk_gb));
    }
    options_select(&page->sizes, vm->size);
    return NULL;
}

/* Its cost this month, and whether the spend cap allows new costs. */
static struct error *cost_fill(struct request *r, struct vm_html *page,
                               const struct price_list_rows *prices, const struct vm_get_row *vm)
{
    const struct context context = request_context(r);
    struct spend_cap spend;
    struct error *e = vm_cost_find(r, prices, vm, &page->cost);

    if (!e)
        e = spend_cap_check(&context, r->session->team_id, &spend);
    if (e)
        return e;
    page->spend_cap_reason = strcmp(vm->observed, VM_OBSERVED_RUNNING) == 0 ? NULL : spend.refusal;
    page->is_spent = spend.refusal != NULL;
    for (size_t i = 0; spend.refusal && i < page->sizes.count; i++) {
        const struct config_size *size = &r->config->sizes[i];

        if (vm_command_costs_more(prices, vm, size, r->now_at))
            page->sizes.row[i].disabled_reason = "Over the spending limit";
    }
    return NULL;
}

/* The newest entries on the overview; all of them, page by page, on their own tab. */
static struct error *activity_fill(struct request *r, struct vm_html *page)
{
    bool is_overview = strcmp(page->tab, VM_TAB_OVERVIEW) == 0;
    struct list_position position = { .at = INT64_MAX, .id = "" };
    const struct activity_entry *last;
    struct error *e = is_overview ? NULL : list_position_read(r, &position);

    if (!e)
        e = activity_view_vm(r, page->vm.id, position.at, position.id,
                             is_overview ? EVENTS_ON_OVERVIEW : LIMIT_LIST_ROWS + 1, &page->events);
    if (!e && !is_overview)
        e = activity_view_steps(r, &page->events);
    if (e || is_overview)
        return e;
    if (list_cut(&page->events.count)) {
        last = &page->events.row[page->events.count - 1];
        page->next = list_position_text(r->arena, last->at_ms, last->id);
    }
    page->days = activity_days(r->arena, page->events, r->now_at);
    if (position.at != INT64_MAX)
        page->before = list_position_text(r->arena, position.at, position.id);
    return NULL;
}

/* The first keys; the others are a click away. */
static struct error *keys_fill(struct request *r, struct vm_html *page, const char *vm_id)
{
    struct vm_key_list_rows *keys = &page->keys, *more = &page->more_keys;
    struct error *e = sql_vm_key_list(r->db, r->arena, r->session->team_id, vm_id, keys);

    if (e || keys->count <= KEYS_ON_OVERVIEW)
        return e;
    more->row = keys->row + KEYS_ON_OVERVIEW;
    more->count = keys->count - KEYS_ON_OVERVIEW;
    keys->count = KEYS_ON_OVERVIEW;
    return NULL;
}

/* Why there are no charts. */
static struct error *measured_fill(struct request *r, struct vm_html *page)
{
    struct team_get_row team;
    struct error *e = sql_team_get(r->db, r->arena, r->session->team_id, &team);

    if (!e)
        page->vm.is_unmeasured = team.is_unmeasured;
    return e;
}

static struct error *overview_fill(struct request *r, struct vm_html *page,
                                   const struct vm_get_row *vm)
{
    struct error *e = activity_fill(r, page);

    if (!e)
        e = keys_fill(r, page, vm->id);
    vm_keys_fill_pace(vm, &page->held);
    /* While it starts, stops or goes, the job's steps have the place of the charts. */
    if (e || (page->vm.is_working && !page->vm.has_way_in))
        return e;
    e = vm_chart_fill(r, vm, page);
    return e || page->charts.count ? e : measured_fill(r, page);
}

static struct error *lists_fill(struct request *r, struct vm_html *page,
                                const struct price_list_rows *prices, const struct vm_get_row *vm)
{
    struct error *e = job_fill(r, vm, page);

    if (!e)
        e = snapshots_fill(r, page);
    if (!e && strcmp(page->tab, VM_TAB_OVERVIEW) == 0)
        e = overview_fill(r, page, vm);
    if (!e && strcmp(page->tab, VM_TAB_ACTIVITY) == 0)
        e = activity_fill(r, page);
    if (!e && strcmp(page->tab, VM_TAB_SETTINGS) == 0)
        e = sizes_fill(r, page, prices, vm);
    if (!e && strcmp(page->tab, VM_TAB_SETTINGS) == 0)
        e = vm_keys_fill(r, vm, &page->held);
    if (!e)
        e = cost_fill(r, page, prices, vm);
    return e;
}

static void row_fill(struct request *r, struct vm_html *page, const struct vm_get_row *vm)
{
    const struct vm_life life = vm_life_of(vm);
    bool is_reachable = page->vm.has_way_in;

    page->access = is_reachable ? vm_access_of(r, vm) : (struct vm_access){ .ssh = NULL };
    if (vm->last_error) {
        page->cause = text_cut(r->arena, vm->last_error, CAUSE_CHARACTERS);
        page->is_cause_cut = strcmp(page->cause, vm->last_error) != 0;
    }
    page->life = vm_life_view_of(r, &life, config_region_find(r->config, vm->region));
    page->rename = vm->name;
    page->size_name = vm->size;
    page->created_at = vm->created_at;
    page->is_destroying = strcmp(vm->state, VM_STATE_DESTROYING) == 0;
    page->unresponsive_at = vm->unresponsive_at;
    page->observed = vm->observed;
    page->observed_at = vm->observed_at;
    page->snapshots.name = date_minute(r->arena, r->now_at);
    page->snapshots.new_disk = text_disk(r->arena, vm->disk_gb);
}

/* The tabs differ in the browser's history. */
static const char *tab_title(const char *tab, const char *state)
{
    return strcmp(tab, VM_TAB_SNAPSHOTS) == 0  ? "Snapshots"
           : strcmp(tab, VM_TAB_ACTIVITY) == 0 ? "Activity"
           : strcmp(tab, VM_TAB_SETTINGS) == 0 ? "Settings"
                                               : state;
}

struct error *vm_page_fill(struct request *r, const struct vm_get_row *vm, const char *tab,
                           struct vm_html *page)
{
    const struct context context = request_context(r);
    struct error *away = host_check(&context, vm->region), *e;
    struct price_list_rows prices;

    *page = (struct vm_html){ .tab = tab };
    if (away && !away->message)
        return away;
    e = sql_price_list(r->db, r->arena, &prices);
    if (e)
        return e;
    page->host_problem = away ? away->message : NULL;
    page->vm = vm_view_of(r, &prices, vm, away != NULL);
    row_fill(r, page, vm);
    buttons_fill(page, vm->state);
    r->frame.section = "vms";
    e = vm_internet_fill(r, vm, &page->internet);
    if (!e)
        e = billing_fill(r, page);
    if (r->frame.is_restricted)
        restriction_fill(r, page);
    if (r->frame.is_viewer)
        viewer_fill(page);
    if (!e)
        e = lists_fill(r, page, &prices, vm);
    r->frame.title = arena_printf(r->arena, "%s: %s", vm->name, tab_title(tab, page->vm.label));
    return e;
}
