/*
 * Memory by lifetime; see arena.h. A linked list of blocks, of which a reset keeps some.
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
    KEEP_BYTES = 512 * 1024, /* of an arena that is reset: more than most pages take */
    ALIGNMENT = 16,
    SHORT_BYTES = 256,
};

struct block {
    struct block *next;
    size_t size; /* of bytes[] */
    size_t used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

/*
 * Blocks from the first to the last, of which the newest is filled; those behind it were kept by a
 * reset. All bytes that are not in use are zero: they were when the block was made, and a reset
 * clears what was used, so that an allocation need not.
 */
struct arena {
    struct block *first, *newest;
    size_t used;
    size_t limit;
};

static _Noreturn void arena_abort(const char *why, size_t size)
{
    log_error("arena_abort", log_text("why", why), log_number("bytes", (int64_t)size));
    abort();
}

static struct block *block_new(struct block *next, size_t size)
{
    struct block *block = calloc(1, sizeof *block + size);

    if (!block)
        arena_abort("out of memory", size);
    block->next = next;
    block->size = size;
    return block;
}

struct arena *arena_new(size_t limit_bytes)
{
    struct arena *arena = malloc(sizeof *arena);
    struct block *first = block_new(NULL, BLOCK_BYTES);

    if (!arena)
        arena_abort("out of memory", sizeof *arena);
    *arena = (struct arena){ .first = first, .newest = first, .limit = limit_bytes };
    return arena;
}

/* Secrets of a request (a pasted key, a token) must not stay in memory after it. */
static void block_clear(struct block *block)
{
    explicit_bzero(block->bytes, block->used);
    block->used = 0;
}

/* Clear all blocks, and free those behind the first `keep_bytes`. */
static void blocks_reset(struct arena *arena, size_t keep_bytes)
{
    struct block *last = NULL, *next;
    size_t kept = 0;

    for (struct block *block = arena->first; block; block = next) {
        next = block->next;
        block_clear(block);
        kept += block->size;
        if (kept <= keep_bytes)
            last = block;
        else
            free(block);
    }
    if (last)
        last->next = NULL;
    arena->newest = arena->first;
    arena->used = 0;
}

void arena_reset(struct arena *arena)
{
    blocks_reset(arena, KEEP_BYTES);
}

void arena_free(struct arena *arena)
{
    blocks_reset(arena, 0);
    free(arena);
}

/* The next kept block if it is large enough, or else a new one before it. */
static struct block *block_next(struct arena *arena, size_t size)
{
    struct block *newest = arena->newest;

    if (!newest->next || newest->next->size < size)
        newest->next = block_new(newest->next, size > BLOCK_BYTES ? size : BLOCK_BYTES);
    return newest->next;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct block *block = arena->newest;
    void *bytes;

    if (rounded < size || rounded > arena->limit - arena->used)
        arena_abort("limit reached", size);
    if (rounded > block->size - block->used) {
        block = block_next(arena, rounded);
        arena->newest = block;
    }
    bytes = block->bytes + block->used;
    block->used += rounded;
    arena->used += rounded;
    return bytes;
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

/* A short text is written where it stays; what is not one leaves those bytes zero. */
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
    struct block *block = arena->newest;
    size_t room = block->size - block->used;
    char *text = (char *)block->bytes + block->used;
    va_list again;
    int length;

    room = room < SHORT_BYTES ? room : SHORT_BYTES;
    length = format_simple(text, room, format, arguments);
    if (length >= 0)
        return arena_alloc(arena, (size_t)length + 1);
    memset(text, 0, room);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
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
