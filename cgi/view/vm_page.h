/* Collects the data of a VM's page, one tab of it. */
#pragma once

#include "snapshot.sql.h"
#include "view/vm_view.h"
#include "web/request.h"

struct vm_html;

/* The tabs, as in their addresses; the first is at the VM's own. */
#define VM_TAB_OVERVIEW  "overview"
#define VM_TAB_SNAPSHOTS "snapshots"
#define VM_TAB_ACTIVITY  "activity"
#define VM_TAB_SETTINGS  "settings"

/* A step of the job that is under way, or that has failed. */
struct vm_step {
    const char *name;
    const char *class_; /* done, now, next, failed */
    int64_t took_ms;    /* of a finished step */
    bool is_done, is_now, is_failed;
};

struct vm_step_rows {
    struct vm_step *row;
    size_t count;
};

/* A snapshot, as text, and what can be done with it now. */
struct vm_snapshot {
    const char *id, *name;
    const char *label, *class_; /* of its state; class NULL: it is ready */
    const char *disk, *memory;  /* "10 GB", "1.2 GB"; NULL: it is not ready, there is none */
    int64_t created_at;
    const char *created; /* "27 Nov, 03:00" */
    const char *who;     /* had it made; NULL: it is not ready */
    bool can_restore, can_clone, can_delete, has_menu;
};

struct vm_snapshot_rows {
    struct vm_snapshot *row;
    size_t count;
};

/* Those of its tab; on the other tabs, their number alone. */
struct vm_snapshots {
    struct vm_snapshot_rows found; /* what the search leaves */
    int64_t total;
    bool has_tools;
    const char *use;            /* of the quota by several; NULL: there is one at most */
    const char *name, *problem; /* of a new one, as typed */
    const char *new_disk;       /* what a new one takes of the quota: "10 GB" */
};

/* Fill the page of a VM that is not gone; sets title and section. */
struct error *vm_page_fill(struct request *r, const struct vm_get_row *vm, const char *tab,
                           struct vm_html *page);
