/* Resource usage of a VM; see vm_usage.h. The worker takes the samples (worker/usage.c). */
#include "view/vm_usage.h"

#include "base/array.h"
#include "base/clock.h"
#include "usage_minute.sql.h"
#include "vm.html.h"
#include "web/session.h"

enum { CHART_SECONDS = A_DAY_S, MINUTE_MS = A_MINUTE_S * 1000 };

static struct error *usage_read(struct request *r, const char *vm_id,
                                struct usage_minute_list_rows *out)
{
    return sql_usage_minute_list(r->db, r->arena, r->session->team_id, vm_id,
                                 r->now_at - CHART_SECONDS, out);
}

struct error *vm_usage_fill(struct request *r, const struct vm_get_row *vm, struct vm_html *page)
{
    struct usage_minute_list_rows minutes;
    const struct usage_minute_list_row *last;
    struct error *e = usage_read(r, vm->id, &minutes);

    if (e || !minutes.count)
        return e;
    /* The newest minute is incomplete; use the one before. */
    last = &minutes.row[minutes.count > 1 ? minutes.count - 2 : 0];
    page->has_usage = 1;
    page->usage_at = last->minute_at;
    page->cpu_percent = last->cpu_ms * 100 / MINUTE_MS;
    page->usage_memory_mb = last->memory_mb;
    page->total_memory_mb = vm->memory_mb;
    page->usage_disk_bytes = last->disk_bytes;
    page->usage_read_bytes = last->read_bytes;
    page->usage_written_bytes = last->written_bytes;
    page->usage_received_bytes = last->received_bytes;
    page->usage_sent_bytes = last->sent_bytes;
    page->has_network = last->received_bytes || last->sent_bytes;
    return NULL;
}

/* Numbers only, so JSON needs no library here: "[1,2,3]". */
static void column_write(struct buf *out, const struct usage_minute_list_rows *minutes,
                         int64_t (*number)(const struct usage_minute_list_row *minute))
{
    buf_char(out, '[');
    for (size_t i = 0; i < minutes->count; i++) {
        if (i)
            buf_char(out, ',');
        buf_int(out, number(&minutes->row[i]));
    }
    buf_char(out, ']');
}

static int64_t minute_of(const struct usage_minute_list_row *minute)
{
    return minute->minute_at;
}

static int64_t cpu_of(const struct usage_minute_list_row *minute)
{
    return minute->cpu_ms * 100 / MINUTE_MS;
}

static int64_t memory_of(const struct usage_minute_list_row *minute)
{
    return minute->memory_mb;
}

static int64_t disk_of(const struct usage_minute_list_row *minute)
{
    return (minute->read_bytes + minute->written_bytes) / 60;
}

static int64_t network_of(const struct usage_minute_list_row *minute)
{
    return (minute->received_bytes + minute->sent_bytes) / 60;
}

struct error *vm_usage_show(struct request *r)
{
    static int64_t (*const columns[])(const struct usage_minute_list_row *) = { minute_of, cpu_of,
                                                                                memory_of, disk_of,
                                                                                network_of };
    struct buf *out = &r->response.body;
    struct usage_minute_list_rows minutes;
    struct vm_get_row vm;
    struct error *e = sql_vm_get(r->db, r->arena, r->session->team_id, r->parameters[0], &vm);

    if (!e)
        e = usage_read(r, vm.id, &minutes);
    if (e)
        return e;
    r->response.content_type = "application/json";
    buf_char(out, '[');
    for (size_t i = 0; i < COUNT(columns); i++) {
        if (i)
            buf_char(out, ',');
        column_write(out, &minutes, columns[i]);
    }
    buf_char(out, ']');
    return NULL;
}
