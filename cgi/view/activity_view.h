/*
 * Entries of the activity as pages show them. The title names its object: "Snapshot nightly
 * created in 3 s, 1.2 GB"; what the database has is "Snapshot created, 1.2 GB" and "nightly" beside
 * it.
 */
#pragma once

#include "activity.sql.h"
#include "web/request.h"

/* A step of what was done, and how long it took. */
struct activity_step {
    const char *name;
    int64_t took_ms;
    bool is_first;
};

struct activity_step_rows {
    struct activity_step *row;
    size_t count;
};

struct activity_entry {
    int64_t at_ms; /* with the id, its position in the list */
    const char *id;
    int64_t seen_at;
    const char *vm_id, *vm_name; /* in a team's list; NULL in a VM's */
    const char *what;            /* the title without its objects: "Snapshot created" */
    /* The title, in this order. All but the first may be NULL; objects are shown in bold. */
    const char *icon; /* Lucide's name, see _activity_icon.html */
    const char *before, *object, *between, *other, *after;
    const char *size;                /* ", 1.2 GB", after how long it took; NULL: none */
    const char *detail;              /* a line below; NULL: none */
    int64_t took_ms;                 /* 0: it is not done */
    int64_t job_number;              /* of a VM's entry; 0: none */
    struct activity_step_rows steps; /* of activity_view_steps() */
    const char *answer;              /* the host's, when asked afterwards; NULL: none */
    const char *who;
    const char *clock, *exact; /* "16:24", "20 Nov 2026, 16:24:09 UTC" */
};

struct activity_entry_rows {
    struct activity_entry *row;
    size_t count;
};

/* The entries of a team's list, in the arena. */
struct activity_entry_rows activity_view_team(struct arena *arena,
                                              const struct activity_list_rows *rows);

/* At most `max` entries of a VM after a position (web/list_position.h). */
struct error *activity_view_vm(struct request *r, const char *vm_id, int64_t before_at_ms,
                               const char *after_id, int64_t max, struct activity_entry_rows *out);

/*
 * How long the steps of each of a VM's entries took, where that tells more than the whole: of
 * several, those that took a tenth of a second or more. And what the host answered.
 */
struct error *activity_view_steps(struct request *r, struct activity_entry_rows *entries);
