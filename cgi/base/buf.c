/* Growable byte buffer; see buf.h. */
#include "base/buf.h"

#include "base/format.h"

#include <stdio.h>
#include <string.h>

struct buf buf_new(struct arena *arena, size_t capacity)
{
    return (struct buf){ .arena = arena,
                         .bytes = arena_alloc(arena, capacity + 1),
                         .capacity = capacity + 1 };
}

void buf_reserve(struct buf *buf, size_t size)
{
    size_t capacity = buf->capacity ? buf->capacity : 256;
    char *bytes;

    if (buf->capacity && size < buf->capacity - buf->length)
        return;
    if (size > SIZE_MAX / 4)
        arena_alloc(buf->arena, size); /* aborts: doubling would overflow */
    /* A page says at once what it will need: no more, since all of it is cleared afterwards. */
    if (!buf->capacity && size >= capacity)
        capacity = size + 1;
    while (capacity - buf->length <= size)
        capacity *= 2;
    bytes = arena_alloc(buf->arena, capacity);
    if (buf->length)
        memcpy(bytes, buf->bytes, buf->length);
    buf->bytes = bytes;
    buf->capacity = capacity;
}

void buf_text(struct buf *buf, const char *text)
{
    if (text)
        buf_bytes(buf, text, strlen(text));
}

void buf_char(struct buf *buf, char c)
{
    buf_bytes(buf, &c, 1);
}

void buf_int(struct buf *buf, int64_t value)
{
    char digits[FORMAT_INT_BYTES];

    buf_text(buf, format_int(digits, value));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buf_text(buf, arena_vprintf(buf->arena, format, arguments));
    va_end(arguments);
}
