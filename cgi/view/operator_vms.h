/* The list of the VMs of all teams, for the admin. */
#pragma once

#include "web/request.h"

struct operator_vm {
    const char *id;
    const char *name;
    const char *size; /* "1 vCPU, 1 GB, 10 GB disk" */
    const char *team;
    int64_t team_id;
    const char *label; /* of its state: "Running" */
    const char *chip;  /* CSS class of the state */
    int64_t state_since;
    const char *observed; /* what the hypervisor said last: "Running", "Not found" */
    int64_t observed_at;
    const char *region, *image;
    int64_t created_at;
    const char *last_error; /* with internals; NULL: none */
    int64_t cpu_full_since; /* it uses all its CPUs; 0: it does not */
    int64_t limited_at;     /* when it was last over the limit of connections; 0: never */
    int64_t ssh_port;       /* 0: none */
    bool is_up;
    bool can_stop;
    bool is_own; /* of the admin's own team: it can be opened */
};

struct operator_vm_rows {
    struct operator_vm *row;
    size_t count;
};

/* One of them. NOT_FOUND: it is gone, or never was. */
struct error *operator_vm_find(struct request *r, const char *id, struct operator_vm *out);

/* Respond with the page that the query asks for (web/list_query.h). */
struct error *operator_vms_respond(struct request *r);
