/* Gathers what the page of one VM shows. */
#pragma once

#include "snapshot.sql.h"
#include "view/vm_view.h"
#include "web/request.h"

struct vm_html;

/* A step of the job under way, or of the last one. */
struct vm_step {
    const char *name;
    const char *class_;    /* done, now, next */
    int64_t took_ms;       /* of a finished one */
    int64_t started_at_ms; /* of the one under way; 0: not begun */
    bool is_done, is_now;
};

struct vm_step_rows {
    struct vm_step *row;
    size_t count;
};

/* A snapshot, in words. */
struct vm_snapshot {
    const char *id, *name;
    const char *about; /* "with memory, 21 MB" */
    int64_t created_at;
    bool is_ready;
};

struct vm_snapshot_rows {
    struct vm_snapshot *row;
    size_t count;
};

/* Fill the whole page; sets title and section. NOT_FOUND for another team's VM as for an unknown
 * one. */
struct error *vm_page_fill(struct request *r, const char *id, struct vm_html *page);
