/* The costs of a month by the projects of its VMs, as they are now. */
#pragma once

#include "model/ledger_month.h"
#include "vm.sql.h"
#include "web/request.h"

/* A project, or the VMs without one. */
struct cost_project {
    const char *name; /* NULL: none */
    const char *cost;
    int64_t vms;
    struct ledger_sum sum;
};

/* Read: every project, by place; filled: those with usage, the dearest first, then the VMs without.
 */
struct cost_project_rows {
    struct cost_project *row;
    size_t count;
};

struct cost_projects {
    struct vm_projects_rows vms;
    struct cost_project_rows projects;
    struct cost_project none;
};

/* Of the team of the session. Errors as sql_vm_projects(). */
struct error *cost_projects_read(struct request *r, struct cost_projects *out);

/* The project of a VM; NULL: none. */
const char *cost_projects_of(const struct cost_projects *projects, const char *vm_id);

/* Of a VM that a pass over the month visits. */
void cost_projects_add(struct cost_projects *projects, const struct ledger_month_vm *vm);

/* No rows if no VM of the month has a project. */
void cost_projects_fill(struct request *r, struct cost_projects *projects,
                        struct cost_project_rows *out);
