/* Projects and tags as links; see vm_labels_view.h. */
#include "view/vm_labels_view.h"

#include "base/array.h"
#include "base/limit.h"

#include <stdlib.h>
#include <string.h>

struct vm_label_rows vm_labels_view_of(struct arena *arena, const char *project, const char *tags)
{
    struct vm_label_rows labels = { arena_array(arena, LIMIT_TAGS + 1, sizeof *labels.row), 0 };

    if (project)
        labels.row[labels.count++] =
            (struct vm_label){ .text = project, .search = project, .is_project = true };
    while (tags && *tags && labels.count <= LIMIT_TAGS) {
        size_t length = strcspn(tags, " ");
        const char *tag = arena_copy_bytes(arena, tags, length);

        labels.row[labels.count++] =
            (struct vm_label){ .text = tag, .search = arena_printf(arena, "#%s", tag) };
        tags += length + (tags[length] == ' ');
    }
    return labels;
}

/* ---- the filter of the list ---- */

static int by_kind_and_text(const void *a, const void *b)
{
    const struct vm_label *first = a, *second = b;

    return first->is_project != second->is_project ? second->is_project - first->is_project
                                                   : strcmp(first->text, second->text);
}

static int by_kind_and_total(const void *a, const void *b)
{
    const struct vm_label *first = a, *second = b;

    if (first->is_project != second->is_project || first->total == second->total)
        return by_kind_and_text(a, b);
    return first->total < second->total ? 1 : -1;
}

/* Each once, with the number of VMs that have it. */
static void labels_count(struct vm_label_rows *labels)
{
    size_t kept = 0;

    qsort(labels->row, labels->count, sizeof *labels->row, by_kind_and_text);
    for (size_t i = 0; i < labels->count; i++) {
        if (!kept || by_kind_and_text(&labels->row[kept - 1], &labels->row[i]) != 0)
            labels->row[kept++] = labels->row[i];
        labels->row[kept - 1].total++;
    }
    labels->count = kept;
}

struct vm_label_rows vm_labels_view_all(struct arena *arena, const struct vm_label_list_rows *vms,
                                        const char *search)
{
    struct vm_label_rows all = { .count = 0 };
    size_t capacity = 0;

    for (size_t i = 0; i < vms->count; i++) {
        const struct vm_label_rows own =
            vm_labels_view_of(arena, vms->row[i].project, vms->row[i].tags);

        for (size_t k = 0; k < own.count; k++) {
            all.row = array_grow(arena, all.row, all.count, &capacity, sizeof *all.row);
            all.row[all.count++] = own.row[k];
        }
    }
    if (!all.count)
        return all;
    labels_count(&all);
    qsort(all.row, all.count, sizeof *all.row, by_kind_and_total);
    if (all.count > LIMIT_LABELS_SHOWN)
        all.count = LIMIT_LABELS_SHOWN;
    for (size_t i = 0; i < all.count; i++)
        all.row[i].is_chosen = strcmp(all.row[i].search, search) == 0;
    return all;
}
