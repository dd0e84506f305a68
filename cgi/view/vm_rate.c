/* Bytes per second in figures and words; see vm_rate.h. */
#include "view/vm_rate.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/text.h"
#include "view/vm_chart.h"

enum { KILO = 1024, NEXT_UNIT = 1000 };

static const struct unit {
    int64_t size;
    const char *name;
} units[] = {
    { 1, "B/s" },
    { KILO, "KB/s" },
    { KILO * KILO, "MB/s" },
    { (int64_t)KILO * KILO * KILO, "GB/s" },
    { (int64_t)KILO * KILO * KILO * KILO, "TB/s" },
};

/* In which a rate has three digits at most. */
static const struct unit *unit_of(int64_t rate)
{
    const struct unit *unit = units;

    while (unit < &units[COUNT(units) - 1] && rate >= NEXT_UNIT * unit->size)
        unit++;
    return unit;
}

/* One decimal below ten, unless it is 0. */
static const char *number_text(struct arena *arena, int64_t rate, const struct unit *unit)
{
    int64_t tenths = (rate * 10 + unit->size / 2) / unit->size;

    if (tenths < 100 && tenths % 10)
        return arena_printf(arena, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
    return text_count(arena, (tenths + 5) / 10);
}

static const char *rate_text(struct arena *arena, int64_t rate)
{
    const struct unit *unit = unit_of(rate);

    return arena_printf(arena, "%s %s", number_text(arena, rate, unit), unit->name);
}

int64_t vm_rate_top(int64_t most)
{
    static const int64_t tops[] = { 2, 4, 10, 20, 40, 100, 200, 400, 800 };
    size_t n = 0, unit = 1;

    while (tops[n] * units[unit].size < most && (n + 1 < COUNT(tops) || unit + 1 < COUNT(units))) {
        unit += n + 1 == COUNT(tops);
        n = (n + 1) % COUNT(tops);
    }
    return tops[n] * units[unit].size > most ? tops[n] * units[unit].size : most;
}

/* "read 0.8, written 0.4 MB/s" in the unit of both together; what there was, if none is known. */
static const char *parts_text(struct arena *arena, const struct vm_rate *rate,
                              const struct unit *unit)
{
    if (rate->in_minute < 0)
        return arena_printf(arena, "%s %s, %s %s", rate->in, text_bytes(arena, rate->in_bytes),
                            rate->out, text_bytes(arena, rate->out_bytes));
    return arena_printf(arena, "%s %s, %s %s %s", rate->in,
                        number_text(arena, rate->in_minute / A_MINUTE_S, unit), rate->out,
                        number_text(arena, rate->out_minute / A_MINUTE_S, unit), unit->name);
}

struct vm_chart vm_rate_chart(struct arena *arena, const struct vm_rate *rate)
{
    int64_t now = (rate->in_minute + rate->out_minute) / A_MINUTE_S;
    const struct unit *unit = unit_of(now), *top = unit_of(rate->top);
    bool is_known = rate->in_minute >= 0;

    return (struct vm_chart){
        .id = rate->id,
        .name = rate->name,
        .figure = is_known ? number_text(arena, now, unit) : "–",
        .unit = is_known ? unit->name : NULL,
        .of = parts_text(arena, rate, unit),
        .top = rate_text(arena, rate->top),
        .middle = rate_text(arena, rate->top / 2),
        .top_number = number_text(arena, rate->top, top),
        .top_unit = top->name,
    };
}
