/* How many elements a declared array has, and rows that grow in an arena. */
#pragma once

#include "base/arena.h"

/* Of an array, never of a pointer. */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/*
 * Room for one more row of `size` bytes behind `count` rows: the rows, or a larger copy of them.
 * `*capacity` is 0 at first.
 */
void *array_grow(struct arena *arena, void *rows, size_t count, size_t *capacity, size_t size);
