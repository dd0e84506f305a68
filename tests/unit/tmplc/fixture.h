/* What the program of the accepted pages shares: a frame, rows, and writing a page out. */
#pragma once

#include "base/html.h"
#include "view.h"

#include <stdio.h>
#include <string.h>

static struct vm_list_row two_vms[] = {
    { .id = 7, .name = "a<b", .created_at = 1795780800, .memory_mb = 512, .is_running = true },
    { .id = 8, .name = "it's & \"c/d\"", .memory_mb = 4096 },
};

static struct region_view two_regions[] = {
    { .name = "north", .vms = { .count = 2, .row = two_vms } },
    { .name = "south" },
};

static inline int fixture_run(void (*run)(struct buf *, const struct frame *))
{
    struct arena *arena = arena_new(1 << 20);
    struct buf buf = buf_new(arena, 16);
    struct frame frame = {
        .title = "T<1>",
        .csrf = "to\"ken",
        .version = "v1",
        .now_at = 1795780800 + 180,
    };

    /* Used or not by the cases at hand. */
    (void)two_regions;
    run(&buf, &frame);
    fwrite(buf.bytes, 1, buf.length, stdout);
    arena_free(arena);
    return 0;
}
