/* SVG paths of charts; see chart_path.h. Tenths of a unit are finer than a pixel. */
#include "base/chart_path.h"

#include "base/buf.h"

enum { NUMBER_BYTES = 16 };

static void tenths_write(struct buf *buf, int64_t tenths)
{
    buf_int(buf, tenths / 10);
    if (tenths % 10)
        buf_printf(buf, ".%d", (int)(tenths % 10));
}

static void point_write(struct buf *buf, const struct chart_path *path, size_t i, size_t count,
                        int64_t value)
{
    int64_t last = count > 1 ? (int64_t)count - 1 : 1;
    int64_t shown = value < path->top ? value : path->top;

    tenths_write(buf, path->width * 10 * (int64_t)i / last);
    buf_char(buf, ' ');
    tenths_write(buf, path->height * 10 - path->height * 10 * shown / path->top);
}

/* Down to the bottom at number `i`. */
static void drop_write(struct buf *buf, const struct chart_path *path, size_t i, size_t count)
{
    buf_char(buf, 'L');
    point_write(buf, path, i, count, 0);
}

static const char *path_write(struct arena *arena, const struct chart_path *path,
                              const int64_t *values, size_t count, bool is_area)
{
    struct buf buf = buf_new(arena, NUMBER_BYTES * (count + 1));
    size_t start = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_first = i == 0 || values[i - 1] < 0;
        bool is_last = i + 1 == count || values[i + 1] < 0;

        if (values[i] < 0)
            continue;
        if (is_first)
            start = i;
        buf_char(&buf, is_first ? 'M' : 'L');
        point_write(&buf, path, i, count, values[i]);
        /* One number alone would be invisible. */
        if (is_first && is_last)
            buf_literal(&buf, "h.1");
        if (is_area && is_last) {
            drop_write(&buf, path, i, count);
            drop_write(&buf, path, start, count);
            buf_char(&buf, 'z');
        }
    }
    return buf.length ? buf.bytes : "";
}

const char *chart_path_line(struct arena *arena, const struct chart_path *path,
                            const int64_t *values, size_t count)
{
    return path_write(arena, path, values, count, false);
}

const char *chart_path_area(struct arena *arena, const struct chart_path *path,
                            const int64_t *values, size_t count)
{
    return path_write(arena, path, values, count, true);
}
