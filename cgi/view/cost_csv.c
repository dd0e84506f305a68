/* A month's intervals as CSV; see cost_csv.h. */
#include "view/cost_csv.h"

#include "base/array.h"
#include "base/csv.h"
#include "base/date.h"
#include "base/limit.h"
#include "model/ledger.h"
#include "view/cost_projects.h"
#include "web/session.h"

/* The answer is in memory three times: as made, with its headers, as FastCGI records. */
_Static_assert(3 * LIMIT_CSV_ROWS * LIMIT_CSV_ROW_BYTES <= LIMIT_REQUEST_ARENA_BYTES * 3 / 4,
               "a full file does not fit");

struct file {
    struct request *r;
    struct price_list_rows prices;
    struct cost_projects projects;
    struct ledger_sum sum; /* of all lines so far, those of earlier parts included */
    int64_t skip, max;     /* lines */
};

/* Its cost is what the sum has grown by, so that the lines add up to the month's total. */
static void stretch_write(struct file *file, const struct ledger_interval *row, int64_t from_at,
                          int64_t until_at, int64_t millicents)
{
    struct arena *arena = file->r->arena;
    struct buf *out = &file->r->response.body;
    const char *project = cost_projects_of(&file->projects, row->vm_id);
    struct ledger_use use = row->use;

    csv_text(out, row->vm_id);
    csv_text(out, row->name);
    csv_text(out, date_iso(arena, from_at));
    csv_text(out, date_iso(arena, until_at));
    csv_int(out, until_at - from_at);
    csv_text(out, row->use.state);
    csv_text(out, row->use.size);
    csv_int(out, row->use.disk_gb);
    csv_int(out, row->use.snapshot_gb);
    csv_int(out, ledger_rate(&file->prices, &use, from_at));
    csv_text(out, arena_printf(arena, "%lld.%05lld", (long long)(millicents / 100000),
                               (long long)(millicents % 100000)));
    csv_text(out, project ? project : "");
    csv_line_end(out);
}

/* One line per interval and price, so that seconds times price is exact. */
static bool row_write(void *context, const struct ledger_interval *row)
{
    struct file *file = context;
    struct ledger_use use = row->use;

    for (int64_t at = row->from_at; at < row->until_at && file->max > 0;) {
        int64_t end_at = ledger_stretch_end(&file->prices, &use, at, row->until_at);
        int64_t before = ledger_sum_millicents(&file->sum);

        ledger_sum_add(&file->sum, &file->prices, &use, at, end_at);
        if (file->skip > 0) {
            file->skip--;
        } else {
            stretch_write(file, row, at, end_at, ledger_sum_millicents(&file->sum) - before);
            file->max--;
        }
        at = end_at;
    }
    return file->max > 0;
}

struct error *cost_csv_respond(struct request *r, int64_t month_at, int64_t part)
{
    static const char *const heads[] = {
        "vm_id", "vm",   "from_utc", "until_utc",   "seconds",
        "state", "size", "disk_gb",  "snapshot_gb", "millicents_per_hour"
    };
    struct file file = { .r = r, .skip = (part - 1) * LIMIT_CSV_ROWS, .max = LIMIT_CSV_ROWS };
    struct ledger_walk walk = {
        .team_id = r->session->team_id,
        .from_at = month_at,
        .until_at = date_month_end(month_at),
        .visit = row_write,
        .context = &file,
    };
    struct error *e = sql_price_list(r->db, r->arena, &file.prices);

    if (!e)
        e = cost_projects_read(r, &file.projects);
    if (e)
        return e;
    r->response.body = buf_new(r->arena, LIMIT_CSV_ROWS * LIMIT_CSV_ROW_BYTES);
    for (size_t i = 0; i < COUNT(heads); i++)
        csv_text(&r->response.body, heads[i]);
    csv_text(&r->response.body, arena_printf(r->arena, "cost_%s", r->config->currency));
    csv_text(&r->response.body, "project");
    csv_line_end(&r->response.body);
    r->response.content_type = "text/csv; charset=utf-8; header=present";
    r->response.download =
        arena_printf(r->arena, part > 1 ? "costs-%s-part-%lld.csv" : "costs-%s.csv",
                     date_month_iso(r->arena, month_at), (long long)part);
    e = ledger_walk(r->db, r->arena, &walk);
    return e ? e : ledger_sum_check(r->arena, &file.sum);
}
