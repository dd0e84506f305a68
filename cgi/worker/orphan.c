/* Resources without an existing VM; see orphan.h. */
#include "worker/orphan.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/audit.h"
#include "worker/job_destroy.h"
#include "worker/probe.h"

#include "orphan.sql.h"

#include <string.h>

/* ---- sorting ---- */

/*
 * The owning VM's id. A partial file ("ID.qcow2.part") belongs to the VM whose id it begins with.
 * "": no owner.
 */
static const char *item_owner(struct arena *arena, const struct driver_item *item)
{
    const char *id;

    if (*item->vm_id || strlen(item->name) <= CRYPTO_ID_CHARS || item->name[CRYPTO_ID_CHARS] != '.')
        return item->vm_id;
    id = arena_copy_bytes(arena, item->name, CRYPTO_ID_CHARS);
    return crypto_is_id(id) ? id : "";
}

static bool existed_before(const struct reconcile_pass *pass, const char *id)
{
    for (size_t i = 0; i < pass->before.count; i++) {
        if (strcmp(pass->before.row[i].id, id) == 0)
            return true;
    }
    return false;
}

/* Also what has been removed since: then it was one before. */
static struct error *pool_has(const struct reconcile_pass *pass, const char *id, bool *out)
{
    struct pool_vm_exists_row now = { .total = 0 };
    struct error *e = sql_pool_vm_exists(pass->context->db, pass->arena, id, &now);

    *out = now.total > 0;
    for (size_t i = 0; !*out && i < pass->pool.count; i++)
        *out = strcmp(pass->pool.row[i].id, id) == 0;
    return e;
}

static void destroyed_add(struct reconcile_pass *pass, const struct vm_exists_row *vm,
                          const char *kind)
{
    size_t i = 0;

    while (i < pass->destroyed_count && strcmp(pass->destroyed[i], vm->id) != 0)
        i++;
    pass->destroyed_kinds[i] =
        i < pass->destroyed_count
            ? arena_printf(pass->arena, "%s, %s", pass->destroyed_kinds[i], kind)
            : kind;
    pass->destroyed[i] = vm->id;
    pass->destroyed_teams[i] = vm->team_id;
    if (i == pass->destroyed_count)
        pass->destroyed_count++;
}

/* *is_unknown: belongs neither to an existing nor to a destroyed VM. */
static struct error *item_sort(struct reconcile_pass *pass, const struct driver_item *item,
                               bool *is_unknown)
{
    const char *owner = item_owner(pass->arena, item);
    struct vm_exists_row vm;
    bool is_of_pool = false;
    struct error *e;

    *is_unknown = !*owner;
    if (strcmp(owner, PROBE_VM_ID) == 0) {
        pass->has_probe = true;
        return NULL;
    }
    /* A VM that existed when the pass began may have been destroyed since, with this resource. */
    if (!*owner || existed_before(pass, owner))
        return NULL;
    e = sql_vm_exists(pass->context->db, pass->arena, owner, &vm);
    if (e && e->kind == ERROR_NOT_FOUND) {
        struct error *failed = pool_has(pass, owner, &is_of_pool);

        if (failed || is_of_pool)
            return failed;
    }
    *is_unknown = e && e->kind == ERROR_NOT_FOUND;
    if (!e && vm.gone_at)
        destroyed_add(pass, &vm, item->kind);
    return *is_unknown ? NULL : e;
}

static bool is_there(const bool *is_unknown, const struct reconcile_pass *pass,
                     const struct orphan_list_row *row)
{
    for (size_t i = 0; i < pass->inventory.count; i++) {
        if (is_unknown[i] && strcmp(pass->inventory.row[i].kind, row->kind) == 0 &&
            strcmp(pass->inventory.row[i].name, row->name) == 0)
            return true;
    }
    return false;
}

