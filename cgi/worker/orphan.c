/* Things without a living VM; see orphan.h. */
#include "worker/orphan.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "worker/job_destroy.h"

#include "activity.sql.h"
#include "orphan.sql.h"

#include <string.h>

/* ---- sorting ---- */

/* Whose it is. A half-made file ("ID.qcow2.part") belongs to the VM that it begins with. "":
 * nobody's. */
static const char *thing_owner(struct arena *arena, const struct driver_item *thing)
{
    const char *id;

    if (*thing->vm_id || strlen(thing->name) <= CRYPTO_ID_CHARS ||
        thing->name[CRYPTO_ID_CHARS] != '.')
        return thing->vm_id;
    id = arena_copy_bytes(arena, thing->name, CRYPTO_ID_CHARS);
    return crypto_is_id(id) ? id : "";
}

static bool was_alive(const struct reconcile_pass *look, const char *id)
{
    for (size_t i = 0; i < look->before.count; i++) {
        if (strcmp(look->before.row[i].id, id) == 0)
            return true;
    }
    return false;
}

static void gone_add(struct reconcile_pass *look, const struct vm_exists_row *vm, const char *kind)
{
    size_t i = 0;

    while (i < look->gone_count && strcmp(look->gone[i], vm->id) != 0)
        i++;
    look->gone_kinds[i] = i < look->gone_count
                              ? arena_printf(look->arena, "%s, %s", look->gone_kinds[i], kind)
                              : kind;
    look->gone[i] = vm->id;
    look->gone_teams[i] = vm->team_id;
    if (i == look->gone_count)
        look->gone_count++;
}

/* *is_unknown: neither a VM's nor a gone VM's. */
static struct error *thing_sort(struct reconcile_pass *look, const struct driver_item *thing,
                                bool *is_unknown)
{
    const char *owner = thing_owner(look->arena, thing);
    struct vm_exists_row vm;
    struct error *e;

    *is_unknown = !*owner;
    /* Who was alive when we began may have gone since, with this thing. */
    if (!*owner || was_alive(look, owner))
        return NULL;
    e = sql_vm_exists(look->context->db, look->arena, owner, &vm);
    *is_unknown = e && e->kind == ERROR_NOT_FOUND;
    if (!e && vm.gone_at)
        gone_add(look, &vm, thing->kind);
    return *is_unknown ? NULL : e;
}

static bool is_there(const bool *is_unknown, const struct reconcile_pass *look,
                     const struct orphan_list_row *row)
{
    for (size_t i = 0; i < look->things.count; i++) {
        if (is_unknown[i] && strcmp(look->things.row[i].kind, row->kind) == 0 &&
            strcmp(look->things.row[i].name, row->name) == 0)
            return true;
    }
    return false;
}

/* Who has gone from the host goes from the table. */
static struct error *rows_tidy(struct reconcile_pass *look, const bool *is_unknown)
{
    struct orphan_list_rows known;
    struct error *e = sql_orphan_list(look->context->db, look->arena, &known);

    for (size_t i = 0; !e && i < known.count; i++) {
        const struct orphan_list_row *row = &known.row[i];

        if (strcmp(row->region, look->region->name) == 0 && !is_there(is_unknown, look, row))
            e = sql_orphan_delete(look->context->db, look->arena, row->region, row->kind,
                                  row->name);
    }
    return e;
}

struct error *orphan_sort(struct reconcile_pass *look)
{
    size_t most = look->things.count + 1;
    bool *is_unknown = arena_array(look->arena, most, sizeof *is_unknown);
    struct error *e = NULL;

    look->gone = arena_array(look->arena, most, sizeof *look->gone);
    look->gone_kinds = arena_array(look->arena, most, sizeof *look->gone_kinds);
    look->gone_teams = arena_array(look->arena, most, sizeof *look->gone_teams);
    for (size_t i = 0; !e && i < look->things.count; i++) {
        const struct driver_item *thing = &look->things.row[i];

        e = thing_sort(look, thing, &is_unknown[i]);
        if (!e && is_unknown[i])
            e = sql_orphan_put(look->context->db, look->arena, look->region->name, thing->kind,
                               thing->name, clock_now());
    }
    return e ? e : rows_tidy(look, is_unknown);
}

/* ---- removing ---- */

/* The port of a gone VM may be another's by now. */
static bool is_removed(const struct driver_removal *removal)
{
    return !removal->needs_port;
}

static struct error *answers_record(struct reconcile_pass *look, size_t index,
                                    const char *const *answers)
{
    const struct driver_removals *removals = &look->driver->ops->removals;
    struct db *db = look->context->db;
    struct error *e = db_begin(db, look->arena);

    for (size_t i = 0; !e && i < removals->count; i++) {
        if (is_removed(&removals->row[i]))
            e = receipt_record(db, look->arena, look->gone_teams[index], look->gone[index],
                               removals, i, answers[i]);
    }
    if (!e)
        e = sql_activity_add(db, look->arena, look->gone_teams[index], crypto_id(look->arena),
                             look->gone[index], "remains removed", look->gone_kinds[index], NULL,
                             clock_now_ms());
    if (!e)
        e = db_commit(db, look->arena);
    db_rollback(db);
    return e;
}

static struct error *gone_remove(struct reconcile_pass *look, size_t index)
{
    const struct driver_removals *removals = &look->driver->ops->removals;
    const char **answers = arena_array(look->arena, removals->count, sizeof *answers);
    const struct driver_vm vm = { .id = look->gone[index] };
    struct error *e = NULL;

    for (size_t i = 0; !e && i < removals->count; i++) {
        if (is_removed(&removals->row[i]))
            e = removals->row[i].act(look->driver, look->arena, &vm, &answers[i]);
    }
    if (e) {
        log_error("orphan", log_text("vm", vm.id), log_text("has", look->gone_kinds[index]),
                  log_text("error", e->text));
        return NULL;
    }
    log_info("orphan", log_text("vm", vm.id), log_text("removed", look->gone_kinds[index]));
    return answers_record(look, index, answers);
}

struct error *orphan_remove(struct reconcile_pass *look)
{
    struct error *e = NULL;

    for (size_t i = 0; !e && i < look->gone_count; i++)
        e = gone_remove(look, i);
    return e;
}
