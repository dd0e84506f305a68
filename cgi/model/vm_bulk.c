/* One command for several VMs; see vm_bulk.h. */
#include "model/vm_bulk.h"

#include "base/array.h"
#include "base/date.h"
#include "base/log.h"
#include "model/vm_command.h"

#include <string.h>

static const struct vm_bulk_act acts[] = {
    { "start", "Starting", "started", VM_REQUEST_START },
    { "stop", "Stopping", "stopped", VM_REQUEST_STOP },
    { "restart", "Restarting", "restarted", VM_REQUEST_RESTART },
    { "resume", "Resuming", "resumed", VM_REQUEST_RESUME },
    { "retry", "Retrying", "retried", VM_REQUEST_RETRY },
    { "snapshot", "Taking a snapshot of", "snapshotted", VM_REQUEST_SNAPSHOT },
    { "destroy", "Destroying", "destroyed", VM_REQUEST_DESTROY },
};

const struct vm_bulk_act *vm_bulk_find(const char *name)
{
    for (size_t i = 0; i < COUNT(acts); i++) {
        if (strcmp(acts[i].name, name) == 0)
            return &acts[i];
    }
    return NULL;
}

struct error *vm_bulk_names(const struct context *context, const struct actor *actor,
                            const char *const *ids, size_t count, struct vm_bulk_rows *out)
{
    struct vm_get_row vm;
    struct error *e = NULL;

    out->count = 0;
    out->row = arena_array(context->arena, count, sizeof *out->row);
    for (size_t i = 0; !e && i < count; i++) {
        e = sql_vm_get(context->db, context->arena, actor->team_id, ids[i], &vm);
        if (!e && !vm.gone_at)
            out->row[out->count++] = (struct vm_bulk_row){ .id = vm.id, .name = vm.name };
        if (e && e->kind == ERROR_NOT_FOUND)
            e = NULL;
    }
    return e;
}

static struct error *command_send(const struct context *context, const struct actor *actor,
                                  const struct vm_bulk_act *act, const char *id)
{
    if (act->trigger == VM_REQUEST_SNAPSHOT)
        return vm_command_snapshot(context, actor, id,
                                   date_minute(context->arena, context->now_at));
    return vm_command_send(context, actor, id, act->trigger, NULL);
}

/* `row->reason` stays NULL if the command was given. */
static struct error *one_send(const struct context *context, const struct actor *actor,
                              const struct vm_bulk_act *act, struct vm_bulk_row *row)
{
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, row->id, &vm);

    if (e && e->kind == ERROR_NOT_FOUND) {
        row->reason = "Your team has no such VM.";
        return NULL;
    }
    if (e)
        return e;
    row->name = vm.name;
    row->reason = vm_disabled_reason(vm.state, act->trigger);
    if (!row->reason)
        e = command_send(context, actor, act, row->id);
    if (!e || !e->message)
        return e;
    row->reason = e->message;
    return NULL;
}

/* What was done before an error stays done, so the others are told of one by one. */
static struct error *rest_refuse(const struct context *context, const struct actor *actor,
                                 const char *const *ids, size_t count, struct vm_bulk_rows *refused)
{
    struct vm_bulk_rows rest;
    struct error *e = vm_bulk_names(context, actor, ids, count, &rest);

    for (size_t i = 0; !e && i < rest.count; i++) {
        rest.row[i].reason = "The server is busy. Try again in a minute.";
        refused->row[refused->count++] = rest.row[i];
    }
    return e;
}

struct error *vm_bulk_send(const struct context *context, const struct actor *actor,
                           const struct vm_bulk_act *act, const char *const *ids, size_t count,
                           struct vm_bulk_rows *refused)
{
    struct error *e = NULL;

    refused->count = 0;
    refused->row = arena_array(context->arena, count, sizeof *refused->row);
    for (size_t i = 0; !e && i < count; i++) {
        struct vm_bulk_row row = { .id = ids[i], .name = "" };

        e = db_begin(context->db, context->arena);
        if (!e)
            e = one_send(context, actor, act, &row);
        if (!e && !row.reason)
            e = db_commit(context->db, context->arena);
        db_rollback(context->db);
        if (row.reason)
            refused->row[refused->count++] = row;
        if (e && i > refused->count) {
            log_error("bulk", log_text("error", e->text));
            return rest_refuse(context, actor, ids + i, count - i, refused);
        }
    }
    return e;
}
