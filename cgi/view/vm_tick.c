/* Marks in the charts of a VM; see vm_tick.h. */
#include "view/vm_tick.h"

#include "activity.sql.h"
#include "base/chart_path.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "view/vm_chart.h"
#include "vm.html.h"
#include "web/session.h"

#include <string.h>

enum { WIDTH = VM_CHART_WIDTH, CLOSE = WIDTH / 25 };

/* The newest of those that share a mark. */
struct mark {
    const char *what; /* "Snapshot created, 1 GB" */
    int64_t at, x;
    int64_t count;
};

const char *vm_tick_moment(struct arena *arena, int64_t length_s, int64_t at)
{
    return length_s > A_DAY_S ? date_day_short(arena, at) : date_clock(arena, at);
}

static bool is_same(const struct mark *a, const struct mark *b)
{
    size_t length = strcspn(a->what, ",");

    return a->x - b->x < CLOSE && strcspn(b->what, ",") == length &&
           strncmp(a->what, b->what, length) == 0;
}

/* Returns how many marks there are now. */
static size_t mark_add(struct mark *marks, size_t count, struct mark mark)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_same(&marks[i], &mark))
            continue;
        marks[i].count++;
        return count;
    }
    marks[count] = mark;
    return count + 1;
}

/* "Stopped 14:00", "Stopped ×3". */
static const char *mark_label(struct arena *arena, const struct mark *mark, int64_t length_s)
{
    int length = (int)strcspn(mark->what, ",");

    return mark->count > 1
               ? arena_printf(arena, "%.*s ×%lld", length, mark->what, (long long)mark->count)
               : arena_printf(arena, "%.*s %s", length, mark->what,
                              vm_tick_moment(arena, length_s, mark->at));
}

static struct vm_tick tick_of(struct arena *arena, const struct mark *mark, int64_t length_s,
                              int64_t *free_x)
{
    const char *label = mark_label(arena, mark, length_s);
    struct chart_words words = chart_words_place(label, mark->x, WIDTH, free_x);

    return (struct vm_tick){
        .x = arena_printf(arena, "%lld", (long long)mark->x),
        .text_x = arena_printf(arena, "%lld%%", (long long)(mark->x * 100 / WIDTH)),
        .anchor = words.is_left ? "end" : "start",
        .label = words.has_room ? label : NULL,
        .is_wide = words.is_wide,
    };
}

struct error *vm_tick_fill(struct request *r, const char *vm_id, int64_t from_at, int64_t until_at,
                           struct vm_html *page)
{
    int64_t length_s = until_at - from_at;
    int64_t free_x = WIDTH; /* words may reach until here: the newest come first */
    struct mark marks[LIMIT_CHART_TICKS];
    struct activity_ticks_rows rows;
    struct error *e = sql_activity_ticks(r->db, r->arena, r->session->team_id, vm_id,
                                         from_at * 1000, LIMIT_CHART_TICKS, &rows);

    if (e)
        return e;
    for (size_t i = 0; i < rows.count; i++) {
        int64_t at = rows.row[i].ended_at_ms / 1000, x = (at - from_at) * WIDTH / length_s;

        page->ticks.count = mark_add(
            marks, page->ticks.count,
            (struct mark){
                .what = rows.row[i].what, .at = at, .x = x < WIDTH ? x : WIDTH, .count = 1 });
    }
    page->ticks.row = arena_array(r->arena, page->ticks.count, sizeof *page->ticks.row);
    for (size_t i = 0; i < page->ticks.count; i++)
        page->ticks.row[i] = tick_of(r->arena, &marks[i], length_s, &free_x);
    return NULL;
}
