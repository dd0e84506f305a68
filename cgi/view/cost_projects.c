/* Costs by project; see cost_projects.h. */
#include "view/cost_projects.h"

#include "model/price.h"
#include "web/session.h"

#include <stdlib.h>
#include <string.h>

struct error *cost_projects_read(struct request *r, struct cost_projects *out)
{
    struct error *e = sql_vm_projects(r->db, r->arena, r->session->team_id, &out->vms);
    int64_t most = 0;

    if (e)
        return e;
    for (size_t i = 0; i < out->vms.count; i++)
        most = out->vms.row[i].place > most ? out->vms.row[i].place : most;
    out->projects.count = (size_t)most;
    out->projects.row = arena_array(r->arena, (size_t)most + 1, sizeof *out->projects.row);
    for (size_t i = 0; i < out->vms.count; i++)
        out->projects.row[out->vms.row[i].place - 1].name = out->vms.row[i].project;
    return NULL;
}

static int id_compare(const void *id, const void *row)
{
    return strcmp(id, ((const struct vm_projects_row *)row)->id);
}

static const struct vm_projects_row *vm_find(const struct cost_projects *projects,
                                             const char *vm_id)
{
    return projects->vms.count ? bsearch(vm_id, projects->vms.row, projects->vms.count,
                                         sizeof *projects->vms.row, id_compare)
                               : NULL;
}

const char *cost_projects_of(const struct cost_projects *projects, const char *vm_id)
{
    const struct vm_projects_row *known = vm_find(projects, vm_id);

    return known ? known->project : NULL;
}

void cost_projects_add(struct cost_projects *projects, const struct ledger_month_vm *vm)
{
    const struct vm_projects_row *known = vm_find(projects, vm->vm_id);
    struct cost_project *project =
        known ? &projects->projects.row[known->place - 1] : &projects->none;

    project->vms++;
    ledger_sum_parts(&project->sum, vm->cost.parts);
}

static int costs_less(const void *a, const void *b)
{
    const struct cost_project *first = a, *second = b;

    return (first->sum.parts < second->sum.parts) - (first->sum.parts > second->sum.parts);
}

void cost_projects_fill(struct request *r, struct cost_projects *projects,
                        struct cost_project_rows *out)
{
    *out = projects->projects;
    out->count = 0;
    for (size_t i = 0; i < projects->projects.count; i++) {
        if (projects->projects.row[i].vms)
            out->row[out->count++] = projects->projects.row[i];
    }
    if (!out->count)
        return;
    qsort(out->row, out->count, sizeof *out->row, costs_less);
    if (projects->none.vms)
        out->row[out->count++] = projects->none;
    for (size_t i = 0; i < out->count; i++)
        out->row[i].cost =
            price_amount(r->config, r->arena, ledger_sum_millicents(&out->row[i].sum));
}
