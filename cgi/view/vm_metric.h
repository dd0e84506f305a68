/* What was measured of a VM in a span of time, as numbers to draw: from rows to series. */
#pragma once

#include "usage_minute.sql.h"
#include "view/vm_rate.h"
#include "vm.sql.h"

#include <stdbool.h>
#include <stddef.h>

#define VM_SLOTS_MAX 96

/* What was measured in a slot: sums of what was used, the highest of what was held. */
struct vm_point {
    int64_t slot, minutes, cpu_ms, cpu_most_ms;
    int64_t memory_mb; /* 0: not reported */
    int64_t disk_bytes, read_bytes, written_bytes, received_bytes, sent_bytes;
};

struct vm_points {
    struct vm_point row[VM_SLOTS_MAX]; /* in order; slots without measurements are missing */
    size_t count;
};

/* A chart's values, slot by slot, on average and at most; -1: nothing. */
struct vm_series {
    int64_t slots[VM_SLOTS_MAX], highs[VM_SLOTS_MAX];
    size_t count;
    int64_t now, most; /* now -1: unknown */
    int64_t limit;
    int64_t top; /* the upper edge of its chart */
};

struct vm_metrics {
    struct vm_series cpu, memory, disk; /* tenths of a percent, MB, MB */
    struct vm_series io, net;           /* bytes per second, both directions */
    struct vm_rate io_rate, net_rate;
};

int64_t vm_metric_mb(int64_t bytes);

/* `slots`: how many, at most VM_SLOTS_MAX. `last`: the newest minute; NULL: none is fresh. */
void vm_metrics_fill(const struct vm_get_row *vm, const struct vm_points *points, size_t slots,
                     const struct usage_minute_last_row *last, struct vm_metrics *out);
