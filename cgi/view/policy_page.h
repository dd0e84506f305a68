/* The policies in force, with what was measured of each promise. */
#pragma once

#include "view/policy_read.h"

/* A mark in the summary. */
struct policy_tick {
    int64_t x;
    const char *chip; /* "kept", "bad", "wait" */
};

struct policy_tick_rows {
    struct policy_tick *row;
    size_t count;
};

/* GET /privacy, /terms, /security, /subprocessors, /cookies: the path names the document. */
struct error *policy_page_show(struct request *r);

/* GET /support */
struct error *support_show(struct request *r);

/* GET /robots.txt */
struct error *robots_show(struct request *r);
