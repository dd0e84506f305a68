/*
 * What the address of a list asks for: a search (q), a filter, an order (sort), a period (from, to)
 * and a page. The parts _list_*.html show them, from a field `list` of their page.
 */
#pragma once

#include "web/request.h"

/* One entry of a filter or of an order. */
struct list_choice {
    const char *value; /* in addresses; "": all */
    const char *label;
    int64_t total; /* rows that the filter leaves; set by the caller where they are counted */
    bool is_chosen;
};

struct list_choice_rows {
    struct list_choice *row;
    size_t count;
};

/* What one list offers. The first choices are what an address without them means. */
struct list_kind {
    const char *path;        /* "/vms" */
    const char *things;      /* "VMs" */
    const char *filter_name; /* in addresses: "state"; NULL: it has no filter */
    const char *filter_label;
    const struct list_choice *filters, *sorts;
    size_t filter_count, sort_count;
    bool is_counted; /* the filters are shown with their numbers of rows */
    bool has_period;
};

struct list_query {
    const char *path, *things, *filter_name, *filter_label; /* as in its kind */
    struct list_choice_rows filters, sorts;
    const char *search; /* as typed; "": none */
    const char *filter;
    const char *sort;
    const char *first_day, *last_day; /* of the period: "2026-11-20"; "": without this end */
    int64_t since_at, before_at;      /* the same; 0 and INT64_MAX without */
    bool is_counted;                  /* as in its kind */
    bool is_plain;                    /* nothing but the path was asked for */
    bool is_paged;                    /* there is more than one page */
    int64_t total;                    /* rows on all pages */
    int64_t number;                   /* of the page, from 1 */
    int64_t from, to;                 /* its rows, from 1; both 0 in an empty list */
    int64_t newer, older;             /* numbers of the pages beside it; 0: none */
    int64_t first, last; /* of the pages at both ends; 0: it is this one, or beside it */
    int64_t skip;        /* rows before it */
};

/* Reads everything but the page. */
struct error *list_query_read(struct request *r, const struct list_kind *kind,
                              struct list_query *out);

/* The chosen filter's index. */
size_t list_query_filter(const struct list_query *list);

/* Reads the page, of a list of `total` rows: the nearest one that exists. */
struct error *list_query_page(struct request *r, int64_t total, struct list_query *list);
