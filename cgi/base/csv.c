/* Comma-separated values; see csv.h. */
#include "base/csv.h"

#include <stdbool.h>
#include <string.h>

static void field_begin(struct buf *buf)
{
    if (buf->length && buf->bytes[buf->length - 1] != '\n')
        buf_char(buf, ',');
}

void csv_text(struct buf *buf, const char *text)
{
    bool is_formula = *text && strchr("=+-@\t\r", *text);
    bool is_quoted = text[strcspn(text, ",\"\r\n")];

    field_begin(buf);
    if (is_quoted)
        buf_char(buf, '"');
    if (is_formula)
        buf_char(buf, '\'');
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            buf_char(buf, '"');
        buf_char(buf, *c);
    }
    if (is_quoted)
        buf_char(buf, '"');
}

void csv_int(struct buf *buf, int64_t value)
{
    field_begin(buf);
    buf_int(buf, value);
}

void csv_line_end(struct buf *buf)
{
    buf_literal(buf, "\r\n");
}
