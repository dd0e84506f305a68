/* See vm_refused.h. */
#include "view/vm_refused.h"

#include "base/array.h"
#include "vms_refused.html.h"

#include <string.h>

static struct vm_refusal *refusal_of(struct arena *arena, struct vm_refusal_rows *refusals,
                                     const char *reason, size_t most)
{
    struct vm_refusal *refusal;

    for (size_t i = 0; i < refusals->count; i++) {
        if (strcmp(refusals->row[i].reason, reason) == 0)
            return &refusals->row[i];
    }
    refusal = &refusals->row[refusals->count++];
    *refusal = (struct vm_refusal){
        .reason = reason,
        .vms.row = arena_array(arena, most, sizeof *refusal->vms.row),
    };
    return refusal;
}

void vm_refused_show(struct request *r, const struct vm_bulk_act *act,
                     const struct vm_bulk_rows *refused, size_t sent, const char *back_path)
{
    size_t done = sent - refused->count;
    struct vms_refused_html page = {
        .title = refused->count == 1
                     ? arena_printf(r->arena, "1 VM was not %s", act->refused)
                     : arena_printf(r->arena, "%zu VMs were not %s", refused->count, act->refused),
        .done = done ? arena_printf(r->arena, "%s %zu other VM%s.", act->doing, done,
                                    done == 1 ? "" : "s")
                     : NULL,
        .refusals.row = arena_array(r->arena, refused->count, sizeof *page.refusals.row),
        .back_path = back_path,
    };

    for (size_t i = 0; i < refused->count; i++) {
        struct vm_refusal *refusal =
            refusal_of(r->arena, &page.refusals, refused->row[i].reason, refused->count);

        refusal->vms.row[refusal->vms.count++] = refused->row[i];
    }
    r->frame.title = page.title;
    r->frame.section = "vms";
    r->response.status = 422;
    html_vms_refused(&r->response.body, &r->frame, &page);
}
