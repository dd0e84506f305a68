/* The command that creates a VM; see vm_command.h. */
#include "model/vm_command.h"

#include "image.sql.h"
#include "model/user_data.h"
#include "model/vm_job.h"
#include "model/vm_pool.h"
#include "model/vm_request.h"
#include "vm_agent.sql.h"
#include "vm_key.sql.h"

static struct error *name_check(const struct context *context, const struct actor *actor,
                                const char *name)
{
    struct vm_id_by_name_row other;
    struct error *e = sql_vm_id_by_name(context->db, context->arena, actor->team_id, name, &other);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    return error_refuse(context->arena, ERROR_INPUT, "name_taken", "name",
                        "Your team already has a VM called %s.", name);
}

/* A key that was removed since must not log in to a copy. */
static struct error *keys_copy(const struct context *context, const struct actor *actor,
                               const char *source_id, const char *id)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    struct error *e = sql_vm_key_copy(db, arena, actor->team_id, id, source_id);

    if (e || db_changes(db))
        return e;
    e = sql_vm_key_add_all(db, arena, actor->team_id, id, actor_person(actor));
    if (!e && !db_changes(db))
        e = error_refuse(arena, ERROR_INPUT, "unknown_key", "key",
                         "The keys of that VM were removed, and you have no other. Add a key "
                         "first.");
    return e;
}

static struct error *keys_add(const struct context *context, const struct actor *actor,
                              const struct vm_new *vm, const char *id)
{
    struct error *e = NULL;

    if (vm->source)
        return keys_copy(context, actor, vm->source->id, id);
    for (size_t i = 0; i < vm->key_count && !e; i++) {
        e = sql_vm_key_add(context->db, context->arena, actor->team_id, id, vm->key_ids[i]);
        if (e && e->kind == ERROR_NOT_FOUND)
            e = error_refuse(context->arena, ERROR_INPUT, "unknown_key", "key",
                             "Choose keys from the list.");
        if (e && e->kind == ERROR_CONFLICT)
            e = error_refuse(context->arena, ERROR_INPUT, "key_twice", "key",
                             "A key is chosen twice.");
    }
    return e;
}

/* A clone keeps the build under its source's disk; others get the current one. */
static struct error *image_version_find(const struct context *context, const struct vm_new *vm,
                                        const char **out)
{
    struct image_get_row image;
    struct error *e;

    if (vm->source) {
        *out = vm->source->image_version;
        return NULL;
    }
    e = sql_image_get(context->db, context->arena, vm->image->name, &image);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!e && !image.version && image.ready_at)
        return error_refuse(context->arena, ERROR_INPUT, "image_unavailable", NULL,
                            "%s is being prepared. Choose another image, or try again when it is "
                            "ready.",
                            vm->image->label);
    if (e || !image.version)
        return error_refuse(context->arena, ERROR_INPUT, "image_unavailable", NULL,
                            "This image cannot be used at the moment. Choose another one, or try "
                            "again in a minute.");
    if (vm->user_data && !image.takes_user_data)
        return error_refuse(context->arena, ERROR_INPUT, "user_data_unsupported", "user_data",
                            "%s has no cloud-init. Choose another image, or clear this field.",
                            vm->image->label);
    *out = image.version;
    return NULL;
}

/* An image without an agent has none to turn on. */
static struct error *agent_set(const struct context *context, const struct actor *actor,
                               const struct vm_new *vm, const char *id)
{
    bool is_on = vm->source ? vm->source->has_agent : vm->has_agent;

    return is_on ? sql_vm_agent_set(context->db, context->arena, actor->team_id, id, true) : NULL;
}

static struct error *vm_insert(const struct context *context, const struct actor *actor,
                               const struct vm_new *vm, const char *image_version,
                               const struct vm_pool_vm *pool)
{
    const struct vm_life_choice *life = vm->life ? vm->life : vm_life_choice_new(context->config);
    const struct config_size *size = vm->size;
    const struct vm_get_row *from = vm->source;
    struct error *e = sql_vm_create(
        context->db, context->arena, actor->team_id, pool->id, actor_person(actor), vm->name,
        vm->region->name, vm->image->name, image_version, size->name, size->vcpus, size->memory_mb,
        size->disk_gb, from ? from->id : NULL, vm->source_snapshot_id,
        from ? from->internet : vm->internet.mode, from ? from->internet_names : vm->internet.names,
        life->life, life->minutes ? &life->minutes : NULL, pool->ssh_port ? &pool->ssh_port : NULL,
        context->now_at);

    if (!e)
        e = keys_add(context, actor, vm, pool->id);
    if (!e)
        e = agent_set(context, actor, vm, pool->id);
    if (!e && vm->user_data)
        e = user_data_store(context, actor->team_id, actor->person_id, pool->id, vm->user_data);
    return e ? e : vm_request_job(context, actor, pool->id, VM_JOB_CREATE, NULL);
}

struct error *vm_command_create(const struct context *context, const struct actor *actor,
                                const struct vm_new *vm, const char **out_id)
{
    const struct vm_quota_change change = { 1, vm->size->vcpus, vm->size->memory_mb,
                                            vm->size->disk_gb };
    const char *image_version = NULL;
    struct vm_pool_vm pool;
    struct error *e = vm_command_check(context, actor, &change);

    if (!e)
        e = name_check(context, actor, vm->name);
    if (!e)
        e = vm_command_size_check(context, vm->image, vm->size);
    if (!e)
        e = image_version_find(context, vm, &image_version);
    if (!e)
        e = vm_pool_take(context, vm, image_version, &pool);
    if (e)
        return e;
    *out_id = pool.id;
    return vm_insert(context, actor, vm, image_version, &pool);
}
