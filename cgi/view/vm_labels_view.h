/* The project and the tags of a VM as links to the VMs that have the same. */
#pragma once

#include "base/arena.h"
#include "vm.sql.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm_label {
    const char *text;
    const char *search; /* that finds it: "#web" for a tag */
    bool is_project;
    bool is_chosen; /* in the filter of a list: it is what is searched for */
    int64_t total;  /* VMs that have it; set in that filter alone */
};

struct vm_label_rows {
    struct vm_label *row;
    size_t count;
};

/* The project first; both may be NULL. */
struct vm_label_rows vm_labels_view_of(struct arena *arena, const char *project, const char *tags);

/*
 * The filter of the list: the LIMIT_LABELS_SHOWN that most VMs have, projects first. `search`: as
 * typed.
 */
struct vm_label_rows vm_labels_view_all(struct arena *arena, const struct vm_label_list_rows *vms,
                                        const char *search);

/* Of the settings of a VM: as stored, or as typed with what is wrong. */
struct vm_labels_form {
    const char *project, *tags, *note;
    const char *project_problem, *tags_problem, *note_problem;
    struct vm_label_rows found; /* as stored */
};
