/* The SSH keys of a VM and their changes; see vm_keys.h. */
#include "view/vm_keys.h"

#include "image.sql.h"
#include "model/vm_keys.h"
#include "web/session.h"

static struct error *agent_fill(struct request *r, const struct vm_get_row *vm,
                                struct vm_keys_view *out)
{
    struct image_get_row image = { .has_agent = 0 };
    struct error *e = sql_image_get(r->db, r->arena, vm->image, &image);

    out->has_agent = vm->has_agent;
    out->is_agent_up = vm->agent_started;
    out->is_agent_offered = image.has_agent || vm->has_agent;
    return e && e->kind != ERROR_NOT_FOUND ? e : NULL;
}

void vm_keys_fill_pace(const struct vm_get_row *vm, struct vm_keys_view *out)
{
    out->is_now = vm_keys_change_now(vm);
    out->is_name_waiting = vm->setup_name > vm->setup_taken;
}

struct error *vm_keys_fill(struct request *r, const struct vm_get_row *vm, struct vm_keys_view *out)
{
    int64_t team_id = r->session->team_id;
    struct vm_key_choice_rows keys;
    struct error *e = sql_vm_key_list(r->db, r->arena, team_id, vm->id, &out->rows);

    if (!e)
        e = sql_vm_key_choice(r->db, r->arena, team_id, vm->id, &keys);
    if (e)
        return e;
    e = agent_fill(r, vm, out);
    if (e)
        return e;
    out->is_pending = vm->setup_wanted > vm->setup_taken;
    out->has_agent_failed =
        out->is_pending && vm->agent_started && vm->agent_failed >= vm->setup_wanted;
    vm_keys_fill_pace(vm, out);
    out->is_waiting = out->is_pending && (!out->is_now || out->is_name_waiting);
    out->choice.count = keys.count;
    out->choice.row = arena_array(r->arena, keys.count + 1, sizeof *out->choice.row);
    for (size_t i = 0; i < keys.count; i++)
        out->choice.row[i] = (struct option){ .value = keys.row[i].id,
                                              .label = keys.row[i].name,
                                              .about = keys.row[i].type };
    return NULL;
}
