/*
 * "domicile-admin promises": what is promised, and whether it is kept. With --now everything that a
 * command can measure is measured first. The exit status is for monitors; 2 is that of a wrong use.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "adapter/transfer.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "main_constants.sql.h"
#include "model/promise_row.h"
#include "worker/promise.h"

#include <stdio.h>
#include <string.h>

/* The exit status, if not all are kept: a broken one counts for more than one that is unknown. */
enum { IS_BROKEN = 1, IS_UNKNOWN = 3 };

struct error *admin_promises_measure(struct admin *admin, const char *id)
{
    struct worker_context *context;
    struct error *e = transfer_open(admin->arena);

    if (!e)
        e = worker_context_open(admin->arena, admin->config, &TIMEOUTS, DRIVERS, &context);
    if (e)
        return e;
    e = id ? promise_measure(context, id) : promise_round(context, true);
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
        json_text("checked_at",
                  promise->checked_at ? date_iso(admin->arena, promise->checked_at) : NULL),
        json_text("changed_at", date_iso(admin->arena, promise->changed_at)),
    };
    const char *text;
    struct error *e = json_object_write(admin->arena, fields, COUNT(fields), &text);

    if (!e)
        puts(text);
    return e;
}

/* "2 found. X-Frame-Options is missing ...": what was measured, and unless it is kept, why not. */
static const char *finding_text(struct admin *admin, const struct promise_list_row *promise)
{
    const char *figure = promise_row_figure(admin->arena, promise);

    if (promise->is_late)
        return arena_printf(admin->arena, "not measured since %s",
                            date_iso(admin->arena, promise->checked_at));
    if (strcmp(promise->state, PROMISE_STATE_GREEN) == 0)
        return figure;
    return figure ? arena_printf(admin->arena, "%s. %s", figure, promise->evidence)
                  : promise->evidence;
}

static void plain_line(struct admin *admin, const struct promise_list_row *promise)
{
    const char *finding = finding_text(admin, promise);

    printf("%-7s  %-18s  %s", promise->state, promise->id, promise->sentence);
    if (finding)
        printf(" (%s)", finding);
    /* What the worker measures once a day is not new with --now. */
    if (promise->every_s >= A_DAY_S && promise->checked_at && !promise->is_late)
        printf(" Measured %s.", date_iso(admin->arena, promise->checked_at));
    putchar('\n');
}

struct error *admin_promises(struct admin *admin)
{
    struct promise_list_rows rows;
    struct promise_sums sums;
    struct error *e = admin->is_now ? admin_promises_measure(admin, NULL) : NULL;

    if (!e)
        e = sql_promise_list(admin->db, admin->arena, clock_now(), &rows);
    for (size_t i = 0; !e && i < rows.count; i++) {
        if (admin->is_json)
            e = json_line(admin, &rows.row[i]);
        else
            plain_line(admin, &rows.row[i]);
    }
    if (e)
        return e;
    sums = promise_rows_sum(&rows);
    if (!sums.total)
        fputs("domicile-admin promises: nothing was measured yet\n", stderr);
    if (sums.broken)
        admin->status = IS_BROKEN;
    else if (sums.unknown || !sums.total)
        admin->status = IS_UNKNOWN;
    return NULL;
}
