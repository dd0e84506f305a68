/*
 * "domicile-admin records": the record of processing (GDPR, Article 30), one line for each column,
 * kind of file and recipient: CSV, or with --json an object each.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/csv.h"
#include "model/inventory.h"
#include "model/recipient.h"

#include <stdio.h>

struct record {
    /* "main.person", "email"; "files", "domicile.conf"; "recipients", "Stripe, api.stripe.com" */
    const char *where, *name;
    const char *why, *basis, *keep, *on_export, *on_erase;
};

static struct error *record_write(struct admin *admin, const struct record *record)
{
    const struct json_field fields[] = {
        json_text("where", record->where),      json_text("name", record->name),
        json_text("purpose", record->why),      json_text("basis", record->basis),
        json_text("kept", record->keep),        json_text("export", record->on_export),
        json_text("erasure", record->on_erase),
    };
    struct buf line = buf_new(admin->arena, 256);
    const char *text;
    struct error *e;

    if (admin->is_json) {
        e = json_object_write(admin->arena, fields, COUNT(fields), &text);
        if (!e)
            puts(text);
        return e;
    }
    for (size_t i = 0; i < COUNT(fields); i++)
        csv_text(&line, fields[i].text);
    csv_line_end(&line);
    fputs(line.bytes, stdout);
    return NULL;
}

static struct error *columns_write(struct admin *admin, const struct inventory *inventory)
{
    struct error *e = NULL;

    for (size_t i = 0; !e && i < inventory->count; i++) {
        const struct inventory_column *c = &inventory->columns[i];
        const struct record record = {
            arena_printf(admin->arena, "%s.%s", inventory->database, c->table),
            c->column,
            c->why,
            c->basis,
            inventory_keep(admin->arena, admin->config, c->keep),
            c->on_export,
            c->on_erase,
        };

        e = record_write(admin, &record);
    }
    return e;
}

static struct error *files_write(struct admin *admin)
{
    struct error *e = NULL;

    for (size_t i = 0; !e && i < INVENTORY_FILE_COUNT; i++) {
        const struct inventory_file *f = &INVENTORY_FILES[i];
        const struct record record = { "files", f->patterns,  f->why,     f->basis,
                                       f->keep, f->on_export, f->on_erase };

        e = record_write(admin, &record);
    }
    return e;
}

/* How long they keep it, and what they export and erase, is theirs to say. */
static struct error *recipients_write(struct admin *admin)
{
    const struct recipient_rows recipients = recipient_list(admin->arena, admin->config);
    struct error *e = NULL;

    for (size_t i = 0; !e && i < recipients.count; i++) {
        const struct recipient *r = &recipients.row[i];
        const struct record record = {
            .where = "recipients",
            .name = arena_printf(admin->arena, "%s, %s", r->name, r->host),
            .why = arena_printf(admin->arena, "%s. %s", r->purpose, r->what),
            .basis = "contract",
            .keep = "",
            .on_export = "",
            .on_erase = "",
        };

        e = record_write(admin, &record);
    }
    return e;
}

struct error *admin_records(struct admin *admin)
{
    struct error *e = NULL;

    if (!admin->is_json)
        fputs("where,name,purpose,basis,kept,export,erasure\r\n", stdout);
    e = columns_write(admin, &INVENTORY_MAIN);
    if (!e)
        e = columns_write(admin, &INVENTORY_INBOX);
    if (!e)
        e = files_write(admin);
    return e ? e : recipients_write(admin);
}
