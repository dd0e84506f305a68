/* The page of the promises and whether they are kept (/status). */
#pragma once

#include "web/request.h"

#include <stdint.h>

/* What is promised, and what was measured last. */
struct status_promise {
    const char *id, *sentence, *mechanism, *evidence;
    const char *label, *chip;   /* the state in words, and its colour */
    const char *value;          /* what was measured: "12 d, limit 30 d"; NULL: nothing was found */
    const char *figure, *limit; /* the two alone: "12 d", "30 d"; NULL: nothing, none */
    int64_t checked_at;         /* 0: not yet */
};

struct status_promise_rows {
    struct status_promise *row;
    size_t count;
};

struct status_topic {
    const char *name;
    struct status_promise_rows promises;
};

struct status_topic_rows {
    struct status_topic *row;
    size_t count;
};

struct promise_list_row;

/* In the request's arena. */
struct status_promise status_promise_of(struct request *r, const struct promise_list_row *row);

/* Answers GET /status. */
struct error *status_page_show(struct request *r);
