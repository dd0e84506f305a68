/* The charts of a VM; see vm_chart.h. The worker takes the samples (worker/usage.c). */
#include "view/vm_chart.h"

#include "base/array.h"
#include "base/chart_path.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/usage_day.h"
#include "model/vm_cpu.h"
#include "usage_minute.sql.h"
#include "view/vm_metric.h"
#include "view/vm_tick.h"
#include "vm.html.h"
#include "web/form.h"
#include "web/session.h"

#include <string.h>

enum {
    WIDTH = VM_CHART_WIDTH,
    HEIGHT = 140,
    TABLE_ROWS = 12,
    AT_HAND = 3, /* charts that are in every page; each of the others would add 2 KB to it */
    MOMENTS = 4,
    SLOTS_MIN = 5,                  /* of the first minutes */
    FRESH_S = 3 * A_MINUTE_S,       /* an older minute is not "now" */
    MINUTES_SPAN_S = 6 * AN_HOUR_S, /* a younger VM is drawn from minutes */
    MB_PER_GB = 1024,
};

static const struct range {
    const char *value, *label, *words;
    int64_t length_s, step_s;
} ranges[] = {
    { "1h", "1 h", " in the last hour", AN_HOUR_S, A_MINUTE_S },
    { "24h", "24 h", " in the last 24 hours", A_DAY_S, 15 * A_MINUTE_S },
    { "7d", "7 d", " in the last 7 days", 7 * A_DAY_S, 2 * AN_HOUR_S },
    { "30d", "30 d", " in the last 30 days", 30 * A_DAY_S, A_DAY_S },
};

enum { RANGE_HOUR, RANGE_DAY };

struct measured {
    const struct range *range;
    const char *words; /* " in the last hour" or " since creation" */
    bool is_range_chosen;
    const char *chart; /* the chosen one, as typed */
    int64_t from_at, until_at, step_s;
    bool is_minutes; /* else quarters of an hour */
    struct vm_points points;
    struct usage_minute_last_row last;
    bool has_last;
    struct vm_metrics metrics;
};

/* ---- reading ---- */

/* Without a choice it is the last hour while the VM is younger, then the last day. */
static struct error *query_read(struct request *r, const struct vm_get_row *vm,
                                struct measured *measured, struct vm_html *page)
{
    struct field fields[] = { { .name = "range", .kind = FIELD_LINE },
                              { .name = "chart", .kind = FIELD_LINE } };
    struct error *e = form_read(r, fields, COUNT(fields));

    if (e)
        return e;
    measured->range = &ranges[r->now_at - vm->created_at < AN_HOUR_S ? RANGE_HOUR : RANGE_DAY];
    for (size_t i = 0; i < COUNT(ranges); i++) {
        if (strcmp(ranges[i].value, fields[0].text) != 0)
            continue;
        measured->range = &ranges[i];
        measured->is_range_chosen = true;
        page->range = ranges[i].value;
    }
    measured->chart = fields[1].text;
    return NULL;
}

static int64_t at_least(int64_t value, int64_t least)
{
    return value > least ? value : least;
}

/*
 * The current minute is not complete, but the current quarter of an hour has its minutes until now.
 * A VM that is younger than the range has a chart of its life, in steps that are no longer than
 * those of the range.
 */
static void span_choose(const struct request *r, const struct vm_get_row *vm,
                        struct measured *measured)
{
    const struct range *range = measured->range;
    int64_t minute_at = r->now_at / A_MINUTE_S * A_MINUTE_S;
    int64_t unit_s, length_s, count = range->length_s / range->step_s;

    measured->is_minutes =
        range == &ranges[RANGE_HOUR] || r->now_at - vm->created_at <= MINUTES_SPAN_S;
    unit_s = measured->is_minutes ? A_MINUTE_S : LIMIT_QUARTER_S;
    measured->until_at = measured->is_minutes ? minute_at : (minute_at / unit_s + 1) * unit_s;
    measured->step_s = range->step_s;
    measured->words = range->words;
    length_s = at_least(measured->until_at - vm->created_at, 0); /* the clock was set back */
    if (length_s < range->length_s) {
        measured->words = " since creation";
        measured->step_s = (length_s / VM_SLOTS_MAX / unit_s + 1) * unit_s;
        count = (length_s + measured->step_s - 1) / measured->step_s;
        count = count > SLOTS_MIN ? count : SLOTS_MIN;
    }
    measured->from_at = measured->until_at - count * measured->step_s;
}

