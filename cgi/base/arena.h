/*
 * The memory of one request, one job, or one process.
 *
 * An arena allocates zeroed memory and frees all of it at once. Nothing allocated from it is freed
 * individually. Only arena.c calls malloc and free.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena;

/*
 * A new arena that allocates at most `limit_bytes` between two resets. Exceeding that is a bug
 * (input is limited earlier), so it logs and aborts, as does running out of memory. No function in
 * this file returns NULL for failure.
 */
struct arena *arena_new(size_t limit_bytes);

/* Free everything, but keep some blocks, cleared, for the next request. */
void arena_reset(struct arena *arena);

/* Free the arena itself. */
void arena_free(struct arena *arena);

/* `size` zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc));

/* `count` zeroed elements of `size` bytes; the product is checked. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((malloc));

/* A copy of `text`; NULL stays NULL. */
char *arena_copy(struct arena *arena, const char *text);

/* A copy of `length` bytes, followed by a NUL. */
char *arena_copy_bytes(struct arena *arena, const void *bytes, size_t length);

char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Bytes allocated since the last reset. */
size_t arena_used(const struct arena *arena);
