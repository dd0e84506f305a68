/*
 * A growable byte buffer in an arena: a response body, an XML document, a log line.
 *
 * It never fails (the arena aborts at its limit) and is not freed individually. The bytes are
 * always NUL-terminated, so `bytes` can be read as text.
 */
#pragma once

#include "base/arena.h"

#include <stdint.h>
#include <string.h>

struct buf {
    struct arena *arena;
    char *bytes; /* NULL until the first write */
    size_t length;
    size_t capacity;
};

/* An empty buffer; `capacity` is a size hint. */
struct buf buf_new(struct arena *arena, size_t capacity);

/* Room for at least `size` further bytes. */
void buf_reserve(struct buf *buf, size_t size);

/* Room for `size` further bytes and the NUL. */
static inline void buf_room(struct buf *buf, size_t size)
{
    if (size >= buf->capacity - buf->length)
        buf_reserve(buf, size);
}

/* In line, because a page is written in a thousand pieces: a tenth of what the page costs. */
static inline void buf_bytes(struct buf *buf, const void *bytes, size_t length)
{
    buf_room(buf, length);
    memcpy(buf->bytes + buf->length, bytes, length);
    buf->length += length;
    buf->bytes[buf->length] = '\0';
}

void buf_text(struct buf *buf, const char *text); /* NULL writes nothing */
void buf_char(struct buf *buf, char c);
void buf_int(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A string literal, without strlen(). */
#define buf_literal(buf, text) buf_bytes((buf), (text), sizeof(text) - 1)
