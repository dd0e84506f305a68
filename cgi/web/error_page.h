/* The page for each kind of error: what happened, and what the visitor can do next. */
#pragma once

#include "base/html.h"

/*
 * Write the whole page for an HTTP status (any; unknown ones read like 500 or 400). `message`: what
 * was not found, or which right is missing; NULL: the page itself, or it is another status.
 */
void error_page_write(struct buf *body, const struct frame *frame, int status, const char *message);
