/* Keys by guest agents; see guest_agent.h. */
#include "worker/guest_agent.h"

#include "base/log.h"
#include "model/audit.h"

#include "vm.sql.h"
#include "vm_agent.sql.h"
#include "vm_key.sql.h"

/* What a VM is to accept, as of one moment. */
struct change {
    struct vm_for_worker_row vm;
    const char **lines;
    size_t count;
};

/* `*is_ours`: no job has begun since. */
static struct error *change_read(struct worker_context *context, const char *vm_id,
                                 struct change *out, bool *is_ours)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    struct vm_key_list_rows keys = { .count = 0 };
    struct error *e = db_begin(db, arena);

    if (!e)
        e = sql_vm_for_worker(db, arena, vm_id, &out->vm);
    if (!e)
        e = sql_vm_key_list(db, arena, out->vm.team_id, vm_id, &keys);
    /* Committed before the guest is told: from then on it may have them, whoever is killed. */
    if (!e)
        e = sql_vm_agent_seeded(db, arena, vm_id, out->vm.setup_wanted);
    *is_ours = !e && db_changes(db);
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    out->lines = arena_array(arena, keys.count + 1, sizeof *out->lines);
    for (size_t i = 0; i < keys.count; i++) {
        /* Of a deleted account's key the line is not known. */
        if (!keys.row[i].is_removed && *keys.row[i].public_line)
            out->lines[out->count++] = keys.row[i].public_line;
    }
    return e;
}

static struct error *guest_tell(struct worker_context *context, const struct change *change)
{
    const struct config_image *image = config_image_find(context->config, change->vm.image);
    struct driver *driver;
    struct error *e = worker_context_driver(context, context->arena, change->vm.region, &driver);

    if (!e && !image)
        e = error_new(context->arena, ERROR_CONFLICT, "domicile.conf has no such image any more");
    return e ? e
             : driver_keys_set(driver, context->arena, change->vm.id, image->user,
                               (const char *const *)change->lines, change->count);
}

static struct error *note(const struct context *now, const struct change *change, bool is_taken)
{
    return audit_add(now, &(struct audit_entry){
                              .team_id = change->vm.team_id,
                              .action = is_taken ? AUDIT_VM_KEYS_TAKEN : AUDIT_VM_KEYS_AGENT,
                              .vm_id = change->vm.id,
                              .detail = is_taken ? "by the guest agent, while running"
                                                 : "The change waits for the next start.",
                              .by_system = true,
                          });
}

static struct error *end(struct worker_context *context, const struct change *change, bool is_taken)
{
    const struct context now = worker_context_now(context, context->arena);
    const int64_t number = change->vm.setup_wanted;
    struct error *e = db_begin(now.db, now.arena);

    if (!e)
        e = is_taken ? sql_vm_agent_taken(now.db, now.arena, change->vm.id, number)
                     : sql_vm_agent_fail(now.db, now.arena, change->vm.id, number);
    /* A job that has begun since tells the guest itself. */
    if (!e && db_changes(now.db))
        e = note(&now, change, is_taken);
    if (!e && is_taken)
        e = sql_vm_key_delete_taken(now.db, now.arena, change->vm.id);
    if (!e)
        e = db_commit(now.db, now.arena);
    db_rollback(now.db);
    return e;
}

static struct error *vm_change(struct worker_context *context, const char *vm_id)
{
    struct change change = { .count = 0 };
    bool is_ours;
    struct error *e = change_read(context, vm_id, &change, &is_ours), *failure;

    if (e || !is_ours)
        return e;
    failure = guest_tell(context, &change);
    if (failure)
        log_error("guest_agent", log_text("vm", vm_id), log_text("error", failure->text));
    return end(context, &change, !failure);
}

struct error *guest_agent_round(struct worker_context *context)
{
    struct vm_agent_pending_rows vms;
    struct error *e;

    arena_reset(context->arena);
    e = sql_vm_agent_pending(context->db, context->arena, &vms);
    for (size_t i = 0; !e && i < vms.count; i++)
        e = vm_change(context, vms.row[i].id);
    return e;
}