static void point_add(struct vm_point *point, const struct usage_minute_points_row *row)
{
    point->minutes += row->minutes;
    point->cpu_ms += row->cpu_ms;
    point->cpu_most_ms = at_least(point->cpu_most_ms, row->cpu_most_ms);
    point->memory_mb = at_least(point->memory_mb, row->memory_mb);
    point->disk_bytes = at_least(point->disk_bytes, row->disk_bytes);
    point->read_bytes += row->read_bytes;
    point->written_bytes += row->written_bytes;
    point->received_bytes += row->received_bytes;
    point->sent_bytes += row->sent_bytes;
}

/* Summed up here, because SQLite would sort the rows to group them. */
static void points_fill(const struct usage_minute_points_rows *rows, struct measured *measured)
{
    struct vm_point slots[VM_SLOTS_MAX] = { { .slot = 0 } };
    struct vm_points *points = &measured->points;

    for (size_t i = 0; i < rows->count; i++)
        point_add(&slots[(rows->row[i].from_at - measured->from_at) / measured->step_s],
                  &rows->row[i]);
    points->count = 0;
    for (size_t i = 0; i < VM_SLOTS_MAX; i++) {
        slots[i].slot = (int64_t)i;
        if (slots[i].minutes)
            points->row[points->count++] = slots[i];
    }
}

static struct error *measured_read(struct request *r, const struct vm_get_row *vm,
                                   struct measured *measured)
{
    int64_t team_id = r->session->team_id, minute_at = r->now_at / A_MINUTE_S * A_MINUTE_S;
    struct usage_minute_points_rows rows;
    struct error *e;

