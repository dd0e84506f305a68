/* The activity by day; see activity_day.h. */
#include "view/activity_day.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"

#include <string.h>

/* Fewer are shown one by one; of more names, the rest is a number. */
enum { GROUP_MIN = 3, GROUP_NAMES = 3 };

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_alike(const struct activity_entry *a, const struct activity_entry *b)
{
    return is_same(a->what, b->what) && is_same(a->who, b->who) && is_same(a->detail, b->detail);
}

/* How many entries from the first on are alike. */
static size_t alike_count(const struct activity_entry *first, size_t count)
{
    size_t n = 1;

    while (n < count && is_alike(first, &first[n]))
        n++;
    return n;
}

static bool has_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* The different names of a group's VMs or objects, newest first; the count of those in `out_count`.
 */
static const char *names_text(struct arena *arena, struct activity_entry_rows events, bool of_vms,
                              size_t *out_count)
{
    const char **names = arena_array(arena, events.count, sizeof *names);
    struct buf text = { .arena = arena };
    size_t count = 0;

    for (size_t i = 0; i < events.count; i++) {
        const char *name = of_vms ? events.row[i].vm_name : events.row[i].object;

        if (name && !has_name(names, count, name))
            names[count++] = name;
    }
    for (size_t i = 0; i < count && (i < GROUP_NAMES || count == GROUP_NAMES + 1); i++)
        buf_text(&text, arena_printf(arena, "%s%s", i ? ", " : "", names[i]));
    if (count > GROUP_NAMES + 1)
        buf_text(&text, arena_printf(arena, " and %zu more", count - GROUP_NAMES));
    *out_count = count;
    return count ? text.bytes : NULL;
}

static void group_fold(struct arena *arena, struct activity_group *group)
{
    const struct activity_entry *first = group->events.row;
    size_t vm_count, object_count;
    const char *vms = names_text(arena, group->events, true, &vm_count);

    group->count = (int64_t)group->events.count;
    if (vm_count > 1) {
        group->names = vms;
        group->vms = arena_printf(arena, "%zu VMs", vm_count);
        return;
    }
    group->names = names_text(arena, group->events, false, &object_count);
    group->vm_id = first->vm_id;
    group->vm_name = first->vm_name;
}

static struct activity_group_rows groups_of(struct arena *arena, struct activity_entry_rows events)
{
    struct activity_group_rows groups = {
        .row = arena_array(arena, events.count, sizeof *groups.row),
    };

    for (size_t i = 0, alike; i < events.count; i += alike) {
        struct activity_group *group = &groups.row[groups.count++];

        alike = alike_count(&events.row[i], events.count - i);
        if (alike < GROUP_MIN)
            alike = 1;
        *group = (struct activity_group){
            .newest = { &events.row[i], 1 },
            .events = { &events.row[i], alike },
            .id = events.row[i + alike - 1].id,
        };
        if (alike > 1)
            group_fold(arena, group);
    }
    return groups;
}

static bool is_same_day(const struct activity_entry *a, const struct activity_entry *b)
{
    return a->seen_at / A_DAY_S == b->seen_at / A_DAY_S;
}

struct activity_day_rows activity_days(struct arena *arena, struct activity_entry_rows events,
                                       int64_t now_at)
{
    struct activity_day_rows days = {
        .row = arena_array(arena, events.count, sizeof *days.row),
    };

    for (size_t i = 0, count; i < events.count; i += count) {
        struct activity_day *day = &days.row[days.count++];
        struct activity_entry *first = &events.row[i];

        day->name = date_day_name(arena, first->seen_at, now_at);
        for (count = 0; i + count < events.count && is_same_day(&first[count], first); count++) {
            first[count].clock = date_clock(arena, first[count].seen_at);
            first[count].exact = date_exact(arena, first[count].seen_at);
        }
        day->groups = groups_of(arena, (struct activity_entry_rows){ first, count });
    }
    return days;
}
