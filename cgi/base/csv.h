/* Comma-separated values as RFC 4180 wants them, safe to open in a spreadsheet. */
#pragma once

#include "base/buf.h"

/*
 * One field, with a comma before it unless it is the first of its line, which must not be empty.
 * Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV
 * injection").
 */
void csv_text(struct buf *buf, const char *text);
void csv_int(struct buf *buf, int64_t value);

void csv_line_end(struct buf *buf);
