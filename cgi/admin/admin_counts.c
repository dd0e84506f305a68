/*
 * "domicile-admin counts": the counts of requests that were made from the logs, and from which
 * other sites visitors came.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/date.h"

#include "request_count.sql.h"
#include "source_count.sql.h"

#include <stdio.h>

static struct error *json_line(struct admin *admin, const struct request_count_list_row *count)
{
    const struct json_field fields[] = {
        json_text("day", date_day_iso(admin->arena, count->day_at)),
        json_text("from", date_day_iso(admin->arena, count->from_at)),
        json_text("who", count->who),
        json_text("program", count->program),
        json_text("route", count->route),
        json_number("status_class", count->status_class),
        json_number("requests", count->requests),
        json_number("took_ms", count->took_ms),
        json_number("crowd", count->crowd),
    };
    const char *text;
    struct error *e = json_object_write(admin->arena, fields, COUNT(fields), &text);

    if (!e)
        puts(text);
    return e;
}

static void plain_line(struct admin *admin, const struct request_count_list_row *count)
{
    const char *answer = arena_printf(admin->arena, "%lldxx", (long long)count->status_class);
    bool is_sum = !*count->route;

    printf("%-10s  %-8s  %8lld  %10lld  %-3s  %-9s  %s\n",
           date_day_iso(admin->arena, count->day_at), count->who, (long long)count->requests,
           (long long)count->took_ms, is_sum ? "" : answer, count->program,
           !is_sum ? count->route
           : count->from_at == count->day_at
               ? "(other)"
               : arena_printf(admin->arena, "(all, since %s)",
                              date_day_iso(admin->arena, count->from_at)));
}

static struct error *sources_write(struct admin *admin)
{
    struct source_count_list_rows rows;
    struct error *e = sql_source_count_list(admin->db, admin->arena, &rows);

    if (!e && rows.count && !admin->is_json)
        printf("\n%-10s  %8s  %s\n", "DAY", "VISITS", "FROM");
    for (size_t i = 0; !e && i < rows.count; i++) {
        const char *day = date_day_iso(admin->arena, rows.row[i].day_at), *text;
        const struct json_field fields[] = {
            json_text("day", day),
            json_text("from_host", rows.row[i].host),
            json_number("visits", rows.row[i].visits),
        };

        if (!admin->is_json) {
            printf("%-10s  %8lld  %s\n", day, (long long)rows.row[i].visits,
                   *rows.row[i].host ? rows.row[i].host : "(other)");
            continue;
        }
        e = json_object_write(admin->arena, fields, COUNT(fields), &text);
        if (!e)
            puts(text);
    }
    return e;
}

struct error *admin_counts(struct admin *admin)
{
    struct request_count_list_rows rows;
    struct error *e = sql_request_count_list(admin->db, admin->arena, &rows);

    if (!e && !admin->is_json)
        printf("%-10s  %-8s  %8s  %10s  %-3s  %-9s  %s\n", "DAY", "WHO", "REQUESTS", "TOOK_MS", "",
               "PROGRAM", "ROUTE");
    for (size_t i = 0; !e && i < rows.count; i++) {
        if (admin->is_json)
            e = json_line(admin, &rows.row[i]);
        else
            plain_line(admin, &rows.row[i]);
    }
    return e ? e : sources_write(admin);
}
