/* Comma-separated values (RFC 4180), safe to open in a spreadsheet. */
#pragma once

#include "base/buf.h"

/*
 * Write one field, preceded by a comma unless it is the first on its line, which must not be empty.
 * Text that a spreadsheet would interpret as a formula is prefixed with an apostrophe (OWASP, "CSV
 * injection").
 */
void csv_text(struct buf *buf, const char *text);
void csv_int(struct buf *buf, int64_t value);

void csv_line_end(struct buf *buf);
