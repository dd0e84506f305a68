/*
 * SVG paths of charts; see chart_path.h. Tenths of a unit are finer than a pixel. All but the first
 * point of a line are relative to the one before: that halves the bytes.
 */
#include "base/chart_path.h"

#include "base/buf.h"
#include "base/format.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES = 12, POINT_BYTES = 2 * (FORMAT_INT_BYTES + 2) + sizeof " h.1" };

enum what { LINES, DOTS };

/* A point in tenths. */
struct point {
    int64_t x, y;
};

/* Put "12", "-1.3" or ".4" at `out`; returns its end. A page has a thousand of them. */
static inline char *tenths_put(char *out, int64_t tenths)
{
    uint64_t rest = (uint64_t)llabs(tenths), whole = rest / 10, last = rest % 10;

    if (tenths < 0)
        *out++ = '-';
    if (whole >= 100) {
        char digits[FORMAT_INT_BYTES];

        out = stpcpy(out, format_int(digits, (int64_t)whole));
    } else {
        if (whole >= 10)
            *out++ = (char)('0' + whole / 10);
        if (whole || !last)
            *out++ = (char)('0' + whole % 10);
    }
    if (last) {
        *out++ = '.';
        *out++ = (char)('0' + last);
    }
    return out;
}

static struct point point_at(const struct chart_path *path, size_t i, size_t count, int64_t value)
{
    int64_t last = count > 1 ? (int64_t)count - 1 : 1;
    int64_t shown = value < path->top ? value : path->top;

    return (struct point){
        .x = path->width * 10 * (int64_t)i / last,
        .y = path->height * 10 - path->height * 10 * shown / path->top,
    };
}

static char *start_put(char *out, struct point at)
{
    *out++ = 'M';
    out = tenths_put(out, at.x);
    *out++ = ' ';
    return tenths_put(out, at.y);
}

static char *step_put(char *out, bool is_first, struct point from, struct point to)
{
    *out++ = is_first ? 'l' : ' ';
    out = tenths_put(out, to.x - from.x);
    if (to.y >= from.y)
        *out++ = ' ';
    return tenths_put(out, to.y - from.y);
}

/* The known numbers from `from` to before `until`. */
static char *run_put(char *out, const struct chart_path *path, enum what what,
                     const int64_t *values, size_t from, size_t until, size_t count)
{
    struct point start = point_at(path, from, count, values[from]), before = start;

    if (what == DOTS && until - from > 1)
        return out;
    out = start_put(out, start);
    if (until - from == 1)
        out = stpcpy(out, "h.1"); /* without a length it would be invisible */
    for (size_t i = from + 1; i < until; i++) {
        struct point at = point_at(path, i, count, values[i]);

        out = step_put(out, i == from + 1, before, at);
        before = at;
    }
    return out;
}

static const char *path_write(struct arena *arena, const struct chart_path *path, enum what what,
                              const int64_t *values, size_t count)
{
    char *text = arena_alloc(arena, POINT_BYTES * count + 1), *end = text;

    for (size_t i = 0, until; i < count; i = until) {
        until = i + 1;
        if (values[i] < 0)
            continue;
        while (until < count && values[until] >= 0)
            until++;
        end = run_put(end, path, what, values, i, until, count);
    }
    return text;
}

const char *chart_path_line(struct arena *arena, const struct chart_path *path,
                            const int64_t *values, size_t count)
{
    return path_write(arena, path, LINES, values, count);
}

const char *chart_path_below(struct arena *arena, const struct chart_path *path, const char *line)
{
    struct buf buf = buf_new(arena, strlen(line) + 2 * NUMBER_BYTES);

    for (const char *run = line, *next; *run; run = next) {
        next = strchr(run + 1, 'M');
        next = next ? next : run + strlen(run);
        buf_bytes(&buf, run, (size_t)(next - run));
        buf_char(&buf, 'V');
        buf_int(&buf, path->height);
        buf_char(&buf, 'H');
        buf_bytes(&buf, run + 1, strcspn(run + 1, " "));
        buf_char(&buf, 'z');
    }
    return buf.length ? buf.bytes : "";
}

const char *chart_path_dots(struct arena *arena, const struct chart_path *path,
                            const int64_t *values, size_t count)
{
    return path_write(arena, path, DOTS, values, count);
}

/* In pixels: a letter, and the narrowest chart of a phone and of a wider screen. */
enum { LETTER = 7, PHONE = 190, SCREEN = 480 };

struct chart_words chart_words_place(const char *words, int64_t x, int64_t width, int64_t *free_x)
{
    int64_t pixels = (int64_t)(strlen(words) + 1) * LETTER;
    int64_t on_phone = pixels * width / PHONE, on_screen = pixels * width / SCREEN;
    int64_t gap = 2 * LETTER * width / SCREEN;
    bool has_right = x + on_screen <= *free_x, has_left = x <= *free_x && x >= on_screen;
    bool is_right_wide = x + on_phone > width, is_left_wide = x < on_phone;
    bool is_left = has_left && (!has_right || (is_right_wide && !is_left_wide));

    if (has_left || has_right)
        *free_x = (is_left ? x - on_screen : x) - gap;
    return (struct chart_words){ .has_room = has_left || has_right,
                                 .is_left = is_left,
                                 .is_wide = is_left ? is_left_wide : is_right_wide };
}
