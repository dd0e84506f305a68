/* The billing page: the status as text, what happens next, and the invoices. */
#pragma once

#include "web/request.h"

struct billing_html;

/* An invoice as a row of the page. */
struct billing_page_invoice {
    const char *id, *number, *date, *total, *state, *chip;
};

struct billing_page_invoice_rows {
    struct billing_page_invoice *row;
    size_t count;
};

/* Fill the whole page; parts for owners are omitted for others. */
struct error *billing_page_fill(struct request *r, struct billing_html *page);
