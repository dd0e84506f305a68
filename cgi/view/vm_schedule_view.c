/* The schedules of a VM as a form; see vm_schedule_view.h. */
#include "view/vm_schedule_view.h"

#include "base/buf.h"
#include "model/vm_schedule.h"

static const char *const DAYS[VM_SCHEDULE_DAYS] = {
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"
};

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
                                          .label = DAYS[i],
                                          .is_chosen = days >> i & 1 };
    return options;
}

static const char *words_of(struct arena *arena, const struct vm_get_row *vm,
                            const struct vm_schedule_form *form)
{
    struct buf words = buf_new(arena, 256);
    const char *between = "";

    if (*form->start)
        buf_printf(&words, "Starts %s", form->start);
    if (*form->stop)
        buf_printf(&words, "%s %s", *form->start ? ", stops" : "Stops", form->stop);
    if (words.length)
        buf_literal(&words, " (");
    for (int i = 0; words.length && i < VM_SCHEDULE_DAYS; i++) {
        if (vm->run_days >> i & 1) {
            buf_printf(&words, "%s%s", between, DAYS[i]);
            between = ", ";
        }
    }
    if (words.length)
        buf_literal(&words, ")");
    if (*form->snapshot)
        buf_printf(&words, "%sSnapshot daily %s", words.length ? ". " : "", form->snapshot);
    buf_printf(&words, ", %s", form->zone);
    return words.bytes;
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
        form.words = words_of(r->arena, vm, &form);
    return form;
}
