/* Collects the data of a VM's page. */
#pragma once

#include "snapshot.sql.h"
#include "view/vm_view.h"
#include "web/request.h"

struct vm_html;

/* A step of the running job, or of the last one. */
struct vm_step {
    const char *name;
    const char *class_;    /* done, now, next */
    int64_t took_ms;       /* of a finished step */
    int64_t started_at_ms; /* of the running step; 0: not started */
    bool is_done, is_now, is_failed;
};

struct vm_step_rows {
    struct vm_step *row;
    size_t count;
};

/* A snapshot, as text. */
struct vm_snapshot {
    const char *id, *name;
    const char *about; /* "with memory, 21 MB" */
    int64_t created_at;
    bool is_ready;
    bool is_deletable; /* ready, or failed */
};

struct vm_snapshot_rows {
    struct vm_snapshot *row;
    size_t count;
};

/*
 * Fill the whole page; sets title and section. NOT_FOUND for an unknown VM or one of another team.
 */
struct error *vm_page_fill(struct request *r, const char *id, struct vm_html *page);
