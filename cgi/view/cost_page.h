/* Collects the data of a team's cost page for one month. */
#pragma once

#include "view/cost_projects.h"
#include "web/request.h"

struct costs_html;

/* The line of a VM: time in each state, and the cost. */
struct cost_vm {
    const char *id, *name, *cost;
    int64_t running_ms, stopped_ms, unbilled_ms;
    bool is_known; /* it has a page */
};

struct cost_vm_rows {
    struct cost_vm *row;
    size_t count;
};

/* A day as a row, and as two bars on top of each other in the chart's viewBox of 620 by 1000. */
struct cost_day {
    const char *day; /* "21 Nov 2026" */
    const char *cost, *running, *storage;
    int64_t x, running_y, running_height, storage_y, storage_height;
};

/* The words around the chart. */
struct cost_chart {
    const char *top, *half, *zero; /* amounts, from the upper to the lower edge */
    const char *first_day, *last_day;
    const char *most;  /* the cost of the dearest day */
    int64_t first_s;   /* start of its first day */
    int64_t last_step; /* the number of its last day; its first is 0 */
    int64_t bar_width;
};

struct cost_day_rows {
    struct cost_day *row;
    size_t count;
};

/* A CSV file of intervals; large months have several. */
struct cost_file {
    int64_t part; /* from 1 */
};

struct cost_file_rows {
    struct cost_file *row;
    size_t count;
};

/* Fill the page for the month that begins at `month_at`; sets title and section. */
struct error *cost_page_fill(struct request *r, int64_t month_at, struct costs_html *page);
