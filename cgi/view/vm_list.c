/* The list of a team's VMs; see vm_list.h. */
#include "view/vm_list.h"

#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"
#include "job.sql.h"
#include "main_constants.sql.h"
#include "model/host_check.h"
#include "model/ledger_cost.h"
#include "model/quota.h"
#include "model/vm_job.h"
#include "model/vm_labels.h"
#include "model/vm_state.h"
#include "snapshot.sql.h"
#include "team.sql.h"
#include "view/vm_access.h"
#include "view/vm_life_view.h"
#include "view/vm_view.h"
#include "vms.html.h"
#include "web/list_query.h"
#include "web/session.h"

#include <stdlib.h>
#include <string.h>

enum { NEWEST, NAME, STATE };

static const struct list_choice FILTERS[] = {
    { .value = "", .label = "All" },
    { .value = "running", .label = "Running" },
    { .value = "stopped", .label = "Stopped" },
    { .value = "attention", .label = "Problems" },
};
static const struct list_choice SORTS[] = {
    [NEWEST] = { .value = "newest", .label = "Newest" },
    [NAME] = { .value = "name", .label = "Name" },
    [STATE] = { .value = "state", .label = "State" },
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

enum { ERROR_CHARACTERS = 70 }; /* two lines on a phone, and one elsewhere */

/* ---- rows ---- */

/*
 * What the rows are made with: what a VM costs, which hosts can be reached, and, because many VMs
 * of a list are alike, the row before with what was made of it.
 */
struct setting {
    struct price_list_rows prices;
    struct snapshot_sizes_rows snapshots;
    struct vm_label_list_rows labels;
    const struct region_status_list_rows *hosts;
    const struct vm_list_row *last; /* NULL: none yet */
    unsigned events;                /* valid in its state */
    bool is_working;                /* a state in which a job is under way */
    const char *size, *disk, *month;
    int64_t rate; /* millicents an hour, of `month` */
};

/* What the worker does with the VM now. */
static struct error *work_fill(struct request *r, const struct vm_list_row *vm, struct vm_row *row)
{
    const char *label;
    struct job_typical_of_image_row typical = { .typical_ms = 0 };
    struct job_working_row job;
    struct error *e = sql_job_working(r->db, r->arena, r->session->team_id, row->id, &job);

    if (!e && job.kind)
        e = sql_job_typical_of_image(r->db, r->arena, job.kind, vm->image, &typical);
    if (e)
        return e;
    label = job.open_kind ? vm_view_snapshot_label(vm->state, job.open_kind) : NULL;
    row->label = label ? label : row->label;
    row->step = job.step ? vm_view_step(job.step, false) : NULL;
    row->working_at_ms = job.requested_at_ms;
    row->typical_ms = typical.typical_ms;
    if (job.kind)
        row->last_error = NULL;
    return NULL;
}

static int by_vm(const void *key, const void *row)
{
    return strcmp(key, ((const struct snapshot_sizes_row *)row)->vm_id);
}

/* Of the snapshots of a VM. */
static int64_t snapshots_gb(const struct snapshot_sizes_rows *sizes, const char *vm_id)
{
    const struct snapshot_sizes_row *size =
        sizes->count ? bsearch(vm_id, sizes->row, sizes->count, sizeof *sizes->row, by_vm) : NULL;

    return size ? size->disk_gb : 0;
}

/* To a row: what it has in common with the one before stays. */
static void setting_turn(struct request *r, struct setting *setting, const struct vm_list_row *vm,
                         int64_t rate)
{
    const struct vm_list_row *last = setting->last;

    if (!last || strcmp(last->state, vm->state) != 0) {
        setting->events = vm_state_events(vm->state);
        setting->is_working = vm_job_is_state(vm->state);
    }
    if (!last || last->vcpus != vm->vcpus || last->memory_mb != vm->memory_mb)
        setting->size =
            arena_printf(r->arena, "%lld vCPU%s, %s", (long long)vm->vcpus,
                         vm->vcpus == 1 ? "" : "s", text_memory(r->arena, vm->memory_mb));
    if (!last || last->disk_gb != vm->disk_gb)
        setting->disk = text_disk(r->arena, vm->disk_gb);
    if (r->frame.has_billing && (!last || setting->rate != rate))
        setting->month = price_month(r->config, r->arena, rate);
    setting->rate = rate;
    setting->last = vm;
}

static int by_id(const void *key, const void *row)
{
    return strcmp(key, ((const struct vm_label_list_row *)row)->id);
}

/* NULL: it has neither project nor tags. */
static const struct vm_label_list_row *labels_find(const struct setting *setting, const char *id)
{
    const struct vm_label_list_rows *labels = &setting->labels;

    return labels->count ? bsearch(id, labels->row, labels->count, sizeof *labels->row, by_id)
                         : NULL;
}

static struct vm_row row_of(struct request *r, struct setting *setting,
                            const struct vm_list_row *vm)
{
    const struct config_image *image = config_image_find(r->config, vm->image);
    const bool is_away = host_is_away(setting->hosts, vm->region);
    struct vm_view_state state =
        vm_view_state_of(vm->state, vm->state_at, vm->up_at, vm->unresponsive_at, vm->last_error);
    const struct ledger_use use = { vm->observed, vm->size, vm->disk_gb,
                                    snapshots_gb(&setting->snapshots, vm->id) };
    unsigned now;

    setting_turn(r, setting, vm, ledger_rate(&setting->prices, &use, r->now_at));
    now = is_away ? 0 : setting->events;
    if (r->frame.is_viewer)
        now = 0;
    if (r->frame.is_restricted)
        now &= 1U << VM_REQUEST_STOP;
    if (is_away)
        state = vm_view_state_away(r->arena, state, vm->observed_at);
    return (struct vm_row){
        .id = vm->id,
        .name = vm->name,
        .image = image ? image->label : vm->image,
        .size = setting->size,
        .disk = setting->disk,
        .label = state.label,
        .chip = state.chip,
        .state_since = state.since_at,
        .cpu_line = vm->cpu_line && strchr(vm->cpu_line, 'l') ? vm->cpu_line : "",
        .is_measured = vm->cpu_line != NULL,
        .cpu_percent = vm->cpu_percent,
        .cost_month = setting->month,
        .ssh = vm_view_has_way_in(vm->state)
                   ? vm_access_ssh(r, vm->region, vm->image, vm->ssh_host, vm->ssh_port)
                   : NULL,
        .last_error = vm->last_error ? text_cut(r->arena, vm->last_error, ERROR_CHARACTERS) : NULL,
        .is_up = strcmp(vm->standing, VM_STATE_RUNNING) == 0 && !is_away,
        .is_silent = vm->unresponsive_at != 0 && !is_away && !r->frame.is_viewer,
        .is_away = is_away && !setting->is_working,
        .is_working = setting->is_working,
        .can_start = now >> VM_REQUEST_START & 1,
        .can_stop = now >> VM_REQUEST_STOP & 1,
        .can_restart = now >> VM_REQUEST_RESTART & 1,
        .can_snapshot = now >> VM_REQUEST_SNAPSHOT & 1,
        .can_resume = now >> VM_REQUEST_RESUME & 1,
        .can_retry = now >> VM_REQUEST_RETRY & 1,
        .can_destroy = setting->events >> VM_REQUEST_DESTROY & !r->frame.is_viewer,
    };
}

static struct error *setting_read(struct request *r, struct setting *out)
{
    struct error *e = sql_price_list(r->db, r->arena, &out->prices);

    if (!e)
        e = sql_vm_label_list(r->db, r->arena, r->session->team_id, &out->labels);
    return e ? e : sql_snapshot_sizes(r->db, r->arena, r->session->team_id, &out->snapshots);
}

static struct vm_label_rows labels_of(struct request *r, const struct setting *setting,
                                      const char *id)
{
    const struct vm_label_list_row *labels = labels_find(setting, id);

    return labels ? vm_labels_view_of(r->arena, labels->project, labels->tags)
                  : (struct vm_label_rows){ .count = 0 };
}

/* When lives end (model/vm_life.h): few VMs have one that does. */
static struct error *lives_fill(struct request *r, struct vm_row_rows *rows)
{
    struct vm_life_list_rows lives;
    struct error *e = sql_vm_life_list(r->db, r->arena, r->session->team_id, &lives);

    for (size_t i = 0; !e && i < lives.count; i++) {
        const struct vm_life_list_row *row = &lives.row[i];
        const struct vm_life life = { row->life,         row->state,    row->state_at,
                                      row->life_minutes, row->clock_at, row->measured_at,
                                      row->warned_at };

        for (size_t n = 0; n < rows->count; n++) {
            if (strcmp(rows->row[n].id, row->id) == 0)
                rows->row[n].clock = vm_life_view_clock(r->arena, &life, r->now_at);
        }
    }
    return e;
}

/* The rows of a page, in its order. */
static struct error *rows_fill(struct request *r, struct setting *setting,
                               const struct vm_list_row *const *vms, struct vms_html *page)
{
    struct vm_row_rows *rows = &page->vms;
    struct error *e = NULL;

    for (size_t i = 0; !e && i < rows->count; i++) {
        rows->row[i] = row_of(r, setting, vms[i]);
        page->is_working |= rows->row[i].is_working;
        page->has_up |= rows->row[i].is_up;
        rows->row[i].labels = labels_of(r, setting, vms[i]->id);
        if (rows->row[i].is_working)
            e = work_fill(r, vms[i], &rows->row[i]);
    }
    return e ? e : lives_fill(r, rows);
}

/* ---- the list ---- */

/* VMs that are equal otherwise stay newest first, as they were read. */
static int in_reading_order(const struct vm_list_row *a, const struct vm_list_row *b)
{
    return (a > b) - (a < b);
}

static int by_name(const void *a, const void *b)
{
    const struct vm_list_row *const *first = a, *const *second = b;
    int order = strcmp((*first)->name, (*second)->name);

    return order ? order : in_reading_order(*first, *second);
}

static int by_standing(const void *a, const void *b)
{
    const struct vm_list_row *const *first = a, *const *second = b;
    int order = strcmp((*first)->standing, (*second)->standing);

    return order ? order : in_reading_order(*first, *second);
}

static void sort(const struct list_query *list, const struct vm_list_row **vms)
{
    size_t count = (size_t)list->total;

    if (strcmp(list->sort, SORTS[NAME].value) == 0)
        qsort(vms, count, sizeof *vms, by_name);
    else if (strcmp(list->sort, SORTS[STATE].value) == 0)
        qsort(vms, count, sizeof *vms, by_standing);
}

/* Count a VM that the search has found in each filter that leaves it. */
static bool count(const struct vm_list_row *vm, struct list_query *list)
{
    bool is_chosen = false;

    for (size_t i = 0; i < list->filters.count; i++) {
        struct list_choice *filter = &list->filters.row[i];

        if (*filter->value && strcmp(filter->value, vm->standing) != 0)
            continue;
        filter->total++;
        is_chosen |= filter->is_chosen;
    }
    return is_chosen;
}

/* By a part of its name, project or tags, or by "#" and a whole tag. */
static bool is_found(struct request *r, const struct setting *setting, const struct vm_list_row *vm,
                     const char *search)
{
    const struct vm_label_list_row *labels;

    if (strstr(vm->name, search))
        return true;
    labels = labels_find(setting, vm->id);
    return labels && vm_labels_match(r->arena, labels->project, labels->tags, search);
}

/* As vm_quota says in SQL, of what has been read already. */
static struct quota_used used_of(const struct vm_list_rows *vms,
                                 const struct snapshot_sizes_rows *snapshots)
{
    struct quota_used used = { .vms = (int64_t)vms->count };

    for (size_t i = 0; i < vms->count; i++) {
        used.vcpus += vms->row[i].vcpus;
        used.memory_mb += vms->row[i].memory_mb;
        used.disk_gb += vms->row[i].disk_gb;
    }
    for (size_t i = 0; i < snapshots->count; i++)
        used.disk_gb += snapshots->row[i].quota_gb;
    return used;
}

/*
 * A team's VMs are read from an index in one pass, and counted, searched and sorted here: SQL
 * needed two passes and five times the instructions.
 */
struct error *vm_list_fill(struct request *r, const struct region_status_list_rows *hosts,
                           struct vms_html *page, struct quota_used *used)
{
    struct setting setting = { .hosts = hosts };
    struct list_query *list = &page->list;
    const struct vm_list_row **chosen;
    struct team_quota_row own;
    struct vm_list_rows vms;
    const char *search;
    int64_t total = 0;
    struct error *e = list_query_read(r, &KIND, list);

    if (!e)
        e = sql_vm_list(r->db, r->arena, r->session->team_id, ERROR_CHARACTERS + 1, &vms);
    if (!e)
        e = setting_read(r, &setting);
    if (!e)
        e = sql_team_quota(r->db, r->arena, r->session->team_id, &own);
    if (e)
        return e;
    search = text_lower(r->arena, list->search);
    chosen = arena_array(r->arena, vms.count, sizeof(struct vm_list_row *));
    for (size_t i = 0; i < vms.count; i++) {
        if (is_found(r, &setting, &vms.row[i], search) && count(&vms.row[i], list))
            chosen[total++] = &vms.row[i];
    }
    e = list_query_page(r, total, list);
    if (e)
        return e;
    *used = used_of(&vms, &setting.snapshots);
    used->most = quota_of(r->config, &own);
    page->labels = vm_labels_view_all(r->arena, &setting.labels, list->search);
    page->has_tools = !list->is_plain || vms.count > LIMIT_SHORT_LIST;
    sort(list, chosen);
    page->vms.count = (size_t)(list->to - list->skip);
    page->vms.row = arena_array(r->arena, page->vms.count, sizeof *page->vms.row);
    return rows_fill(r, &setting, &chosen[list->skip], page);
}

/* ---- the quota ---- */

struct quota_use {
    int64_t used, most;
    const char *words;
};

/* "4 of 5 VMs, 1 left", of the last few. */
static const char *vms_words(struct arena *arena, int64_t used, int64_t most)
{
    const char *words =
        arena_printf(arena, "%s of %s VMs", text_count(arena, used), text_count(arena, most));
    int64_t left = most - used;

    return left > 0 && left < LIMIT_FEW_VMS_LEFT
               ? arena_printf(arena, "%s, %lld left", words, (long long)left)
               : words;
}

static double share_of(const struct quota_use *use)
{
    return (double)use->used / (double)(use->most ? use->most : 1);
}

void vm_list_quota(struct request *r, const struct quota_used *used, struct vms_html *page)
{
    const struct quota quota = used->most;
    struct arena *arena = r->arena;
    const struct quota_use uses[] = {
        { used->vms, quota.vms, vms_words(arena, used->vms, quota.vms) },
        { used->vcpus, quota.vcpus,
          arena_printf(arena, "%s of %s vCPUs", text_count(arena, used->vcpus),
                       text_count(arena, quota.vcpus)) },
        { used->memory_mb, quota.memory_mb,
          arena_printf(arena, "%s of %s memory", text_memory(arena, used->memory_mb),
                       text_memory(arena, quota.memory_mb)) },
        { used->disk_gb, quota.disk_gb,
          arena_printf(arena, "%s of %s disk", text_disk(arena, used->disk_gb),
                       text_disk(arena, quota.disk_gb)) },
    };
    size_t tightest = 0;

    page->is_own_quota = quota.is_own;
    page->quotas.count = COUNT(uses);
    page->quotas.row = arena_array(arena, COUNT(uses), sizeof *page->quotas.row);
    for (size_t i = 0; i < COUNT(uses); i++) {
        /* As vm_command_check() would refuse the smallest VM. */
        const bool is_full = uses[i].used >= uses[i].most;

        page->quotas.row[i] = (struct quota_part){ uses[i].words, i == 0, is_full, false };
        page->is_full |= is_full;
        page->is_over_quota |= uses[i].used > uses[i].most;
        if (share_of(&uses[i]) > share_of(&uses[tightest]))
            tightest = i;
    }
    page->quotas.row[tightest].is_tightest = uses[tightest].used > 0;
}
