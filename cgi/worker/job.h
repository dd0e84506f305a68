/*
 * A job: one operation, executed step by step. Take it (lease, in one transaction), act (no
 * transaction open), record (what was learned, in the transaction that ends the step; the outcome,
 * in the transaction that ends the job). After a worker is killed, the next one resumes at the
 * interrupted step. This holds for jobs of every class: those of VMs (job_vm.c, job_steps.c) and
 * those of billing (job_billing.c).
 */
#pragma once

#include "worker/worker_context.h"

#include "job.sql.h"
#include "vm.sql.h"

struct billing_request;
struct job_class;
struct workflow;

struct job {
    struct worker_context *context;
    struct arena *arena; /* the context's; valid as long as the job */
    const struct job_class *class;
    const struct workflow *plan;
    struct job_lease_row row;
    int64_t begun_us;
    const char *step;  /* the name of the running step */
    size_t position;   /* its index in the plan */
    bool is_dropped;   /* no longer wanted; this overrides all else */
    bool has_ended[8]; /* by position: completed by an earlier attempt */

    /* Of a VM. */
    const struct driver_ops *ops;    /* of the VM's region; NULL: no such driver */
    struct driver *driver;           /* connected */
    struct vm_for_worker_row vm;     /* as of the lease; the port is kept up to date */
    struct driver_vm wanted;         /* the same, in the driver's form */
    struct driver_create *create;    /* input of the create steps; NULL: not built yet */
    struct driver_snapshot snapshot; /* what a step has learned, to be recorded: */
    const char *response;            /* the host's, after a step that deletes */
    const char *detail;              /* for the event recorded at the end; NULL: none */
    bool has_taken;                  /* its guest has shown that it took that seed */
    bool has_agent;                  /* the restored guest runs with a way to its agent */
    bool is_ssh_awaited;             /* the guest was started, and has not been reached since */
    bool is_out_of_room;             /* it is paused, because its host's disk was full */
    bool has_power; /* whether `power` is known: the VM's power state after the last step */
    enum driver_power power;

    /* Of billing. */
    struct billing_request *request;
};

/* How the jobs of one class differ; the functions are called in this order. */
struct job_class {
    bool is_billing; /* which jobs: job_lease in db/job.sql */
    /* In the transaction of the lease: set job->plan. An error leaves the job queued. */
    struct error *(*plan)(struct job *job);
    /* Before the first step; NULL: nothing to do. */
    struct error *(*open)(struct job *job);
    /* Before each step; NULL: always wanted. See job_still_wanted(). */
    struct error *(*still_wanted)(struct job *job);
    /* After the last step, or the one that ended with `cause`. Returns the final cause. May be
     * NULL. */
    struct error *(*finish)(struct job *job, struct error *cause);
    /*
     * In a transaction: end the job, or queue it again, given the error it ended with (NULL: none).
     * `*result` is a word for the log. CONFLICT: it does not fit the subject's state.
     */
    struct error *(*end)(struct job *job, const struct error *cause, const char **result);
};

extern const struct job_class JOB_CLASS_VM;
extern const struct job_class JOB_CLASS_BILLING;

/*
 * Lease one job of `class` that is due; `*has_one` is set to whether there was one. An error means
 * that the database could not be read or written; nothing is leased then. The job lives in the
 * context's arena until the next call.
 */
struct error *job_take(struct worker_context *context, const struct job_class *class,
                       struct job *out, bool *has_one);

/*
 * Execute it until it succeeds, fails or is rescheduled. Failures are logged and recorded, not
 * returned.
 */
void job_do(struct job *job);

/*
 * CONFLICT, with job->is_dropped set, when the job is no longer wanted: its VM is to be destroyed
 * and this job is not the one that does so. For steps that wait. Uses the scratch arena.
 */
struct error *job_still_wanted(struct job *job);

/* For the classes. */
bool job_is(const struct job *job, const char *kind);
struct error *job_close(struct job *job, const char *state, const char *text);
