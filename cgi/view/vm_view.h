/* A VM as shown on pages: texts, prices and links from its row and the configuration. */
#pragma once

#include "model/price.h"
#include "view/vm_labels_view.h"
#include "view/vm_schedule_view.h"
#include "vm.sql.h"
#include "web/request.h"

struct vm_view {
    const char *id;
    const char *name;
    const char *image;         /* label of the image */
    const char *build;         /* the first digits of the image's build; NULL: unknown */
    const char *source_vm_id;  /* what it was cloned from; NULL: not a clone */
    const char *region;        /* label of the region; NULL: there is one */
    const char *size;          /* "1 vCPU, 1 GB, 10 GB" */
    const char *state;         /* as in vm_state.h */
    const char *label;         /* "Running", "Not responding" */
    const char *chip;          /* CSS class of the state */
    int64_t since_at;          /* of that label */
    int64_t state_since;       /* the same, shown as a span */
    int64_t up_since;          /* when it last booted; 0: it is off */
    const char *price_month;   /* "€8.76", for 730 hours */
    const char *stopped_month; /* while stopped: its disk and snapshots */
    const char *last_error;    /* NULL: none */
    struct vm_labels_form labels;
    struct vm_schedule_form schedule;
    bool has_snapshots; /* that are in these prices */
    bool has_way_in;    /* SSH may answer */
    bool has_console;   /* what it prints may be shown */
    bool is_running;
    bool is_unmeasured; /* the team objected to usage charts; known if there are none */
    bool is_stopped;
    bool is_working;
    bool has_user_data; /* it was created with */
};

/* How a VM is doing, in the words of every list and page. */
struct vm_view_state {
    const char *label; /* "Running", "Not responding" */
    const char *chip;  /* CSS class */
    int64_t since_at;  /* 0: not known of what is done to a VM that is off */
    bool is_up;        /* runs and responds */
};

/* "Deleting snapshot": what the open job of this kind does with a snapshot; NULL: nothing, or the
 * VM is in another state by now. */
const char *vm_view_snapshot_label(const char *state, const char *job_kind);

/* Whether SSH may answer in this state. */
bool vm_view_has_way_in(const char *state);

/* `up_at`: when it last booted. */
struct vm_view_state vm_view_state_of(const char *state, int64_t state_at, int64_t up_at,
                                      int64_t unresponsive_at, const char *last_error);

/*
 * The same while the VM's host cannot be reached: "Last known: running", in grey, since the last
 * look at it. What the worker does and what has failed stays as it is.
 */
struct vm_view_state vm_view_state_away(struct arena *arena, struct vm_view_state state,
                                        int64_t observed_at);

/* The texts for a row of vm_get; the other fields are copied. `is_away`: its host cannot be
 * reached. */
struct vm_view vm_view_of(struct request *r, const struct price_list_rows *prices,
                          const struct vm_get_row *vm, bool is_away);

/* A step of a job in words: "Waiting for SSH", "SSH ready"; NULL: one that pages do not show. */
const char *vm_view_step(const char *name, bool is_done);

/* "1 vCPU, 512 MB, 10 GB" */
const char *vm_view_size(struct arena *arena, int64_t vcpus, int64_t memory_mb, int64_t disk_gb);
