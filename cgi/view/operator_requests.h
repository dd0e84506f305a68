/* The admin's list of requests about personal data that wait for an answer. */
#pragma once

#include "web/request.h"

struct operator_request_view {
    const char *kind, *email, *received, *due, *left, *chip;
    int64_t number;
    bool is_extended;
};
struct operator_request_view_rows {
    struct operator_request_view *row;
    size_t count;
};

struct error *operator_requests_respond(struct request *r); /* GET /operator/requests */
