/* The steps of a deletion; see erasure.h. */
#pragma once

#include "model/erasure.h"
#include "worker/worker_context.h"

#include "erasure.sql.h"
#include "main_constants.sql.h"

/* A deletion that is under way, and its present step. Lives in the arena of `now`. */
struct erasure_work {
    struct worker_context *context;
    struct context now;
    struct erasure_get_row row;
    struct erasure_teams_rows teams;
    bool is_found;      /* set by the search, which has found something */
    bool is_done;       /* set by a step that has nothing left to do */
    const char *answer; /* set by it: the words of the system that was asked, about no person */
};

/*
 * One step, by its number (enum erasure_step): has no transaction open before and after. An error
 * is shown as its answer.
 */
struct error *erasure_step_act(struct erasure_work *work, enum erasure_step step);

/* In a transaction: what the search will look for (model/byte_print.h). */
struct error *erasure_prints_take(struct erasure_work *work);

/* The steps that are in files of their own, erasure_rows.c and erasure_search.c. */
struct error *erasure_rows(struct erasure_work *work);
struct error *erasure_log(struct erasure_work *work);
struct error *erasure_search(struct erasure_work *work);

/* In the transaction that records the last step: sign the receipt, and end the deletion. */
struct error *erasure_receipt(struct erasure_work *work);
