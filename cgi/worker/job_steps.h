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

/* NULL: no such kind. */
const struct workflow *plan_find(const char *kind);
