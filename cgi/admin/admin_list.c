/*
 * "domicile-admin vms", "orphans" and "mails": lists as a table or, with --json, one JSON object
 * per line.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/date.h"

#include "mail.sql.h"
#include "operator.sql.h"
#include "orphan.sql.h"

#include <stdio.h>

static struct error *line_write(struct admin *admin, const struct json_field *fields, size_t count)
{
    const char *text;
    struct error *e = json_object_write(admin->arena, fields, count, &text);

    if (!e)
        puts(text);
    return e;
}

static struct error *vm_write(struct admin *admin, const struct operator_vm_list_row *vm)
{
    const struct json_field fields[] = {
        json_text("id", vm->id),
        json_text("name", vm->name),
        json_text("team", vm->team),
        json_text("region", vm->region),
        json_text("state", vm->state),
        json_number("state_at", vm->state_at),
        json_text("observed", vm->observed),
        json_number("observed_at", vm->observed_at),
        json_number("vcpus", vm->vcpus),
        json_number("memory_mb", vm->memory_mb),
        json_number("disk_gb", vm->disk_gb),
        json_text("ssh_host", vm->ssh_host),
        json_number("ssh_port", vm->ssh_port),
        json_text("last_error", vm->last_error),
    };

    if (admin->is_json)
        return line_write(admin, fields, COUNT(fields));
    printf("%-16s  %-20s  %-24s  %-10s  %-12s  %-8s  %5lld  %s\n", vm->id, vm->name, vm->team,
           vm->region, vm->state, vm->observed, (long long)vm->ssh_port,
           vm->last_error ? vm->last_error : "");
    return NULL;
}

struct error *admin_vms(struct admin *admin)
{
    struct operator_vm_list_rows vms;
    struct error *e =
        sql_operator_vm_list(admin->db, admin->arena, 0, "", "", "", "name", 0, INT64_MAX, &vms);

    if (!e && !admin->is_json)
        printf("%-16s  %-20s  %-24s  %-10s  %-12s  %-8s  %5s  %s\n", "ID", "NAME", "TEAM", "REGION",
               "STATE", "HOST", "PORT", "LAST ERROR");
    for (size_t i = 0; !e && i < vms.count; i++)
        e = vm_write(admin, &vms.row[i]);
    return e;
}

static struct error *orphan_write(struct admin *admin, const struct orphan_list_row *row)
{
    const struct json_field fields[] = {
        json_text("region", row->region),
        json_text("kind", row->kind),
        json_text("name", row->name),
        json_number("seen_at", row->seen_at),
    };

    if (admin->is_json)
        return line_write(admin, fields, COUNT(fields));
    printf("%-10s  %-8s  %-20s  %s\n", row->region, row->kind, date_iso(admin->arena, row->seen_at),
           row->name);
    return NULL;
}

struct error *admin_orphans(struct admin *admin)
{
    struct orphan_list_rows rows;
    struct error *e = sql_orphan_list(admin->db, admin->arena, "", "", 0, INT64_MAX, &rows);

    if (!e && !admin->is_json)
        printf("%-10s  %-8s  %-20s  %s\n", "REGION", "KIND", "SINCE", "NAME");
    for (size_t i = 0; !e && i < rows.count; i++)
        e = orphan_write(admin, &rows.row[i]);
    return e;
}

static struct error *mail_write(struct admin *admin, const struct mail_problems_row *row)
{
    const struct json_field fields[] = {
        json_text("kind", row->kind),
        json_text("to", row->to_email),
        json_text("state", row->state),
        json_number("attempts", row->attempts),
        json_number("created_at", row->created_at),
        json_number("due_at", row->due_at),
        json_text("reason", row->reason),
    };

    if (admin->is_json)
        return line_write(admin, fields, COUNT(fields));
    printf("%-14s  %-28s  %-6s  %8lld  %-20s  %s\n", row->kind, row->to_email, row->state,
           (long long)row->attempts, date_iso(admin->arena, row->created_at), row->reason);
    return NULL;
}

struct error *admin_mails(struct admin *admin)
{
    struct mail_problems_rows rows;
    struct error *e = sql_mail_problems(admin->db, admin->arena, "", "", "", 0, INT64_MAX, &rows);

    if (!e && !admin->is_json)
        printf("%-14s  %-28s  %-6s  %8s  %-20s  %s\n", "KIND", "TO", "STATE", "ATTEMPTS", "SINCE",
               "REASON");
    for (size_t i = 0; !e && i < rows.count; i++)
        e = mail_write(admin, &rows.row[i]);
    return e;
}
