/* Growable arrays; see array.h. */
#include "base/array.h"

#include <string.h>

enum { FIRST_ROWS = 16 };

void *array_grow(struct arena *arena, void *rows, size_t count, size_t *capacity, size_t size)
{
    void *grown;

    if (count < *capacity)
        return rows;
    *capacity = *capacity ? *capacity * 2 : FIRST_ROWS;
    grown = arena_array(arena, *capacity, size);
    if (count)
        memcpy(grown, rows, count * size);
    return grown;
}
