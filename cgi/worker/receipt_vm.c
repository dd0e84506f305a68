/* Signed receipts of destroyed VMs; see receipt_vm.h. */
#include "worker/receipt_vm.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/receipt_part.h"
#include "worker/receipt_sign.h"

#include "receipt.sql.h"

#include <string.h>

static struct error *part_write(struct arena *arena, struct buf *out,
                                const struct receipt_part *part)
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

/* The person who had it destroyed is not in it: a signed text cannot forget anybody. */
static struct error *head_write(struct arena *arena, const struct receipt_get_row *vm,
                                const char **out)
{
    const struct json_field fields[] = {
        json_text("vm", vm->name),
        json_text("id", vm->vm_id),
        json_text("region", vm->region),
        json_text("image", vm->image),
        json_text("size", vm->size),
        json_number("vcpus", vm->vcpus),
        json_number("memory_mb", vm->memory_mb),
        json_number("disk_gb", vm->disk_gb),
        json_text("created_at", date_iso(arena, vm->created_at)),
        json_text("destroyed_at", date_iso(arena, vm->gone_at)),
        json_number("destroying_ms", vm->took_ms),
        json_text("cause", vm->cause),
    };

    return json_object_write(arena, fields, COUNT(fields), out);
}

static struct error *content_write(const struct context *context, int64_t team_id,
                                   const char *vm_id, struct buf *out)
{
    struct receipt_parts parts;
    struct receipt_get_row vm;
    const char *head;
    struct error *e = sql_receipt_get(context->db, context->arena, team_id, vm_id, &vm);

    if (!e)
        e = receipt_parts_read(context->db, context->arena, team_id, vm_id, &parts);
    if (!e)
        e = head_write(context->arena, &vm, &head);
    if (e)
        return e;
    buf_bytes(out, head, strlen(head) - 1); /* the parts follow in the same object */
    buf_literal(out, ",\"parts\":[");
    for (size_t i = 0; !e && i < parts.count; i++) {
        buf_text(out, i ? "," : "");
        e = part_write(context->arena, out, &parts.row[i]);
    }
    buf_literal(out, "]}");
    return e;
}

static struct error *one_sign(const struct context *context, int64_t team_id, const char *vm_id)
{
    struct buf content = buf_new(context->arena, 2048);
    struct error *e = db_begin(context->db, context->arena);

    if (!e)
        e = content_write(context, team_id, vm_id, &content);
    if (!e)
        e = receipt_sign(context, SIGNED_RECEIPT_KIND_VM, vm_id, &team_id, content.bytes);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e;
}

struct error *receipts_sign(const struct context *context, bool *is_done)
{
    struct receipt_unsigned_rows rows;
    struct error *e =
        sql_receipt_unsigned(context->db, context->arena, LIMIT_SWEEP_TRANSACTIONS, &rows);

    for (size_t i = 0; !e && i < rows.count; i++)
        e = one_sign(context, rows.row[i].team_id, rows.row[i].vm_id);
    *is_done = e || rows.count < LIMIT_SWEEP_TRANSACTIONS;
    return e;
}
