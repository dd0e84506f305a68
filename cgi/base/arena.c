/*
 * Memory by lifetime; see arena.h. A linked list of blocks, of which a reset keeps the first.
 * Memory that libraries allocate themselves is not managed here.
 */
#include "base/arena.h"

#include "base/format.h"
#include "base/log.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BYTES = 64 * 1024,
    ALIGNMENT = 16,
};

struct block {
    struct block *older;
    size_t size; /* of bytes[] */
    size_t used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena {
    struct block *newest;
    size_t used;
    size_t limit;
};

static _Noreturn void arena_abort(const char *why, size_t size)
{
    log_error("arena_abort", log_text("why", why), log_number("bytes", (int64_t)size));
    abort();
}

static struct block *block_new(struct block *older, size_t size)
{
    struct block *block = malloc(sizeof *block + size);

    if (!block)
        arena_abort("out of memory", size);
    *block = (struct block){ .older = older, .size = size };
    return block;
}

struct arena *arena_new(size_t limit_bytes)
{
    struct arena *arena = malloc(sizeof *arena);

    if (!arena)
        arena_abort("out of memory", sizeof *arena);
    *arena = (struct arena){ .newest = block_new(NULL, BLOCK_BYTES), .limit = limit_bytes };
    return arena;
}

static void blocks_free_but_oldest(struct arena *arena)
{
    while (arena->newest->older) {
        struct block *older = arena->newest->older;

        explicit_bzero(arena->newest->bytes, arena->newest->used);
        free(arena->newest);
        arena->newest = older;
    }
}

void arena_reset(struct arena *arena)
{
    /* Secrets of a request (a pasted key, a token) must not stay in memory after it. */
    blocks_free_but_oldest(arena);
    explicit_bzero(arena->newest->bytes, arena->newest->used);
    arena->newest->used = 0;
    arena->used = 0;
}

void arena_free(struct arena *arena)
{
    arena_reset(arena);
    free(arena->newest);
    free(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct block *block = arena->newest;
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    void *bytes;

    if (rounded < size || rounded > arena->limit - arena->used)
        arena_abort("limit reached", size);
    if (rounded > block->size - block->used) {
        block = block_new(block, rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES);
        arena->newest = block;
    }
    bytes = block->bytes + block->used;
    block->used += rounded;
    arena->used += rounded;
    return memset(bytes, 0, rounded);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        arena_abort("array too large", count);
    return arena_alloc(arena, count * size);
}

char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);

    if (length)
        memcpy(copy, bytes, length);
    return copy;
}

char *arena_copy(struct arena *arena, const char *text)
{
    return text ? arena_copy_bytes(arena, text, strlen(text)) : NULL;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
    char short_text[256];
    int length = format_simple(short_text, sizeof short_text, format, arguments);
    va_list again;
    char *text;

    if (length >= 0)
        return arena_copy_bytes(arena, short_text, (size_t)length);
    va_copy(again, arguments);
    length = vsnprintf(short_text, sizeof short_text, format, again);
    va_end(again);
    if (length < 0)
        arena_abort("bad format", 0);
    text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
