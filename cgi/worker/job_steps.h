/*
 * The steps of each kind of job, as a table. Each step may be run again at any time: what it finds
 * done it leaves alone.
 */
#pragma once

#include "worker/job.h"

struct step {
    const char *name; /* for people */
    struct error *(*act)(struct job *job);
    /* Writes what `act` learned, in the transaction that ends the step. NULL: nothing. */
    struct error *(*record)(struct job *job);
    /* Done again by who goes on with the job after a kill or a failure, although it had ended. */
    bool is_repeated;
};

struct workflow {
    const char *kind;
    const struct step *steps;
    size_t count;
};

/*
 * The steps of a job, in its arena: job->ops must be set. Without a driver those that only it could
 * name are missing; the job then fails when the driver is opened. NULL: no such kind.
 */
const struct workflow *plan_make(struct job *job);

/*
 * The act of steps that wait until SSH answers with the VM's host key. CONFLICT: it answers with
 * another, the guest went off, or time is up. Without guests (driver_has_guests): at once.
 */
struct error *job_ssh_act(struct job *job);
