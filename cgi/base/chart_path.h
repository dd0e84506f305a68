/*
 * Numbers as the "d" of an SVG path, in a viewBox of `width` by `height` whose bottom is 0 and
 * whose top is `top`. Larger numbers are drawn at the top.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chart_path {
    int64_t width, height; /* of the viewBox, above 0 */
    int64_t top;           /* the number at the upper edge, above 0 */
};

/*
 * A line through `count` numbers at equal distances, from the left edge to the right one. A number
 * below 0 is unknown: the line has a gap there. "" if all are. In the arena.
 */
const char *chart_path_line(struct arena *arena, const struct chart_path *path,
                            const int64_t *values, size_t count);

/* The area below a line, closed, to be filled. */
const char *chart_path_below(struct arena *arena, const struct chart_path *path, const char *line);

/* Only those with no known neighbour, for dots (a thick, round stroke). "" if there are none. */
const char *chart_path_dots(struct arena *arena, const struct chart_path *path,
                            const int64_t *values, size_t count);

/* Where the words of a vertical line stand. */
struct chart_words {
    bool has_room; /* else there are none */
    bool is_left;  /* of the line, else right of it */
    bool is_wide;  /* no room for them on a phone */
};

/*
 * For a line at `x` of `width` units: to its right or else to its left, where even a phone has
 * room, or where a wider screen has. Lines are given from right to left; *free_x, `width` at first,
 * is where the words of the lines before begin.
 */
struct chart_words chart_words_place(const char *words, int64_t x, int64_t width, int64_t *free_x);
