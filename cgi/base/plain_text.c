/* Values in plain text; see plain_text.h. */
#include "base/plain_text.h"

#include "base/date.h"
#include "base/text.h"

#include <string.h>

void plain_text(struct buf *buf, const char *text)
{
    const char *start = text;
    const char *next = text;

    if (!text)
        return;
    while (*next) {
        size_t length = text_hidden_length(next);

        if (length == 0) {
            do
                next++;
            while ((*next & 0xc0) == 0x80); /* the rest of the character */
            continue;
        }
        buf_bytes(buf, start, (size_t)(next - start));
        buf_char(buf, ' ');
        next += length;
        start = next;
    }
    buf_bytes(buf, start, (size_t)(next - start));
}

void plain_at(struct buf *buf, int64_t at)
{
    buf_text(buf, at == 0 ? "\u2014" : date_plain(buf->arena, at));
}

void plain_day_at(struct buf *buf, int64_t at)
{
    buf_text(buf, at == 0 ? "\u2014" : date_day(buf->arena, at));
}
