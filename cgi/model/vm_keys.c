/* The SSH keys that an existing VM accepts; see vm_keys.h. */
#include "model/vm_keys.h"

#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/restriction.h"
#include "ssh_key.sql.h"
#include "vm.sql.h"
#include "vm_key.sql.h"

#include <string.h>

/* CONFLICT unless it exists and is to go on. */
static struct error *vm_find(const struct context *context, const struct actor *actor,
                             const char *vm_id)
{
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, vm_id, &vm);

    if (!e && (vm.gone_at || strcmp(vm.wanted, VM_WANTED_GONE) == 0))
        e = error_new(context->arena, ERROR_CONFLICT, "vm %s is gone", vm_id);
    return e;
}

bool vm_keys_change_now(const struct vm_get_row *vm)
{
    bool has_failed = vm->agent_failed > vm->setup_taken && vm->agent_failed >= vm->setup_wanted;

    return vm->agent_started && !has_failed && strcmp(vm->state, VM_STATE_RUNNING) == 0;
}

static struct error *change_note(const struct context *context, const struct actor *actor,
                                 enum audit_action action, const char *vm_id, const char *name)
{
    const char *now = action == AUDIT_VM_KEY_ADD      ? "SSH key to be added now"
                      : action == AUDIT_VM_KEY_REMOVE ? "SSH key to be removed now"
                                                      : NULL;
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, vm_id, &vm);

    if (e)
        return e;
    return audit_add(context, &(struct audit_entry){ .team_id = actor->team_id,
                                                     .action = action,
                                                     .what = vm_keys_change_now(&vm) ? now : NULL,
                                                     .vm_id = vm_id,
                                                     .detail = name,
                                                     .person_id = actor->person_id });
}

struct error *vm_keys_add(const struct context *context, const struct actor *actor,
                          const char *vm_id, const char *key_id)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    struct ssh_key_get_row key;
    struct error *e = vm_find(context, actor, vm_id);

    if (!e)
        e = restriction_check(context, actor);
    if (!e)
        e = sql_vm_setup_change(db, arena, actor->team_id, vm_id);
    if (e)
        return e;
    e = sql_vm_key_put(db, arena, actor->team_id, vm_id, key_id);
    if (!e)
        e = sql_ssh_key_get(db, arena, actor->team_id, key_id, &key);
    if (e && e->kind == ERROR_NOT_FOUND)
        return error_refuse(arena, ERROR_INPUT, "unknown_key", "key",
                            "Choose a key from the list.");
    return e ? e : change_note(context, actor, AUDIT_VM_KEY_ADD, vm_id, key.name);
}

static struct error *key_remove(const struct context *context, const struct actor *actor,
                                const char *vm_id, const char *fingerprint, const char *name)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    enum audit_action action = AUDIT_VM_KEY_WITHDRAW;
    struct error *e = sql_vm_setup_change(db, arena, actor->team_id, vm_id);

    if (!e)
        e = sql_vm_key_withdraw(db, arena, actor->team_id, vm_id, fingerprint);
    if (!e && !db_changes(db)) {
        action = AUDIT_VM_KEY_REMOVE;
        e = sql_vm_key_remove(db, arena, actor->team_id, vm_id, fingerprint);
    }
    return e ? e : change_note(context, actor, action, vm_id, name);
}

struct error *vm_keys_remove(const struct context *context, const struct actor *actor,
                             const char *vm_id, const char *fingerprint, bool may_be_last)
{
    struct vm_key_wanted_row wanted;
    struct error *e = vm_find(context, actor, vm_id);

    if (e)
        return e;
    e = sql_vm_key_wanted(context->db, context->arena, actor->team_id, vm_id, fingerprint, &wanted);
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    if (!wanted.others && !may_be_last)
        return error_refuse(context->arena, ERROR_INPUT, "last_key", "key",
                            "This is the VM\u2019s only key. Without it, nobody can connect to the "
                            "VM once it has taken the change.");
    return key_remove(context, actor, vm_id, fingerprint, wanted.name);
}

struct error *vm_keys_remove_everywhere(const struct context *context, const struct actor *actor,
                                        const char *fingerprint)
{
    struct vm_key_holders_rows vms;
    struct error *e =
        sql_vm_key_holders(context->db, context->arena, actor->team_id, fingerprint, &vms);

    for (size_t i = 0; !e && i < vms.count; i++)
        e = key_remove(context, actor, vms.row[i].id, fingerprint, vms.row[i].name);
    return e;
}
