/* Values in plain text; see plain_text.h. The words of times are clock.c's. */
#include "base/plain_text.h"

#include "base/clock.h"

#include <string.h>

/*
 * How many bytes at `next` break a line or steer a terminal: C0 and DEL; C1, with U+0085, as two
 * bytes of UTF-8; U+2028 and U+2029 as three. 0: none.
 */
static size_t break_length(const unsigned char *next)
{
    if (*next < 0x20 || *next == 0x7f)
        return 1;
    if (next[0] == 0xc2 && next[1] >= 0x80 && next[1] <= 0x9f)
        return 2;
    if (next[0] == 0xe2 && next[1] == 0x80 && (next[2] == 0xa8 || next[2] == 0xa9))
        return 3;
    return 0;
}

void plain_text(struct buf *buf, const char *text)
{
    const char *start = text;
    const char *next = text;

    if (!text)
        return;
    while (*next) {
        size_t length = break_length((const unsigned char *)next);

        if (length == 0) {
            next++;
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
    buf_text(buf, at == 0 ? "\u2014" : clock_plain(buf->arena, at));
}
