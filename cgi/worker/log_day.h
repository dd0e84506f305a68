/* What one day of the logs says, in numbers: read for the counts (log_count.c), never kept. */
#pragma once

#include "model/context.h"

#include <stdbool.h>

/* Those who are signed in, of whose teams the log has only that there were enough; and others. */
enum log_who { LOG_TEAMS, LOG_VISITORS, LOG_WHO };

/* One kind of request. */
struct log_cell {
    const char *program, *route; /* "vm", "POST /vms/:id/stop" */
    int64_t status_class;        /* 2 to 5 */
    int64_t requests, took_us;
    int64_t crowd; /* of at least so many teams; of visitors each request counts */
};

struct log_cells {
    struct log_cell *cell; /* LIMIT_COUNT_CELLS of room */
    size_t count;
};

struct log_day {
    struct log_cells of[LOG_WHO];
    struct log_cells sources; /* of visits from other sites: the route is its host */
    int64_t crowd_since;      /* so many teams since this day, whatever they did; 0: not */
    bool is_incomplete;       /* lines are missing, or there are more kinds than room */
};

/*
 * The first day after `after_at` whose log is complete by now; 0: there is none.
 */
int64_t log_day_next(const struct context *context, int64_t after_at);

/* Add up the log of a day. UPSTREAM if it cannot be read. */
struct error *log_day_read(const struct context *context, int64_t day_at, struct log_day *out);
