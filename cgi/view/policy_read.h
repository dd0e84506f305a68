/*
 * A published policy (worker/policy_render.h) as its pages show it: documents in sections, sections
 * in blocks.
 */
#pragma once

#include "web/request.h"

#include <stdint.h>

/* A part of a text. */
struct policy_span {
    const char *text;
    const char *href; /* NULL: no link */
    bool is_code, is_strong;
};

struct policy_span_rows {
    struct policy_span *row;
    size_t count;
};

struct policy_cell {
    const char *text;
    const char *head; /* of its column */
};

struct policy_cell_rows {
    struct policy_cell *row;
    size_t count;
};

/* An item of a list, or a row of a table. */
struct policy_item {
    struct policy_span_rows text;
    struct policy_cell_rows cells;
};

struct policy_item_rows {
    struct policy_item *row;
    size_t count;
};

struct policy_part {
    const char *kind;                /* "text", "list", "table", "promise", "statement" */
    const char *id, *note, *command; /* NULL: none */
    struct policy_span_rows text;
    struct policy_cell_rows head;  /* of a table */
    struct policy_item_rows items; /* of a list or a table */
    /* Of a promise, what was measured last; filled by the page. */
    const char *chip, *label, *value, *limit, *evidence, *mechanism;
    bool has_bar, has_more;      /* has_more: a note, a command or evidence */
    int64_t checked_at, percent; /* of the limit that is used, if it has a bar */
};

struct policy_part_rows {
    struct policy_part *row;
    size_t count;
};

struct policy_section {
    const char *title, *anchor; /* NULL: before the first heading */
    struct policy_part_rows parts;
    int64_t promises; /* of its parts */
};

struct policy_section_rows {
    struct policy_section *row;
    size_t count;
};

struct policy_view {
    const char *name, *title;
    struct policy_section_rows sections;
};

struct policy_view_rows {
    struct policy_view *row;
    size_t count;
};

/* INTERNAL if `body` is not what this software publishes. The texts live in `arena`. */
struct error *policy_read(struct arena *arena, const char *body, struct policy_view_rows *out);

/* By name; NULL: none. */
const struct policy_view *policy_view_find(const struct policy_view_rows *rows, const char *name);

/* The text alone. */
const char *policy_spans_text(struct arena *arena, const struct policy_span_rows *spans);
