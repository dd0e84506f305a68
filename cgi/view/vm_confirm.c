/* See vm_confirm.h. */
#include "view/vm_confirm.h"

#include "base/date.h"
#include "base/limit.h"
#include "main_constants.sql.h"
#include "model/vm_command.h"
#include "snapshot_restore.html.h"
#include "snapshots_delete.html.h"
#include "view/vm_view.h"
#include "vm_destroy.html.h"
#include "vms_destroy.html.h"
#include "web/session.h"

#include <string.h>

struct error *vm_confirm_destroy(struct request *r, const struct vm_get_row *vm, const char *typed,
                                 const char *problem)
{
    struct vm_destroy_html page = {
        .id = vm->id,
        .name = vm->name,
        .disk_mb = vm->disk_gb * 1024,
        .ssh_port = vm->ssh_port,
        .activity_days = r->config->destroyed_vm_days,
        .typed = typed,
        .problem = problem,
        .is_ephemeral = strcmp(vm->life, VM_LIFE_EPHEMERAL) == 0,
    };
    struct snapshot_count_row snapshots;
    struct error *e = sql_snapshot_count(r->db, r->arena, r->session->team_id, vm->id, &snapshots);

    if (e)
        return e;
    page.snapshots = snapshots.total;
    r->frame.title = arena_printf(r->arena, "Destroy “%s”?", vm->name);
    r->frame.section = "vms";
    html_vm_destroy(&r->response.body, &r->frame, &page);
    return NULL;
}

void vm_confirm_destroy_several(struct request *r, const struct vm_bulk_rows *vms,
                                const char *typed, const char *back_path)
{
    long long total = (long long)vms->count;
    struct vms_destroy_html page = {
        .vms = *vms,
        .total = total,
        .typed = typed,
        .problem =
            *typed ? arena_printf(r->arena, "Type %lld to confirm. Nothing was destroyed.", total)
                   : NULL,
        .back_path = back_path,
    };

    if (vms->count > LIMIT_NAMED_DESTROYED + 1) {
        page.vms.count = LIMIT_NAMED_DESTROYED;
        page.rest.row = &vms->row[LIMIT_NAMED_DESTROYED];
        page.rest.count = vms->count - LIMIT_NAMED_DESTROYED;
    }
    r->frame.title = arena_printf(r->arena, "Destroy %lld VM%s?", total, total == 1 ? "" : "s");
    r->frame.section = "vms";
    html_vms_destroy(&r->response.body, &r->frame, &page);
}

/* A snapshot with memory brings its size back. NULL: it is the present one, or stays. */
static const char *former_size(struct arena *arena, const struct vm_get_row *vm,
                               const struct snapshot_get_row *snapshot)
{
    bool is_same = vm->vcpus == snapshot->vcpus && vm->memory_mb == snapshot->memory_mb &&
                   vm->disk_gb == snapshot->disk_gb;

    return is_same || !snapshot->has_memory
               ? NULL
               : vm_view_size(arena, snapshot->vcpus, snapshot->memory_mb, snapshot->disk_gb);
}

void vm_confirm_restore(struct request *r, const struct vm_get_row *vm,
                        const struct snapshot_get_row *snapshot)
{
    const struct snapshot_restore_html page = {
        .vm_id = vm->id,
        .vm_name = vm->name,
        .id = snapshot->id,
        .created = date_plain(r->arena, snapshot->created_at),
        .has_memory = snapshot->has_memory,
        .is_powered_off = !snapshot->has_memory && strcmp(vm->observed, VM_OBSERVED_RUNNING) == 0,
        .former_size = former_size(r->arena, vm, snapshot),
    };

    r->frame.title = arena_printf(r->arena, "Restore “%s”?", snapshot->name);
    r->frame.section = "vms";
    html_snapshot_restore(&r->response.body, &r->frame, &page);
}

struct error *vm_confirm_snapshots_delete(struct request *r, const struct vm_get_row *vm,
                                          const char *const *ids, size_t count)
{
    struct snapshots_delete_html page = {
        .vm_id = vm->id,
        .vm_name = vm->name,
        .snapshots = { arena_array(r->arena, count, sizeof(struct snapshot_name)), count },
        .is_one = count == 1,
    };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);

    for (size_t i = 0; i < count; i++) {
        struct snapshot_get_row snapshot;
        struct error *e = vm_command_snapshot_find(&context, &actor, vm->id, ids[i], &snapshot);

        if (e)
            return e;
        page.has_memory |= snapshot.has_memory != 0;
        page.snapshots.row[i] =
            (struct snapshot_name){ snapshot.id, snapshot.name, snapshot.created_at };
    }
    r->frame.title =
        count == 1 ? arena_printf(r->arena, "Delete snapshot “%s”?", page.snapshots.row[0].name)
                   : arena_printf(r->arena, "Delete %zu snapshots?", count);
    r->frame.section = "vms";
    html_snapshots_delete(&r->response.body, &r->frame, &page);
    return NULL;
}
