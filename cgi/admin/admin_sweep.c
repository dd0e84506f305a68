/*
 * "domicile-admin sweep": deletes what is kept no longer and says how much of each kind. With
 * --dry-run it deletes nothing and says what is due.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "model/term.h"
#include "worker/retention.h"

#include <stdio.h>

static struct error *json_line(struct admin *admin, const struct sweep *sweep,
                               const struct sweep_due *due)
{
    const struct json_field fields[] = {
        json_text("name", sweep->name),
        json_text("what", sweep->what),
        json_number("kept_s", term_s(admin->config, sweep->term)),
        json_number(admin->is_dry ? "due" : "removed", due->total),
        json_text("oldest_at", due->oldest_at ? date_iso(admin->arena, due->oldest_at) : NULL),
    };
    const char *text;
    struct error *e = json_object_write(admin->arena, fields, COUNT(fields), &text);

    if (!e)
        puts(text);
    return e;
}

/* A sweep, and what is due or was deleted. */
static struct error *line_write(struct admin *admin, const struct sweep *sweep,
                                const struct sweep_due *due)
{
    if (admin->is_json)
        return json_line(admin, sweep, due);
    printf("%-16s  %-12s  %8lld  %-20s  %s\n", sweep->name,
           date_span(admin->arena, term_s(admin->config, sweep->term)), (long long)due->total,
           due->oldest_at ? date_iso(admin->arena, due->oldest_at) : "", sweep->what);
    return NULL;
}

static struct error *one_sweep(struct admin *admin, const struct context *context,
                               const struct sweep *sweep)
{
    int64_t transactions = INT64_MAX;
    struct sweep_due due;
    struct error *e = sweep_count(context, sweep, &due);

    if (!e && !admin->is_dry) {
        due.total = 0;
        e = sweep_run(context, sweep, &transactions, &due.total);
    }
    return e ? e : line_write(admin, sweep, &due);
}

struct error *admin_sweep(struct admin *admin)
{
    const struct context context =
        context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct error *e = NULL;

    if (!admin->is_json)
        printf("%-16s  %-12s  %8s  %-20s  %s\n", "NAME", "KEPT", admin->is_dry ? "DUE" : "REMOVED",
               "OLDEST", "WHAT");
    for (size_t i = 0; !e && i < SWEEP_COUNT; i++)
        e = one_sweep(admin, &context, &SWEEPS[i]);
    return e || admin->is_dry ? e : retention_log_empty(&context);
}
