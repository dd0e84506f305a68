/* The list of a team's VMs: what its address asks for, and its rows as texts. */
#pragma once

#include "model/quota.h"
#include "region_status.sql.h"
#include "view/vm_labels_view.h"
#include "vm.sql.h"
#include "web/request.h"

struct vm_row {
    const char *id;
    const char *name;
    const char *image;    /* label of the image */
    const char *size;     /* "2 vCPUs, 4 GB" */
    const char *disk;     /* "80 GB" */
    const char *label;    /* "Running" */
    const char *chip;     /* CSS class of the state */
    int64_t state_since;  /* of an absent host: since the last look at it */
    const char *cpu_line; /* path of a chart of 80 by 18; "": less than two points */
    int64_t cpu_percent;
    const char *cost_month; /* as it is now, with snapshots: "€8.76" */
    const char *ssh;        /* the command; NULL while not reachable */
    struct vm_label_rows labels;
    const char *clock;      /* "Stops in 12 min unless used"; NULL: not now */
    const char *step;       /* of the running job; NULL: none */
    int64_t working_at_ms;  /* when that job was requested; 0: none */
    int64_t typical_ms;     /* how long such a job usually takes; 0: unknown */
    const char *last_error; /* cut to what a row shows; NULL: none, or at work */
    bool is_measured;       /* in the last hour */
    bool is_up;             /* runs and responds */
    bool is_silent;         /* runs and does not respond */
    bool is_away;           /* its host cannot be reached */
    bool is_working;
    bool can_start, can_stop, can_restart, can_snapshot, can_resume, can_retry, can_destroy;
};

/* "2 of 5 VMs" in the head of the list. The tightest has the highest share used, if any is used. */
struct quota_part {
    const char *words;
    bool is_first, is_full, is_tightest;
};

struct quota_part_rows {
    struct quota_part *row;
    size_t count;
};

struct vm_row_rows {
    struct vm_row *row;
    size_t count;
};

struct vms_html;

/*
 * Reads the query (q, state, sort, page), and fills the rows of that page with everything that
 * leads to others. `hosts`: their VMs' last known states are shown as such where a host cannot be
 * reached. `used`: what all VMs of the team and their snapshots hold. Needs a read transaction.
 */
struct error *vm_list_fill(struct request *r, const struct region_status_list_rows *hosts,
                           struct vms_html *page, struct quota_used *used);

/* How much of each quota is used, and whether one is full or exceeded. */
void vm_list_quota(struct request *r, const struct quota_used *used, struct vms_html *page);
