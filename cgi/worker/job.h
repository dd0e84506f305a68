/*
 * A job: one thing to do, executed step by step. Take it (lease, in one transaction), act
 * (job_steps.c, no transaction open), record (what was learned, in the transaction that ends the
 * step; what became of it, in the one that ends the job). A worker that is killed anywhere goes on
 * at the step it was in.
 */
#pragma once

#include "worker/worker_context.h"

#include "job.sql.h"
#include "vm.sql.h"

struct workflow;

struct job {
    struct worker_context *context;
    struct arena *arena;          /* the context's: lives as long as the job */
    const struct driver_ops *ops; /* of the VM's region; NULL: there is no such driver */
    struct driver *driver;        /* the same, connected */
    const struct workflow *plan;
    struct job_lease_row row;
    struct vm_for_worker_row vm;  /* as it was at the lease; the port is kept up to date */
    struct driver_vm wanted;      /* the same, as the driver wants it */
    struct driver_create *create; /* what the steps of creating are given; NULL: not yet */
    int64_t begun_us;
    const char *step;  /* the name of the one that runs */
    size_t position;   /* of the same, in the plan */
    bool is_dropped;   /* the VM shall be destroyed: nothing else counts any more */
    bool has_ended[8]; /* by position: ended by an earlier attempt */

    /* What a step has learned for its record. */
    struct driver_snapshot snapshot;
    const char *answer; /* of the host, for the receipt */
    const char *detail; /* for the event at the end; NULL: none */
};

/*
 * Lease one job that is due; `*has_one` tells whether there was one. An error means that the
 * database could not be read or written: nothing is leased then. The job lives in the context's
 * arena until the next call.
 */
struct error *job_take(struct worker_context *context, struct job *out, bool *has_one);

/*
 * Work it off: to its end, its failure or its next attempt. Failures are logged and recorded, not
 * returned.
 */
void job_do(struct job *job);

/*
 * Sets job->is_dropped, with a CONFLICT, when the VM is wanted gone and this job does not see to
 * it. For steps that wait. The scratch arena is used.
 */
struct error *job_still_wanted(struct job *job);
