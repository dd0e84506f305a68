/*
 * The activity by day, as pages show it. What the same person did several times in a row is one
 * group, which opens: "Snapshot created 9 times", "nightly-9, nightly-8, nightly-7 and 6 more".
 */
#pragma once

#include "view/activity_view.h"

struct activity_group {
    struct activity_entry_rows newest; /* one entry: when, what and by whom */
    struct activity_entry_rows events; /* all, newest first */
    const char *id; /* of the oldest: a group that grows stays open in the browser */
    /* Of a group that opens; else 0 and NULL. */
    int64_t count;
    const char *names; /* of their objects, or of the VMs if they are of several; may be NULL */
    const char *vm_id, *vm_name; /* of the VM that all are of, in a team's list; else NULL */
    const char *vms;             /* "3 VMs": they are of several; else NULL */
};

struct activity_group_rows {
    struct activity_group *row;
    size_t count;
};

/* A day, in UTC: "Today", "24 Nov", "24 Nov 2025". */
struct activity_day {
    const char *name;
    struct activity_group_rows groups;
};

struct activity_day_rows {
    struct activity_day *row;
    size_t count;
};

/* The entries, which are newest first, by day; with their `clock` and `exact`. In the arena. */
struct activity_day_rows activity_days(struct arena *arena, struct activity_entry_rows events,
                                       int64_t now_at);
