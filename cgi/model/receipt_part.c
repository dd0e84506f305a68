/* Parts of a destroyed VM; see receipt_part.h. */
#include "model/receipt_part.h"

#include "base/array.h"
#include "receipt_part.sql.h"

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
static void snapshots_merge(struct receipt_parts *parts)
{
    struct receipt_part *part = parts->row;

    if (parts->count < 2 || strcmp(part[0].answer, part[1].answer) != 0)
        return;
    part[0].name = "VM and its snapshots";
    parts->count--;
    memmove(&part[1], &part[2], (parts->count - 1) * sizeof *part);
}

struct error *receipt_parts_read(struct db *db, struct arena *arena, int64_t team_id,
                                 const char *vm_id, struct receipt_parts *out)
{
    struct receipt_part_list_rows rows;
    struct error *e = sql_receipt_part_list(db, arena, team_id, vm_id, &rows);

    if (e)
        return e;
    out->count = rows.count;
    out->row = arena_array(arena, rows.count, sizeof *out->row);
    for (size_t i = 0; i < rows.count; i++)
        out->row[i] = (struct receipt_part){ part_name(rows.row[i].thing), rows.row[i].answer,
                                             rows.row[i].removed_at };
    snapshots_merge(out);
    return NULL;
}
