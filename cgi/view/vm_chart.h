/*
 * The charts of a VM, drawn by the server: what was measured in a range as SVG paths, and the same
 * as a table. One colour and one axis each, in a viewBox of 600 by 140.
 */
#pragma once

#include "vm.sql.h"
#include "web/request.h"

struct vm_html;

enum { VM_CHART_WIDTH = 600 }; /* of the viewBox */

/* CPU, memory, disk or a rate: a figure that chooses the chart below it. */
struct vm_chart {
    const char *id;                    /* "cpu", "mem", "disk", "io", "net" */
    const char *name;                  /* "Memory" */
    const char *figure, *unit;         /* of the last minute: "1.9" and "GB" */
    const char *of;                    /* "of 4 GB, peak 2.3 GB", "read 1, written 2 MB/s" */
    const char *limit;                 /* "4 GB"; NULL: none */
    const char *about;                 /* the chart in words, for those who do not see it */
    const char *line, *area, *dots;    /* paths; the area is below the peaks */
    const char *peaks;                 /* its upper edge; NULL: it is the line */
    const char *limit_line;            /* NULL: above the chart, or its upper edge */
    const char *top, *middle;          /* words of the axis */
    const char *top_number, *top_unit; /* the upper edge for the script: "4" and "GB" */
    bool is_chosen;
    bool is_average; /* the line is below the peaks */
    bool is_drawn;   /* else the figure leads to the page with it */
};

struct vm_chart_rows {
    struct vm_chart *row;
    size_t count;
};

/* A range of time that can be chosen. */
struct vm_range {
    const char *value; /* "24h", in the query */
    const char *label; /* "24 h" */
    bool is_chosen;
};

struct vm_range_rows {
    struct vm_range *row;
    size_t count;
};

/* The times of all charts of a page. */
struct vm_axis {
    int64_t first_s;           /* of the first point */
    int64_t step_s, last_step; /* from one to the next, and how many steps the last is away */
};

/* Something that happened to the VM, once or several times in a row. */
struct vm_tick {
    const char *x;      /* of its line: "200" */
    const char *text_x; /* of its words, "33%" */
    const char *anchor; /* "start": words right of the line; "end": left of it */
    const char *label;  /* NULL: no room for words */
    bool is_wide;       /* no room for them on a phone */
};

struct vm_tick_rows {
    struct vm_tick *row;
    size_t count;
};

/* The numbers, a few steps of the charts in one row. */
struct vm_usage {
    int64_t from_at;
    const char *from; /* "20 Nov, 14:00" */
    const char *cpu, *memory, *disk;
    int64_t read_bytes, written_bytes, received_bytes, sent_bytes;
};

struct vm_usage_rows {
    struct vm_usage *row;
    size_t count;
    bool has_network; /* of some of them */
};

/* The words below the charts. */
struct vm_moment {
    const char *label;
};

struct vm_moment_rows {
    struct vm_moment *row;
    size_t count;
};

/* The charts of the page, for the query's range and chart. */
struct error *vm_chart_fill(struct request *r, const struct vm_get_row *vm, struct vm_html *page);
