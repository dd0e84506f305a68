/* A VM as text; see vm_view.h. */
#include "view/vm_view.h"

#include "base/array.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "model/ledger_cost.h"
#include "model/vm_job.h"
#include "model/vm_state.h"

#include <string.h>

enum { BUILD_CHARACTERS = 12 }; /* of an image's build: enough to tell builds apart */

const char *vm_view_size(struct arena *arena, int64_t vcpus, int64_t memory_mb, int64_t disk_gb)
{
    return arena_printf(arena, "%lld vCPU%s, %s, %s disk", (long long)vcpus, vcpus == 1 ? "" : "s",
                        text_memory(arena, memory_mb), text_disk(arena, disk_gb));
}

const char *vm_view_step(const char *name, bool is_done)
{
    static const struct {
        const char *name, *before, *after;
    } words[] = {
        { "Seed", "Cloud-init data", "Cloud-init data" },
        { "SSH ready", "Waiting for SSH", "SSH ready" },
        { "Seed removed", NULL, NULL }, /* nobody waits for it */
        { "Domain", "Virtual machine", "Virtual machine" },
        { "Port", "SSH port", "SSH port" },
    };

    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(words[i].name, name) == 0)
            return is_done ? words[i].after : words[i].before;
    }
    return name;
}

/* What is done to a VM that is off: its time goes on being that of the stop. */
static bool is_done_off(const char *state, int64_t up_at)
{
    return strcmp(state, VM_STATE_RESIZING) == 0 ||
           (strcmp(state, VM_STATE_SNAPSHOTTING) == 0 && !up_at);
}

struct vm_view_state vm_view_state_of(const char *state, int64_t state_at, int64_t up_at,
                                      int64_t unresponsive_at, const char *last_error)
{
    bool is_running = strcmp(state, VM_STATE_RUNNING) == 0;

    if (is_running && unresponsive_at)
        return (struct vm_view_state){ "Not responding", "wait", unresponsive_at, false };
    if (last_error && strcmp(state, VM_STATE_DESTROYING) == 0)
        return (struct vm_view_state){ "Still destroying", "bad", state_at, false };
    if (is_done_off(state, up_at))
        state_at = 0;
    return (struct vm_view_state){ vm_state_label(state), vm_state_class(state),
                                   is_running ? up_at : state_at, is_running };
}

const char *vm_view_snapshot_label(const char *state, const char *job_kind)
{
    const struct vm_job *job = vm_job_find(job_kind);

    return job->has_snapshot && strcmp(job->state, state) == 0 ? job->running : NULL;
}

struct vm_view_state vm_view_state_away(struct arena *arena, struct vm_view_state state,
                                        int64_t observed_at)
{
    if (strcmp(state.chip, "work") == 0 || strcmp(state.chip, "bad") == 0)
        return state;
    return (struct vm_view_state){ arena_printf(arena, "Last known: %s",
                                                text_lower(arena, state.label)),
                                   "off", observed_at, false };
}

bool vm_view_has_way_in(const char *state)
{
    return strcmp(state, VM_STATE_RUNNING) == 0 || strcmp(state, VM_STATE_SNAPSHOTTING) == 0;
}

struct vm_view vm_view_of(struct request *r, const struct price_list_rows *prices,
                          const struct vm_get_row *vm, bool is_away)
{
    const struct config_region *region = config_region_find(r->config, vm->region);
    const struct config_image *image = config_image_find(r->config, vm->image);
    const struct ledger_use on = { LEDGER_STATE_RUNNING, vm->size, vm->disk_gb, vm->snapshot_gb };
    const struct ledger_use off = { LEDGER_STATE_STOPPED, vm->size, vm->disk_gb, vm->snapshot_gb };
    int64_t millicents = ledger_rate(prices, &on, r->now_at);
    bool is_running = strcmp(vm->state, VM_STATE_RUNNING) == 0;
    struct vm_view_state state =
        vm_view_state_of(vm->state, vm->state_at, vm->up_at, vm->unresponsive_at, vm->last_error);

    if (is_away)
        state = vm_view_state_away(r->arena, state, vm->observed_at);
    return (struct vm_view){
        .id = vm->id,
        .name = vm->name,
        .image = image ? image->label : vm->image,
        .build = vm->image_version
                     ? arena_printf(r->arena, "%.*s", BUILD_CHARACTERS, vm->image_version)
                     : NULL,
        .source_vm_id = vm->source_vm_id,
        .region = !region                       ? vm->region
                  : r->config->region_count > 1 ? region->label
                                                : NULL,
        .size = vm_view_size(r->arena, vm->vcpus, vm->memory_mb, vm->disk_gb),
        .state = vm->state,
        .label = state.label,
        .chip = state.chip,
        .since_at = state.since_at,
        .state_since = state.since_at,
        .up_since = vm->up_at,
        .price_month = price_month(r->config, r->arena, millicents),
        .stopped_month = price_month(r->config, r->arena, ledger_rate(prices, &off, r->now_at)),
        .labels = { .project = vm->project,
                    .tags = vm->tags,
                    .note = vm->note,
                    .found = vm_labels_view_of(r->arena, vm->project, vm->tags) },
        .schedule = vm_schedule_view_of(r, vm),
        .last_error = vm->last_error,
        .has_snapshots = vm->snapshot_gb > 0,
        .has_way_in = vm_view_has_way_in(vm->state),
        .has_console = vm_state_has_console(vm->state) && !r->frame.is_viewer,
        .is_running = is_running,
        .is_stopped = strcmp(vm->state, VM_STATE_STOPPED) == 0,
        .has_user_data = vm->has_user_data,
        .is_working = vm_job_is_state(vm->state),
    };
}
