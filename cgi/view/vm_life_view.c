/* The life of a VM as text; see vm_life_view.h. */
#include "view/vm_life_view.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "main_constants.sql.h"

#include <string.h>

/* Two measurements: until then it was in use a moment ago. */
enum { JUST_USED_S = 2 * LIMIT_USE_EVERY_S };

const char *vm_life_view_clock(struct arena *arena, const struct vm_life *vm, int64_t now_at)
{
    int64_t end_at = vm_life_end_at(vm, now_at), left_s = end_at - now_at;
    const char *verb = vm_life_is_destroyed(vm) ? "Destroyed" : "Stops";
    const char *unless = vm_life_is_idle(vm) ? " unless used" : "";

    if (!end_at || (vm_life_is_idle(vm) && now_at - vm->clock_at < JUST_USED_S))
        return NULL;
    if (left_s < A_MINUTE_S)
        return arena_printf(arena, "%s in less than a minute%s", verb, unless);
    return arena_printf(arena, "%s in %s%s", verb, date_span(arena, left_s), unless);
}

/* What will end it, while its clock does not count. */
static const char *end_words(struct arena *arena, const struct vm_life *vm)
{
    if (strcmp(vm->life, VM_LIFE_PERSISTENT) == 0)
        return NULL;
    if (strcmp(vm->life, VM_LIFE_EPHEMERAL) == 0)
        return "Destroyed when it stops";
    return arena_printf(arena, "%s after %s unused",
                        vm_life_is_destroyed(vm) ? "Destroyed" : "Stops",
                        date_span(arena, vm->minutes * A_MINUTE_S));
}

struct option_rows vm_life_view_choices(struct request *r, const char *value)
{
    const char *chosen = value ? value : vm_life_choice_new(r->config)->value;
    struct option_rows options = { .count = VM_LIFE_CHOICE_COUNT };

    options.row = arena_array(r->arena, options.count, sizeof *options.row);
    for (size_t i = 0; i < options.count; i++)
        options.row[i] =
            (struct option){ .value = VM_LIFE_CHOICES[i].value,
                             .label = VM_LIFE_CHOICES[i].label,
                             .is_chosen = strcmp(VM_LIFE_CHOICES[i].value, chosen) == 0 };
    return options;
}

const char *vm_life_view_use(struct request *r, const struct config_region *region)
{
    bool has_bridge = region && *region->bridge;

    for (size_t i = 0; !region && i < r->config->region_count; i++)
        has_bridge |= *r->config->regions[i].bridge != 0;
    return has_bridge ? arena_printf(r->arena,
                                     "Unused means: for all that time, almost no network traffic "
                                     "and less than %d%% of a vCPU. An open connection without "
                                     "traffic can’t be seen.",
                                     LIMIT_USE_CPU_PERCENT)
                      : arena_printf(r->arena,
                                     "Unused means: for all that time, nobody connected by SSH and "
                                     "less than %d%% of a vCPU in use.",
                                     LIMIT_USE_CPU_PERCENT);
}

struct vm_life_view vm_life_view_of(struct request *r, const struct vm_life *vm,
                                    const struct config_region *region)
{
    const char *clock = vm_life_view_clock(r->arena, vm, r->now_at);

    return (struct vm_life_view){
        .clock = clock ? clock : end_words(r->arena, vm),
        .use = vm_life_view_use(r, region),
        .choices = vm_life_view_choices(r, vm_life_choice_of(vm->life, vm->minutes)->value),
        .has_mail = config_has_mail(r->config),
        .is_counting = clock != NULL,
        .is_soon = clock && vm_life_end_at(vm, r->now_at) - r->now_at <= LIMIT_LIFE_WARN_S,
        .is_destroyed = vm_life_is_destroyed(vm),
        .is_ephemeral = strcmp(vm->life, VM_LIFE_EPHEMERAL) == 0,
    };
}
