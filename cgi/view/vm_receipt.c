/* The receipt of a destroyed VM; see vm_receipt.h. */
#include "view/vm_receipt.h"

#include "base/date.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/receipt_part.h"
#include "receipt.html.h"
#include "receipt.sql.h"
#include "view/activity_view.h"
#include "view/receipt_file.h"
#include "view/receipt_signature.h"
#include "view/vm_view.h"
#include "web/live.h"
#include "web/session.h"

#include <string.h>

static struct error *parts_read(struct request *r, const char *vm_id,
                                struct vm_receipt_part_rows *out)
{
    struct receipt_parts parts;
    struct error *e = receipt_parts_read(r->db, r->arena, r->session->team_id, vm_id, &parts);

    if (e)
        return e;
    out->count = parts.count;
    out->row = arena_array(r->arena, parts.count, sizeof *out->row);
    for (size_t i = 0; i < parts.count; i++)
        out->row[i] = (struct vm_receipt_part){
            .name = parts.row[i].name,
            .answer = parts.row[i].answer,
            .removed = date_exact(r->arena, parts.row[i].removed_at),
            .removed_at = parts.row[i].removed_at,
        };
    return NULL;
}

/* The clock may have been set back meanwhile. */
static int64_t existed_s(const struct receipt_get_row *vm)
{
    return vm->gone_at > vm->created_at ? vm->gone_at - vm->created_at : 0;
}

static void facts_fill(struct request *r, const struct receipt_get_row *vm,
                       struct receipt_html *page)
{
    const struct config_region *region = config_region_find(r->config, vm->region);
    const struct config_image *image = config_image_find(r->config, vm->image);

    page->id = vm->vm_id;
    page->name = vm->name;
    page->image = image ? image->label : vm->image;
    page->size = vm_view_size(r->arena, vm->vcpus, vm->memory_mb, vm->disk_gb);
    page->existed = date_span(r->arena, existed_s(vm));
    page->region = region ? region->label : vm->region;
    page->created = date_exact(r->arena, vm->created_at);
    page->created_at = vm->created_at;
    page->gone = date_exact(r->arena, vm->gone_at);
    page->gone_at = vm->gone_at;
    page->who = vm->who;
    page->cause = vm->cause;
    page->took_ms = vm->took_ms;
}

struct error *vm_receipt_respond(struct request *r, const char *vm_id, const char *refusal)
{
    struct receipt_html page = { .server = r->config->public_url,
                                 .activity_days = r->config->destroyed_vm_days,
                                 .refusal = refusal };
    struct receipt_get_row vm;
    struct error *e = sql_receipt_get(r->db, r->arena, r->session->team_id, vm_id, &vm);

    if (!e)
        e = parts_read(r, vm_id, &page.parts);
    if (!e)
        e = receipt_signature_fill(r, SIGNED_RECEIPT_KIND_VM, vm_id, &page.signature);
    if (!e)
        e = activity_view_vm(r, vm_id, INT64_MAX, "", LIMIT_LIST_ROWS, &page.events);
    if (e)
        return e;
    facts_fill(r, &vm, &page);
    r->frame.title = arena_printf(r->arena, "%s: Destroyed", vm.name);
    r->frame.section = "vms";
    live_respond(r, render_receipt, &page);
    return NULL;
}

/* Names of VMs are host names. */
struct error *vm_receipt_download(struct request *r, const char *vm_id)
{
    struct receipt_get_row vm;
    struct error *e = sql_receipt_get(r->db, r->arena, r->session->team_id, vm_id, &vm);

    return e ? e
             : receipt_file_respond(r, SIGNED_RECEIPT_KIND_VM, vm_id,
                                    arena_printf(r->arena, "receipt-%s.zip", vm.name));
}
