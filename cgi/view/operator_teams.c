/* The admin's pages of teams; see operator_teams.h. */
#include "view/operator_teams.h"

#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/quota.h"
#include "view/vm_view.h"
#include "web/list_position.h"
#include "web/list_query.h"

/* ---- the list ---- */

enum { ALL, ACTIVE, SUSPENDED, CLOSED };

static const struct list_choice FILTERS[] = {
    [ALL] = { .value = "", .label = "All" },
    [ACTIVE] = { .value = "active", .label = "Active" },
    [SUSPENDED] = { .value = "suspended", .label = "Suspended" },
    [CLOSED] = { .value = "closed", .label = "Closed" },
};
static const struct list_choice SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "name", .label = "Name" },
    { .value = "vms", .label = "VMs" },
};
static const struct list_kind TEAMS = {
    .path = "/operator/teams",
    .things = "teams",
    .filter_name = "state",
    .filter_label = "Filter by state",
    .filters = FILTERS,
    .filter_count = COUNT(FILTERS),
    .sorts = SORTS,
    .sort_count = COUNT(SORTS),
    .is_counted = true,
};

struct error *operator_teams_respond(struct request *r)
{
    struct operator_teams_html page = { .teams = { .count = 0 } };
    struct list_query *list = &page.list;
    struct list_choice *filters;
    struct operator_teams_count_row found;
    struct error *e = list_query_read(r, &TEAMS, list);

    if (!e)
        e = sql_operator_teams_count(r->db, r->arena, list->search, &found);
    if (e)
        return e;
    filters = list->filters.row;
    filters[ALL].total = found.total;
    filters[ACTIVE].total = found.active;
    filters[SUSPENDED].total = found.suspended;
    filters[CLOSED].total = found.closed;
    e = list_query_page(r, filters[list_query_filter(list)].total, list);
    if (!e)
        e = sql_operator_teams_list(r->db, r->arena, list->search, list->filter, list->sort,
                                    list->skip, LIMIT_LIST_ROWS, &page.teams);
    if (e)
        return e;
    r->frame.title = "Teams";
    r->frame.section = "operator";
    html_operator_teams(&r->response.body, &r->frame, &page);
    return NULL;
}

/* ---- a team ---- */

static const char *own_text(struct arena *arena, int64_t own)
{
    return own < 0 ? "" : arena_printf(arena, "%lld", (long long)own);
}

/* What a form that is shown again has in its fields stays. */
static void quota_fill(struct request *r, const struct quota_used *used,
                       struct operator_team_html *page)
{
    const struct config *config = r->config;
    struct arena *arena = r->arena;
    const struct operator_quota parts[] = {
        { "vms", "VMs", own_text(arena, page->team.quota_vms), text_count(arena, config->quota_vms),
          text_count(arena, used->vms), NULL },
        { "vcpus", "vCPUs", own_text(arena, page->team.quota_vcpus),
          text_count(arena, config->quota_vcpus), text_count(arena, used->vcpus), NULL },
        { "memory_mb", "Memory in MB", own_text(arena, page->team.quota_memory_mb),
          text_memory(arena, config->quota_memory_mb), text_memory(arena, used->memory_mb), NULL },
        { "disk_gb", "Disk in GB", own_text(arena, page->team.quota_disk_gb),
          text_disk(arena, config->quota_disk_gb), text_disk(arena, used->disk_gb), NULL },
    };
    struct operator_quota *typed = page->quota.row;

    page->quota.row = arena_array(arena, COUNT(parts), sizeof *page->quota.row);
    for (size_t i = 0; i < COUNT(parts); i++) {
        page->quota.row[i] = parts[i];
        if (i >= page->quota.count)
            continue;
        page->quota.row[i].value = typed[i].value;
        page->quota.row[i].problem = typed[i].problem;
    }
    page->quota.count = COUNT(parts);
}

static void vms_fill(struct request *r, const struct operator_teams_vms_rows *vms,
                     struct operator_team_html *page)
{
    page->vms.count = vms->count;
    page->vms.row = arena_array(r->arena, vms->count, sizeof *page->vms.row);
    for (size_t i = 0; i < vms->count; i++) {
        const struct operator_teams_vms_row *vm = &vms->row[i];
        const struct vm_view_state state = vm_view_state_of(vm->state, vm->state_at, vm->up_at,
                                                            vm->unresponsive_at, vm->last_error);

        page->vms.row[i] = (struct operator_team_vm){
            .id = vm->id,
            .name = vm->name,
            .size = vm_view_size(r->arena, vm->vcpus, vm->memory_mb, vm->disk_gb),
            .label = state.label,
            .chip = state.chip,
            .is_up = state.is_up,
            .state_since = state.since_at,
        };
    }
}

struct error *operator_team_respond(struct request *r, int64_t team_id,
                                    struct operator_team_html page)
{
    const struct context context = request_context(r);
    struct operator_teams_vms_rows vms;
    struct quota_used used;
    struct error *e = sql_operator_teams_get(r->db, r->arena, team_id, &page.team);

    if (!e)
        e = sql_team_people(r->db, r->arena, team_id, LIMIT_TEAM_PEOPLE, &page.people);
    if (!e)
        e = sql_operator_teams_vms(r->db, r->arena, team_id, LIMIT_LIST_ROWS + 1, &vms);
    if (!e)
        e = quota_read(&context, team_id, &used);
    if (e)
        return e;
    page.has_more_vms = list_cut(&vms.count);
    vms_fill(r, &vms, &page);
    quota_fill(r, &used, &page);
    page.is_own_quota = used.most.is_own;
    page.most = LIMIT_SUSPENSION_REASON;
    r->frame.title = page.team.name;
    r->frame.section = "operator";
    html_operator_team(&r->response.body, &r->frame, &page);
    return NULL;
}
