/*
 * A job: one operation, executed step by step. Take it (lease, in one transaction), act
 * (job_steps.c, no transaction open), record (what was learned, in the transaction that ends the
 * step; the outcome, in the transaction that ends the job). After a worker is killed, the next one
 * resumes at the interrupted step.
 */
#pragma once

#include "worker/worker_context.h"

#include "job.sql.h"
#include "vm.sql.h"

struct workflow;

struct job {
    struct worker_context *context;
    struct arena *arena;          /* the context's; valid as long as the job */
    const struct driver_ops *ops; /* of the VM's region; NULL: no such driver */
    struct driver *driver;        /* connected */
    const struct workflow *plan;
    struct job_lease_row row;
    struct vm_for_worker_row vm;  /* as of the lease; the port is kept up to date */
    struct driver_vm wanted;      /* the same, in the driver's form */
    struct driver_create *create; /* input of the create steps; NULL: not built yet */
    int64_t begun_us;
    const char *step;  /* the name of the running step */
    size_t position;   /* its index in the plan */
    bool is_dropped;   /* the VM is to be destroyed; this overrides all else */
    bool has_ended[8]; /* by position: completed by an earlier attempt */

    /* What a step has learned, to be recorded. */
    struct driver_snapshot snapshot;
    const char *answer; /* the host's response, for the receipt */
    const char *detail; /* for the event recorded at the end; NULL: none */
};

/*
 * Lease one job that is due; `*has_one` is set to whether there was one. An error means that the
 * database could not be read or written; nothing is leased then. The job lives in the context's
 * arena until the next call.
 */
struct error *job_take(struct worker_context *context, struct job *out, bool *has_one);

/*
 * Execute it until it succeeds, fails or is rescheduled. Failures are logged and recorded, not
 * returned.
 */
void job_do(struct job *job);

/*
 * Sets job->is_dropped and returns CONFLICT when the VM is to be destroyed and this job is not the
 * one that does so. For steps that wait. Uses the scratch arena.
 */
struct error *job_still_wanted(struct job *job);