/* Orphans that are no longer on the host are deleted from the table. */
static struct error *rows_tidy(struct reconcile_pass *pass, const bool *is_unknown)
{
    struct orphan_list_rows known;
    struct error *e = sql_orphan_list(pass->context->db, pass->arena, "", "", 0, INT64_MAX, &known);

    for (size_t i = 0; !e && i < known.count; i++) {
        const struct orphan_list_row *row = &known.row[i];

        if (strcmp(row->region, pass->region->name) == 0 && !is_there(is_unknown, pass, row))
            e = sql_orphan_delete(pass->context->db, pass->arena, row->region, row->kind,
                                  row->name);
    }
    return e;
}

struct error *orphan_sort(struct reconcile_pass *pass)
{
    size_t capacity = pass->inventory.count + 1;
    bool *is_unknown = arena_array(pass->arena, capacity, sizeof *is_unknown);
    struct error *e = NULL;

    pass->destroyed = arena_array(pass->arena, capacity, sizeof *pass->destroyed);
    pass->destroyed_kinds = arena_array(pass->arena, capacity, sizeof *pass->destroyed_kinds);
    pass->destroyed_teams = arena_array(pass->arena, capacity, sizeof *pass->destroyed_teams);
    for (size_t i = 0; !e && i < pass->inventory.count; i++) {
        const struct driver_item *item = &pass->inventory.row[i];

        e = item_sort(pass, item, &is_unknown[i]);
        if (!e && is_unknown[i])
            e = sql_orphan_put(pass->context->db, pass->arena, pass->region->name, item->kind,
                               item->name, clock_now());
    }
    return e ? e : rows_tidy(pass, is_unknown);
}

/* ---- removing ---- */

/* The port of a destroyed VM may belong to another by now. */
static bool is_removed(const struct driver_removal *removal)
{
    return !removal->needs_port;
}

static struct error *responses_record(struct reconcile_pass *pass, size_t index,
                                      const char *const *responses)
{
    const struct driver_removals *removals = &pass->driver->ops->removals;
    struct db *db = pass->context->db;
    const struct context now = worker_context_now(pass->context, pass->arena);
    struct error *e = db_begin(db, pass->arena);

    for (size_t i = 0; !e && i < removals->count; i++) {
        if (is_removed(&removals->row[i]))
            e = receipt_record(db, pass->arena, pass->destroyed_teams[index],
                               pass->destroyed[index], removals, i, responses[i]);
    }
    if (!e)
        e = audit_add(&now, &(struct audit_entry){
                                .team_id = pass->destroyed_teams[index],
                                .action = AUDIT_VM_REMAINS,
                                .vm_id = pass->destroyed[index],
                                .detail = pass->destroyed_kinds[index],
                            });
    if (!e)
        e = db_commit(db, pass->arena);
    db_rollback(db);
    return e;
}

static struct error *destroyed_remove(struct reconcile_pass *pass, size_t index)
{
    const struct driver_removals *removals = &pass->driver->ops->removals;
    const char **responses = arena_array(pass->arena, removals->count, sizeof *responses);
    const struct driver_vm vm = { .id = pass->destroyed[index] };
    struct error *e = NULL;

    for (size_t i = 0; !e && i < removals->count; i++) {
        if (is_removed(&removals->row[i]))
            e = removals->row[i].act(pass->driver, pass->arena, &vm, &responses[i]);
    }
    if (e) {
        log_error("orphan", log_text("vm", vm.id), log_text("has", pass->destroyed_kinds[index]),
                  log_text("error", e->text));
        return NULL;
    }
    log_info("orphan", log_text("vm", vm.id), log_text("removed", pass->destroyed_kinds[index]));
    return responses_record(pass, index, responses);
}

struct error *orphan_remove(struct reconcile_pass *pass)
{
    struct error *e = probe_remains_remove(pass->context, pass->arena, pass->driver,
                                           pass->region->name, pass->has_probe);

    for (size_t i = 0; !e && i < pass->destroyed_count; i++)
        e = destroyed_remove(pass, i);
    return e;
}
