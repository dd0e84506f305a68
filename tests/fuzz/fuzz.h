/* What every fuzzer needs: an arena that each input starts with empty, and a way to end loudly. */
#pragma once

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Something that must hold for every input. */
#define FUZZ_DEMAND(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The arena, emptied. Large enough for what the longest input may ask for. */
static inline struct arena *fuzz_arena(void)
{
    static struct arena *arena;

    if (!arena)
        arena = arena_new(64 << 20);
    arena_reset(arena);
    return arena;
}
