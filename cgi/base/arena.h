/*
 * The memory of one request, one job, or one process.
 *
 * An arena hands out zeroed memory and takes all of it back at once. Nothing taken from it is ever
 * freed by hand. arena.c is the only file that calls malloc and free.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena;

/*
 * A new arena that gives out at most `limit_bytes` between two resets. Asking for more is a mistake
 * of ours (limits on input come first), so it logs and aborts; so does running out of memory.
 * No function of this file returns NULL.
 */
struct arena *arena_new(size_t limit_bytes);

/* Give back everything, keep the first block for the next request. */
void arena_reset(struct arena *arena);

/* End the arena itself. */
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

/* Bytes given out since the last reset. */
size_t arena_used(const struct arena *arena);
