/*
 * "domicile-admin promises": what is promised, and whether it is kept. With --now everything that a
 * command can measure is measured first. Exits with 1 if a promise is broken.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "adapter/transfer.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "worker/promise.h"

#include "promise.sql.h"

#include <stdio.h>
#include <string.h>

struct error *admin_promises_measure(struct admin *admin)
{
    struct worker_context *context;
    struct error *e = transfer_open(admin->arena);

    if (!e)
        e = worker_context_open(admin->arena, admin->config, &TIMEOUTS, DRIVERS, &context);
    if (e)
        return e;
    e = promise_round(context, true);
    if (e)
        e = error_copy(admin->arena, e);
    worker_context_close(context);
    return e;
}

static struct error *json_line(struct admin *admin, const struct promise_list_row *promise)
{
    const struct json_field fields[] = {
        json_text("id", promise->id),
        json_text("sentence", promise->sentence),
        json_text("state", promise->state),
        json_number("figure", promise->figure),
        json_number("limit", promise->figure_max),
        json_text("unit", promise->unit),
        json_text("evidence", promise->evidence),
        json_text("mechanism", promise->mechanism),
        json_text("checked_at", date_iso(admin->arena, promise->checked_at)),
        json_text("changed_at", date_iso(admin->arena, promise->changed_at)),
    };
    const char *text;
    struct error *e = json_object_write(admin->arena, fields, COUNT(fields), &text);

    if (!e)
        puts(text);
    return e;
}

static const char *figure_text(struct admin *admin, const struct promise_list_row *promise,
                               int64_t figure)
{
    return strcmp(promise->unit, PROMISE_UNIT_SECONDS) == 0 ? date_span(admin->arena, figure)
                                                            : text_count(admin->arena, figure);
}

static void plain_line(struct admin *admin, const struct promise_list_row *promise)
{
    bool is_known = strcmp(promise->state, PROMISE_STATE_UNKNOWN) != 0;

    /* What the worker measures once a day is not new with --now. */
    const char *when = promise->every_s < A_DAY_S || promise->is_late
                           ? ""
                           : arena_printf(admin->arena, ", measured %s",
                                          date_iso(admin->arena, promise->checked_at));

    printf("%-7s  %-18s  %s (%s%s)\n", promise->state, promise->id, promise->sentence,
           promise->is_late ? arena_printf(admin->arena, "not measured since %s",
                                           date_iso(admin->arena, promise->checked_at))
           : is_known       ? arena_printf(admin->arena, "%s, limit %s",
                                           figure_text(admin, promise, promise->figure),
                                           figure_text(admin, promise, promise->figure_max))
                            : promise->evidence,
           when);
}

struct error *admin_promises(struct admin *admin)
{
    struct promise_list_rows rows;
    struct error *e = admin->is_now ? admin_promises_measure(admin) : NULL;

    if (!e)
        e = sql_promise_list(admin->db, admin->arena, clock_now(), &rows);
    for (size_t i = 0; !e && i < rows.count; i++) {
        if (strcmp(rows.row[i].state, PROMISE_STATE_RED) == 0)
            admin->status = 1;
        if (admin->is_json)
            e = json_line(admin, &rows.row[i]);
        else
            plain_line(admin, &rows.row[i]);
    }
    return e;
}
