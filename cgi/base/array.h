/* Element count of an array, and arrays that grow in an arena. */
#pragma once

#include "base/arena.h"

/* For arrays only, never for pointers. */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/*
 * Make room for one more row of `size` bytes after `count` rows. Returns `rows` or a larger copy of
 * it. `*capacity` starts at 0.
 */
void *array_grow(struct arena *arena, void *rows, size_t count, size_t *capacity, size_t size);
