/* The metrics of a VM; see vm_metric.h. */
#include "view/vm_metric.h"

#include "base/clock.h"
#include "main_constants.sql.h"
#include "model/vm_cpu.h"

#include <string.h>

enum { MB_PER_GB = 1024 };

static int64_t cpu_tenths(const struct vm_get_row *vm, int64_t cpu_ms, int64_t minutes)
{
    return vm_cpu_tenths(cpu_ms, minutes, vm->vcpus);
}

int64_t vm_metric_mb(int64_t bytes)
{
    return bytes / (1024 * 1024);
}

static void series_put(struct vm_series *series, int64_t slot, int64_t value, int64_t most)
{
    series->slots[slot] = value;
    series->highs[slot] = most;
    series->most = most > series->most ? most : series->most;
}

static void series_begin(struct vm_series *series, size_t count, int64_t limit)
{
    *series = (struct vm_series){ .count = count, .limit = limit, .now = -1 };
    for (size_t i = 0; i < count; i++)
        series->slots[i] = series->highs[i] = -1;
}

/* 10, 20, 50 or 100 %. */
static int64_t cpu_top(int64_t most)
{
    return most <= 100 ? 100 : most <= 200 ? 200 : most <= 500 ? 500 : VM_CPU_ALL;
}

/* Whether text_memory() shows it as it is. */
static bool is_round(int64_t mb)
{
    return mb < MB_PER_GB || mb * 10 % MB_PER_GB == 0;
}

/* All, or as much of it as is needed: a half, a quarter, an eighth. */
static int64_t size_top(int64_t most, int64_t limit)
{
    int64_t top = limit;

    while (top > limit / 8 && most * 10 / 9 < top / 2 && top % 4 == 0 && is_round(top / 4))
        top /= 2;
    return most > top ? most : top;
}

/* What goes in and out, in bytes per second; `now` NULL: unknown. */
static void rates_fill(const struct vm_points *points, const struct usage_minute_last_row *now,
                       struct vm_metrics *out)
{
    struct vm_rate io = { "io", "Disk I/O", "read", "written", -1, -1, 0, 0, 0 };
    struct vm_rate net = { "net", "Network", "received", "sent", -1, -1, 0, 0, 0 };

    for (size_t i = 0; i < points->count; i++) {
        const struct vm_point *point = &points->row[i];
        int64_t span_s = point->minutes * A_MINUTE_S;
        int64_t io_s = (point->read_bytes + point->written_bytes) / span_s;
        int64_t net_s = (point->received_bytes + point->sent_bytes) / span_s;

        series_put(&out->io, point->slot, io_s, io_s);
        series_put(&out->net, point->slot, net_s, net_s);
        io.in_bytes += point->read_bytes;
        io.out_bytes += point->written_bytes;
        net.in_bytes += point->received_bytes;
        net.out_bytes += point->sent_bytes;
    }
    if (now) {
        io.in_minute = now->read_bytes;
        io.out_minute = now->written_bytes;
        net.in_minute = now->received_bytes;
        net.out_minute = now->sent_bytes;
    }
    io.top = out->io.top = vm_rate_top(out->io.most);
    net.top = out->net.top = vm_rate_top(out->net.most);
    out->io_rate = io;
    out->net_rate = net;
}

static void gauges_fill(const struct vm_get_row *vm, const struct vm_points *points,
                        struct vm_metrics *out)
{
    for (size_t i = 0; i < points->count; i++) {
        const struct vm_point *point = &points->row[i];
        int64_t disk_mb = vm_metric_mb(point->disk_bytes);

        series_put(&out->cpu, point->slot, cpu_tenths(vm, point->cpu_ms, point->minutes),
                   cpu_tenths(vm, point->cpu_most_ms, 1));
        series_put(&out->disk, point->slot, disk_mb, disk_mb);
        if (point->memory_mb)
            series_put(&out->memory, point->slot, point->memory_mb, point->memory_mb);
    }
    out->cpu.top = cpu_top(out->cpu.most);
    out->memory.top = size_top(out->memory.most, out->memory.limit);
    out->disk.top = size_top(out->disk.most, out->disk.limit);
}

void vm_metrics_fill(const struct vm_get_row *vm, const struct vm_points *points, size_t slots,
                     const struct usage_minute_last_row *last, struct vm_metrics *out)
{
    bool is_now = last && strcmp(vm->observed, VM_OBSERVED_RUNNING) == 0;

    series_begin(&out->cpu, slots, VM_CPU_ALL);
    series_begin(&out->memory, slots, vm->memory_mb);
    series_begin(&out->disk, slots, vm->disk_gb * MB_PER_GB);
    series_begin(&out->io, slots, INT64_MAX);
    series_begin(&out->net, slots, INT64_MAX);
    gauges_fill(vm, points, out);
    rates_fill(points, is_now ? last : NULL, out);
    if (last)
        out->disk.now = vm_metric_mb(last->disk_bytes);
    if (!is_now)
        return;
    out->cpu.now = cpu_tenths(vm, last->cpu_ms, 1);
    out->memory.now = last->memory_mb ? last->memory_mb : -1;
}
