/* The receipt of a destroyed VM; see vm_receipt.h. */
#include "view/vm_receipt.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/date.h"
#include "base/limit.h"
#include "receipt.html.h"
#include "receipt.sql.h"
#include "receipt_part.sql.h"
#include "view/activity_view.h"
#include "view/vm_view.h"
#include "web/live.h"
#include "web/session.h"

#include <string.h>

/* What the driver calls a part, in words. */
static const char *part_name(const char *thing)
{
    static const struct {
        const char *thing, *name;
    } words[] = {
        { "domain", "Virtual machine" }, { "snapshots", "Snapshots" }, { "disk", "Disk" },
        { "seed", "Cloud-init data" },   { "port", "SSH port" },
    };

    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(words[i].thing, thing) == 0)
            return words[i].name;
    }
    return thing;
}

/* libvirt keeps snapshots within the domain: its one answer for both is shown once. */
static void snapshots_merge(struct vm_receipt_part_rows *parts)
{
    struct vm_receipt_part *part = parts->row;

    if (parts->count < 2 || strcmp(part[0].answer, part[1].answer) != 0)
        return;
    part[0].name = "VM and its snapshots";
    parts->count--;
    memmove(&part[1], &part[2], (parts->count - 1) * sizeof *part);
}

/* For the page and the file alike. */
static struct error *parts_read(struct request *r, const char *vm_id,
                                struct vm_receipt_part_rows *out)
{
    struct receipt_part_list_rows rows;
    struct error *e = sql_receipt_part_list(r->db, r->arena, r->session->team_id, vm_id, &rows);

    if (e)
        return e;
    out->count = rows.count;
    out->row = arena_array(r->arena, rows.count, sizeof *out->row);
    for (size_t i = 0; i < rows.count; i++)
        out->row[i] = (struct vm_receipt_part){
            .name = part_name(rows.row[i].thing),
            .answer = rows.row[i].answer,
            .removed = date_exact(r->arena, rows.row[i].removed_at),
            .removed_at = rows.row[i].removed_at,
        };
    snapshots_merge(out);
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
    page->who = vm->destroyed_by;
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
        e = activity_view_vm(r, vm_id, INT64_MAX, "", LIMIT_LIST_ROWS, &page.events);
    if (e)
        return e;
    facts_fill(r, &vm, &page);
    r->frame.title = arena_printf(r->arena, "%s: Destroyed", vm.name);
    r->frame.section = "vms";
    live_respond(r, render_receipt, &page);
    return NULL;
}

/* ---- JSON ---- */

static struct error *part_write(struct arena *arena, struct buf *out,
                                const struct vm_receipt_part *part)
{
    const struct json_field fields[] = {
        json_text("part", part->name),
        json_text("answer", part->answer),
        json_text("at", date_iso(arena, part->removed_at)),
    };
    const char *text;
    struct error *e = json_object_write(arena, fields, COUNT(fields), &text);

    if (!e)
        buf_text(out, text);
    return e;
}

static struct error *head_write(struct request *r, const struct receipt_get_row *vm,
                                const char **out)
{
    const struct json_field fields[] = {
        json_text("vm", vm->name),
        json_text("id", vm->vm_id),
        json_text("server", r->config->public_url),
        json_text("region", vm->region),
        json_text("image", vm->image),
        json_text("size", vm->size),
        json_number("vcpus", vm->vcpus),
        json_number("memory_mb", vm->memory_mb),
        json_number("disk_gb", vm->disk_gb),
        json_text("created_at", date_iso(r->arena, vm->created_at)),
        json_text("destroyed_at", date_iso(r->arena, vm->gone_at)),
        json_number("existed_s", existed_s(vm)),
        json_text("destroyed_by", vm->destroyed_by),
        json_number("destroying_ms", vm->took_ms),
    };

    return json_object_write(r->arena, fields, COUNT(fields), out);
}

struct error *vm_receipt_download(struct request *r, const char *vm_id)
{
    struct buf *out = &r->response.body;
    struct vm_receipt_part_rows parts;
    struct receipt_get_row vm;
    const char *head;
    struct error *e = sql_receipt_get(r->db, r->arena, r->session->team_id, vm_id, &vm);

    if (!e)
        e = parts_read(r, vm_id, &parts);
    if (!e)
        e = head_write(r, &vm, &head);
    if (e)
        return e;
    buf_bytes(out, head, strlen(head) - 1); /* the parts follow in the same object */
    buf_text(out, ",\"parts\":[");
    for (size_t i = 0; i < parts.count && !e; i++) {
        if (i)
            buf_char(out, ',');
        e = part_write(r->arena, out, &parts.row[i]);
    }
    buf_text(out, "]}\n");
    r->response.content_type = "application/json";
    r->response.download = arena_printf(r->arena, "receipt-%s.json", vm.name);
    return e;
}
