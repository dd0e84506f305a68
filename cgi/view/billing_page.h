/* The billing page: the status as text, what happens next, and the invoices. */
#pragma once

#include "web/request.h"

struct billing_html;
struct billing_cancel_html;

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

/*
 * What canceling the plan would do and when, for the page that asks for confirmation.
 * `*can_cancel`: there is a plan, and it has not been canceled.
 */
struct error *billing_cancel_fill(struct request *r, struct billing_cancel_html *page,
                                  bool *can_cancel);
