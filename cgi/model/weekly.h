/*
 * The weekly summary, for who turned it on (model/notice.h): queued on Monday at 06:00 UTC, or as
 * soon as the worker is there again, about the seven days until that Monday. What it says is read
 * when it is sent, so nothing of it is stored. It has numbers and the names of teams, and nothing
 * else.
 */
#pragma once

#include "model/context.h"

#include <stddef.h>

struct weekly_team {
    const char *name;
    const char *hours;   /* that its VMs ran: "12.5 h" */
    const char *cost;    /* NULL: nobody pays here */
    const char *warning; /* about its spending limit, or NULL */
    int64_t vms, failed, silent, created, destroyed, snapshots, snapshot_gb;
};

struct weekly_team_rows {
    struct weekly_team *row;
    size_t count;
};

struct weekly {
    const char *unsubscribe_url; /* that turns it off; works without signing in */
    struct weekly_team_rows teams;
    int64_t more; /* teams beyond LIMIT_WEEKLY_TEAMS */
};

/* The last Monday, 06:00 UTC, that is not after `now_at`. */
int64_t weekly_due_at(int64_t now_at);

/* For the worker's schedule, in transactions of its own: queues what is due, once. */
struct error *weekly_run(const struct context *context);

/* The summary of the seven days until `until_at`. NOT_FOUND: the person turned it off meanwhile. */
struct error *weekly_read(const struct context *context, int64_t person_id, int64_t until_at,
                          struct weekly *out);