    span_choose(r, vm, measured);
    e = measured->is_minutes ? sql_usage_minute_points(r->db, r->arena, team_id, vm->id,
                                                       measured->from_at, measured->until_at, &rows)
                             : usage_day_read(r->db, r->arena, team_id, vm->id, measured->from_at,
                                              measured->until_at, &rows);
    if (e)
        return e;
    points_fill(&rows, measured);
    e = sql_usage_minute_last(r->db, r->arena, team_id, vm->id, minute_at - FRESH_S, minute_at,
                              &measured->last);
    measured->has_last = !e;
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* ---- drawing ---- */

static void chart_draw(struct arena *arena, const struct vm_series *series, struct vm_chart *chart)
{
    struct chart_path path = { WIDTH, HEIGHT, series->top };

    chart->line = chart_path_line(arena, &path, series->slots, series->count);
    chart->area = chart_path_below(arena, &path, chart->line);
    if (chart->is_average)
        chart->peaks = chart_path_line(arena, &path, series->highs, series->count);
    chart->dots = chart_path_dots(arena, &path, series->slots, series->count);
    if (series->limit < series->top)
        chart->limit_line = arena_printf(
            arena, "M0 %lldH%d", (long long)(HEIGHT - HEIGHT * series->limit / series->top), WIDTH);
}

static const char *percent_text(struct arena *arena, int64_t tenths)
{
    return arena_printf(arena, "%lld", (long long)vm_cpu_percent(tenths));
}

/* "1.9 GB" in its two parts. */
static void figure_set(struct arena *arena, struct vm_chart *chart, int64_t mb)
{
    const char *text = text_memory(arena, mb), *blank = strchr(text, ' ');

    chart->figure = arena_printf(arena, "%.*s", (int)(blank - text), text);
    chart->unit = blank + 1;
}

static struct vm_chart cpu_chart(struct arena *arena, const struct vm_get_row *vm,
                                 const struct vm_series *cpu)
{
    const char *limit =
        arena_printf(arena, "%lld vCPU%s", (long long)vm->vcpus, vm->vcpus == 1 ? "" : "s");
    const char *top = percent_text(arena, cpu->top);

    return (struct vm_chart){
        .id = "cpu",
        .name = "CPU",
        .figure = cpu->now < 0 ? "–" : percent_text(arena, cpu->now),
        .unit = cpu->now < 0 ? NULL : "%",
        .of = arena_printf(arena, "of %s, peak %s%%", limit, percent_text(arena, cpu->most)),
        .limit = limit,
        .top = arena_printf(arena, "%s%%", top),
        .middle = arena_printf(arena, "%s%%", percent_text(arena, cpu->top / 2)),
        .top_number = top,
        .top_unit = "%",
    };
}

/* Four digits at most. The upper edge of a chart seldom has a fraction, which takes a tenfold. */
static const char *number_text(struct arena *arena, int64_t number, int64_t unit)
{
    return number % unit == 0 && number / unit <= 9999
               ? arena_printf(arena, "%lld", (long long)(number / unit))
               : arena_printf(arena, "%.4g", (double)number / (double)unit);
}

/* Memory or disk, in MB. */
static struct vm_chart size_chart(struct arena *arena, const char *id, const char *name,
                                  const struct vm_series *series)
{
    bool is_gb = series->top >= MB_PER_GB;
    struct vm_chart chart = {
        .id = id,
        .name = name,
        .figure = "–",
        .limit = text_memory(arena, series->limit),
        .top = text_memory(arena, series->top),
        .middle = text_memory(arena, series->top / 2),
        .top_number = number_text(arena, series->top, is_gb ? MB_PER_GB : 1),
        .top_unit = is_gb ? "GB" : "MB",
    };

    chart.of = arena_printf(arena, "of %s, peak %s", chart.limit, text_memory(arena, series->most));
    if (series->now >= 0)
        figure_set(arena, &chart, series->now);
    return chart;
}

static void charts_fill(struct request *r, const struct vm_get_row *vm,
                        const struct measured *measured, struct vm_html *page)
{
    struct arena *arena = r->arena;
    const struct vm_metrics *metrics = &measured->metrics;
    const struct vm_series *const series[] = { &metrics->cpu, &metrics->memory, &metrics->disk,
                                               &metrics->io, &metrics->net };
    bool is_chosen = false;

    /* A network without traffic is not measured. */
    page->charts.count = COUNT(series) - !metrics->net.most;
    page->charts.row = arena_array(arena, COUNT(series), sizeof *page->charts.row);
    page->charts.row[0] = cpu_chart(arena, vm, &metrics->cpu);
    page->charts.row[0].is_average = measured->step_s > A_MINUTE_S;
    page->charts.row[1] = size_chart(arena, "mem", "Memory", &metrics->memory);
    page->charts.row[2] = size_chart(arena, "disk", "Disk", &metrics->disk);
    if (!metrics->memory.most)
        page->charts.row[1].of = "not reported by the guest";
    page->charts.row[3] = vm_rate_chart(arena, &metrics->io_rate);
    if (metrics->net.most)
        page->charts.row[4] = vm_rate_chart(arena, &metrics->net_rate);
    for (size_t i = 0; i < page->charts.count; i++) {
        struct vm_chart *chart = &page->charts.row[i];

        chart->is_chosen = strcmp(chart->id, measured->chart) == 0;
        is_chosen |= chart->is_chosen;
        chart->is_drawn = i < AT_HAND || chart->is_chosen;
        if (chart->is_drawn)
            chart_draw(arena, series[i], chart);
        if (chart->is_drawn && i >= AT_HAND)
            page->chart = chart->id;
        chart->about = arena_printf(arena, "%s%s: %s %s now, %s", chart->name, measured->words,
                                    chart->figure, chart->unit ? chart->unit : "", chart->of);
    }
    page->charts.row[0].is_chosen |= !is_chosen;
}

/*
 * The disk image holds its snapshots, with their memory, which are no part of what the guest may
 * fill: then the size of the disk is no limit of it.
 */
static void disk_limit_hide(struct arena *arena, struct vm_html *page)
{
    struct vm_chart *disk = &page->charts.row[2];
    int64_t total = page->snapshots.total;

    if (!total)
        return;
    disk->of = arena_printf(arena, "with %lld snapshot%s", (long long)total, total == 1 ? "" : "s");
    disk->limit_line = NULL;
}

/* ---- words, numbers ---- */

static void axis_fill(struct arena *arena, const struct measured *measured, struct vm_html *page)
{
    const struct range *range = measured->range;
    int64_t length_s = measured->until_at - measured->from_at;

    page->axis.first_s = measured->from_at;
    page->axis.step_s = measured->step_s;
    page->axis.last_step = length_s / measured->step_s - 1;
    page->moments.count = MOMENTS;
    page->moments.row = arena_array(arena, MOMENTS, sizeof *page->moments.row);
    for (int i = 0; i < MOMENTS; i++)
        page->moments.row[i].label =
            vm_tick_moment(arena, length_s, measured->from_at + length_s * i / MOMENTS);
    page->ranges.count = COUNT(ranges);
    page->ranges.row = arena_array(arena, COUNT(ranges), sizeof *page->ranges.row);
    for (size_t i = 0; i < COUNT(ranges); i++)
        page->ranges.row[i] = (struct vm_range){ .value = ranges[i].value,
                                                 .label = ranges[i].label,
                                                 .is_chosen = &ranges[i] == range };
}

static const char *size_or_dash(struct arena *arena, int64_t mb)
{
    return mb > 0 ? text_memory(arena, mb) : "–";
}

/* Average CPU, highest memory and disk, and sums of the rest. */
static void usage_add(struct arena *arena, const struct vm_get_row *vm,
                      const struct vm_point *points, size_t count, struct vm_usage *out)
{
    int64_t cpu_ms = 0, minutes = 0, memory_mb = 0, disk_bytes = 0;

    for (size_t i = 0; i < count; i++) {
        cpu_ms += points[i].cpu_ms;
        minutes += points[i].minutes;
        memory_mb = points[i].memory_mb > memory_mb ? points[i].memory_mb : memory_mb;
        disk_bytes = points[i].disk_bytes > disk_bytes ? points[i].disk_bytes : disk_bytes;
        out->read_bytes += points[i].read_bytes;
        out->written_bytes += points[i].written_bytes;
        out->received_bytes += points[i].received_bytes;
        out->sent_bytes += points[i].sent_bytes;
    }
    out->cpu =
        arena_printf(arena, "%s%%", percent_text(arena, vm_cpu_tenths(cpu_ms, minutes, vm->vcpus)));
    out->memory = size_or_dash(arena, memory_mb);
    out->disk = size_or_dash(arena, vm_metric_mb(disk_bytes));
}

static void usage_fill(struct request *r, const struct vm_get_row *vm,
                       const struct measured *measured, struct vm_html *page)
{
    const struct vm_points *points = &measured->points;
    int64_t count = (measured->until_at - measured->from_at) / measured->step_s;
    int64_t each = (count + TABLE_ROWS - 1) / TABLE_ROWS;
    size_t from = 0, until = 0;

    page->usage.row = arena_array(r->arena, TABLE_ROWS, sizeof *page->usage.row);
    for (int64_t i = 0; i < TABLE_ROWS; i++, from = until) {
        struct vm_usage row = { .from_at = measured->from_at + i * each * measured->step_s };

        while (until < points->count && points->row[until].slot < (i + 1) * each)
            until++;
        if (until == from)
            continue;
        row.from = date_minute(r->arena, row.from_at);
        usage_add(r->arena, vm, &points->row[from], until - from, &row);
        page->usage.has_network |= row.received_bytes || row.sent_bytes;
        page->usage.row[page->usage.count++] = row;
    }
}

struct error *vm_chart_fill(struct request *r, const struct vm_get_row *vm, struct vm_html *page)
{
    struct measured measured = { .range = NULL };
    struct error *e = query_read(r, vm, &measured, page);
    bool is_new;

    if (!e)
        e = measured_read(r, vm, &measured);
    page->range_words = measured.words;
    /*
     * Words instead of an empty chart or one of a single dot, but in a chosen range, which says
     * itself what was asked.
     */
    is_new = r->now_at - vm->created_at < AN_HOUR_S && measured.points.count < 2;
    if (e || ((!measured.points.count || is_new) && !measured.is_range_chosen))
        return e;
    vm_metrics_fill(vm, &measured.points,
                    (size_t)((measured.until_at - measured.from_at) / measured.step_s),
                    measured.has_last ? &measured.last : NULL, &measured.metrics);
    charts_fill(r, vm, &measured, page);
    disk_limit_hide(r->arena, page);
    axis_fill(r->arena, &measured, page);
    usage_fill(r, vm, &measured, page);
    return vm_tick_fill(r, vm->id, measured.from_at, measured.until_at, page);
}
