/*
 * A table of the steps of each kind of job. Steps are idempotent: each may be run again at any time
 * and leaves alone what is already done.
 */
#pragma once

#include "worker/job.h"

struct step {
    const char *name; /* for display */
    struct error *(*act)(struct job *job);
    /* Writes what `act` learned, in the transaction that ends the step. NULL: nothing to write. */
    struct error *(*record)(struct job *job);
    /* Repeated when the job is resumed after a kill or a failure, even if it had completed. */
    bool is_repeated;
};

struct workflow {
    const char *kind;
    const struct step *steps;
    size_t count;
};

/*
 * The steps of a job, in its arena; job->ops must be set. Without a driver, the steps that only it
 * could list are missing; the job then fails when the driver is opened. NULL: no such kind.
 */
const struct workflow *plan_make(struct job *job);

/* CONFLICT: the host has too little free space for another disk or snapshot, and `more_mb`. */
struct error *job_room_check(struct job *job, int64_t more_mb);

/*
 * The act of steps that wait until SSH responds with the VM's host key. CONFLICT: it responds with
 * another key, the guest powered off, or the timeout expired. Returns immediately without guests
 * (driver_has_guests).
 */
struct error *job_ssh_act(struct job *job);
