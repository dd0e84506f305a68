/* The admin's list of the jobs of all teams. */
#pragma once

#include "web/request.h"

struct operator_job {
    const char *title; /* "Creation" */
    const char *vm;    /* its name; NULL: about no VM */
    const char *vm_id; /* NULL: it is gone, or there is none */
    const char *team;
    const char *label, *chip; /* of its state, and its CSS class */
    const char *error;        /* the host's own words; NULL: none */
    int64_t team_id, number, attempts, requested_at;
    int64_t due_at; /* of one that is tried again; 0: it is not */
};

struct operator_job_rows {
    struct operator_job *row;
    size_t count;
};

/* The newest of a VM. */
struct error *operator_jobs_of_vm(struct request *r, const char *vm_id,
                                  struct operator_job_rows *out);

/* Respond with the page that the query asks for (web/list_query.h). */
struct error *operator_jobs_respond(struct request *r);
