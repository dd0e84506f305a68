/* A chart of bytes per second in two directions, of a disk or a network. */
#pragma once

#include "base/arena.h"

#include <stdint.h>

struct vm_chart;

struct vm_rate {
    const char *id, *name;         /* "io" and "Disk I/O" */
    const char *in, *out;          /* "read" and "written" */
    int64_t in_minute, out_minute; /* bytes in the last minute; -1: unknown */
    int64_t in_bytes, out_bytes;   /* in the range */
    int64_t top;                   /* the upper edge, bytes per second */
};

/* The upper edge of a chart whose highest value is `most`: a round number with a round half. */
int64_t vm_rate_top(int64_t most);

/* All but its paths. In the arena. */
struct vm_chart vm_rate_chart(struct arena *arena, const struct vm_rate *rate);
