/* The docs: pages that mdc and tmplc have compiled from templates/docs, the same for everybody. */
#pragma once

#include "base/html.h"
#include "web/request.h"

/* In the order of the index, which is the first. */
struct docs_page {
    const char *name; /* the last part of its path; "index": /docs */
    const char *title;
    void (*write)(struct buf *buf, const struct frame *frame);
};

/* docs_pages.c, written by mdc. */
extern const struct docs_page DOCS_PAGES[];
extern const size_t DOCS_PAGE_COUNT;

/* GET /docs, GET /docs/:name. */
struct error *docs_index_show(struct request *r);
struct error *docs_page_show(struct request *r);
