/* The schedules of a VM as a form; see vm_schedule_view.h. */
#include "view/vm_schedule_view.h"

#include "model/vm_schedule.h"

static const char *clock_of(struct arena *arena, bool is_set, int64_t minute)
{
    return is_set ? arena_printf(arena, "%02d:%02d", (int)(minute / 60), (int)(minute % 60)) : "";
}

struct option_rows vm_schedule_view_days(struct arena *arena, int64_t days)
{
    struct option_rows options = { arena_array(arena, VM_SCHEDULE_DAYS, sizeof *options.row),
                                   VM_SCHEDULE_DAYS };

    for (int i = 0; i < VM_SCHEDULE_DAYS; i++)
        options.row[i] = (struct option){ .value = arena_printf(arena, "%d", i),
                                          .label = vm_schedule_day(i),
                                          .is_chosen = days >> i & 1 };
    return options;
}

static const char *words_of(struct arena *arena, const struct vm_get_row *vm)
{
    const struct vm_schedule schedule = {
        .zone = vm->zone,
        .days = vm->run_days,
        .start_minute = vm->has_start ? vm->start_minute : VM_SCHEDULE_NONE,
        .stop_minute = vm->has_stop ? vm->stop_minute : VM_SCHEDULE_NONE,
        .snapshot_minute = vm->has_daily ? vm->snapshot_minute : VM_SCHEDULE_NONE,
        .keep = vm->snapshot_keep,
    };

    return vm_schedule_words(arena, &schedule);
}

struct vm_schedule_form vm_schedule_view_of(struct request *r, const struct vm_get_row *vm)
{
    struct vm_schedule_form form = {
        .zone = vm->zone ? vm->zone : "UTC",
        .start = clock_of(r->arena, vm->has_start, vm->start_minute),
        .stop = clock_of(r->arena, vm->has_stop, vm->stop_minute),
        .snapshot = clock_of(r->arena, vm->has_daily, vm->snapshot_minute),
        .keep = arena_printf(r->arena, "%d", vm->has_daily ? (int)vm->snapshot_keep : 7),
        .days = vm_schedule_view_days(r->arena, vm->zone ? vm->run_days : 0x1f),
    };

    if (vm->zone)
        form.words = words_of(r->arena, vm);
    return form;
}
