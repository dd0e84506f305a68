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

/* A snapshot, as text. */
struct vm_snapshot {
    const char *id, *name;
    const char *label, *class_; /* of its state */
    const char *about;          /* "Includes memory"; NULL: not ready */
    const char *disk;           /* "10 GB" */
    int64_t created_at;
    int64_t size_bytes; /* of the memory in it */
    const char *who;    /* had it made; NULL: it is not ready */
    int64_t took_ms;
    bool is_ready;
    bool is_deletable; /* ready, or failed */
};

struct vm_snapshot_rows {
    struct vm_snapshot *row;
    size_t count;
};

/* Fill the page of a VM that is not gone; sets title and section. */
struct error *vm_page_fill(struct request *r, const struct vm_get_row *vm, const char *tab,
                           struct vm_html *page);
