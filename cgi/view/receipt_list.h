/* The list of a team's receipts: one for each destroyed VM. */
#pragma once

#include "web/request.h"

struct receipt_row {
    const char *id;
    const char *name;
    const char *image; /* its label */
    const char *size;  /* "1 vCPU, 1 GB, 10 GB disk" */
    const char *who;   /* requested it */
    int64_t gone_at;
};

struct receipt_row_rows {
    struct receipt_row *row;
    size_t count;
};

/* Respond with the page that the query asks for (web/list_query.h). */
struct error *receipt_list_respond(struct request *r);
